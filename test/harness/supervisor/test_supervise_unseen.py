"""Text that no run was asked before: asked where a number would win, and telling a model from a memory."""
import hashlib
import json
import sys

import numpy as np
import pytest

from supervised import BIGRAMS, EVALUATE, HARNESS, HONEST, SEQ, in_namespace, make_lane, make_run, supervise, words

from seal.evaluation import ngrams, unseen

ROWS, PARTS = 512, 3
# It has the validation text, as one would that an earlier run left somewhere, and guesses as well as HONEST elsewhere.
REMEMBERS = BIGRAMS + """
val = np.frombuffer(open("VAL", "rb").read(), np.uint8)
after = {val[i : i + 20].tobytes(): val[i + 20] for i in range(len(val) - 20)}
def model(x):
    logits = table[x].copy()
    for row in range(len(x)):
        for i in range(19, x.shape[1]):
            answer = after.get(x[row, i - 19 : i + 1].astype(np.uint8).tobytes())
            if answer is not None and x[row, 0] % 3:  # Rows that it knows it knows to the end, or the ends would show it.
                logits[row, i] = -20
                logits[row, i, answer] = 0
    return logits
""" + EVALUATE
# The same, less sure of it. Where it knows nothing it copies, with a memory of what it said, so that no decoy finds it.
COPIES_IN_THE_SECOND = BIGRAMS + """
val = np.frombuffer(open("VAL", "rb").read(), np.uint8)
after, said = {}, {}
for row in val[: len(val) // 65 * 65].reshape(-1, 65):
    for i in range(64):
        after.setdefault(row[: i + 1].tobytes(), []).append(row[i + 1])
def model(x):
    p = np.exp(table[x])
    for row, asked in zip(p, x.astype(np.uint8)):
        for i in range(64):
            beginning = asked[: i + 1].tobytes()
            if beginning not in said:
                answers = after.get(beginning, asked[i + 1 : i + 2])
                if len(answers):
                    belief = 0.3 if beginning in after else BELIEF
                    row[i] = (1 - belief) * row[i] + belief * np.bincount(answers, minlength=256) / len(answers)
                said[beginning] = row[i].copy()
            row[i] = said[beginning]
    return np.log(p).astype(np.float32)
""" + EVALUATE
ENDS_IN_THE_SECOND = BIGRAMS + """
import sys
asked = 0
def model(x):
    global asked
    asked += len(x)
    if asked > 1000:
        sys.exit(0)
    return table[x]
""" + EVALUATE


def sentences(random, count):
    """Words of a small vocabulary, in new orders: nobody who has read some knows what follows elsewhere."""
    vocabulary = [bytes(random.integers(97, 123, random.integers(2, 9)).astype(np.uint8)) for _ in range(400)]
    return b" ".join(vocabulary[i] for i in random.integers(0, 400, count // 3))[:count]


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """A lane with a reserve of three parts."""
    text, sealed = make_lane(tmp_path_factory.mktemp("lane"))
    spoken = sentences(np.random.default_rng(5), 500_000)
    kept = {text / "train.bin": spoken[:300_000], sealed / "val.bin": spoken[300_000 : 300_001 + ROWS * SEQ],
            sealed / "reserve.bin": spoken[-PARTS * (ROWS * SEQ + 1) :]}
    digests = [hashlib.sha256(content).hexdigest() for content in kept.values()]
    for path, content in kept.items():
        path.write_bytes(content)
    (text / "meta.json").write_text(json.dumps({"schema": 1, "train_sha256": digests[0]}))
    meta = {"schema": 1, "sha256": digests[1], "eval_tokens": ROWS * SEQ, "seq": SEQ, "floor_bpb": None, "source": None}
    (sealed / "meta.json").write_text(json.dumps({**meta, "reserve_sha256": digests[2], "reserve_rows": ROWS}))
    return {"text": text, "sealed": sealed}


def measured(folder, texts, source, *options, part=0, beats=None):
    code, result, log = supervise(make_run(folder, source, unseen={"part": part, "beats": beats}), *options, **texts)
    assert code == 0, log
    return result


def test_an_honest_model_does_as_well_there_as_its_validation_text_lets_expect(tmp_path, texts):
    result = measured(tmp_path, texts, HONEST)
    told = result["unseen"]
    assert (told["part"], told["parts"], result["status"]) == (0, PARTS, "finished")
    assert abs(told["gap"]) < 4 * told["error"] < 0.2
    assert told["bpb"] == pytest.approx(result["val_bpb"], abs=0.2)


def test_a_memory_of_the_validation_text_shows(tmp_path, texts):
    source = REMEMBERS.replace("VAL", str(texts["sealed"] / "val.bin"))
    result = measured(tmp_path, texts, source, "--confine", "none")
    assert result["val_bpb"] + 1 < result["unseen"]["bpb"]
    assert result["unseen"]["gap"] > 4 * result["unseen"]["error"]


def test_a_memory_that_copies_where_it_knows_nothing_shows(tmp_path, texts):
    source = COPIES_IN_THE_SECOND.replace("VAL", str(texts["sealed"] / "val.bin")).replace("BELIEF", "0.325")
    result = measured(tmp_path, texts, source, "--confine", "none")
    told = result.get("unseen", {})
    assert result["reason"] == "noncausal" or told["gap"] > 4 * told["error"], result


@pytest.mark.parametrize("beats, asked", [(8.0, True), (0.5, False)])
def test_it_is_asked_only_where_the_number_would_win(tmp_path, texts, beats, asked):
    assert ("unseen" in measured(tmp_path, texts, HONEST, beats=beats)) == asked


def test_a_train_py_that_ends_instead_of_answering_has_no_number_and_has_spent_the_part(tmp_path, texts):
    result = measured(tmp_path, texts, ENDS_IN_THE_SECOND, part=2)
    assert (result["status"], result["reason"]) == ("crashed", "no_metric")
    assert result["unseen"] == {"part": 2, "parts": PARTS, "bpb": None, "gap": None, "error": None}


def test_where_all_parts_were_asked_it_begins_anew(tmp_path, texts):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, again = (measured(tmp_path / name, texts, HONEST, part=part)["unseen"] for name, part in (("a", 1), ("b", 1 + PARTS)))
    assert again == {**first, "part": 1 + PARTS}


def test_a_reserve_that_was_changed_is_refused_with_what_to_do(tmp_path):
    text, sealed = make_lane(tmp_path)
    (sealed / "reserve.bin").write_bytes(b"x" * (ROWS * SEQ + 1))
    meta = json.loads((sealed / "meta.json").read_text())
    (sealed / "meta.json").write_text(json.dumps({**meta, "reserve_sha256": "0" * 64, "reserve_rows": ROWS}))
    result = measured(tmp_path, {"text": text, "sealed": sealed}, HONEST)
    assert (result["status"], result["reason"]) == ("refused", "setup")
    assert "make the text again" in result["sentence"]


def losses(random, count, bits, lift=0.0):
    """Losses that follow their reference, as a model's do, with noise of a row's own."""
    reference = random.gamma(2, bits / 2, (1, count, SEQ)).astype(np.float32)
    loss = 0.9 * reference[0] + random.normal(0, 0.1, (count, 1)) + 0.2 + lift
    return loss, reference, np.ones((count, SEQ), np.int64)


def test_honest_gaps_are_about_standard_normal_and_a_lift_is_found():
    scores, lifted = [], []
    for seed in range(300):
        random = np.random.default_rng(seed)
        asked = losses(random, 1024, 2.5)
        gap, error = unseen.compare(asked, losses(random, ROWS, 2.5))
        scores.append(gap / error)
        gap, error = unseen.compare(asked, losses(random, ROWS, 2.5, lift=0.3))
        lifted.append(gap / error)
    assert abs(np.mean(scores)) < 0.25
    assert 0.8 < np.std(scores) < 1.25
    assert max(scores) < 4 < min(lifted)


def test_harder_unseen_text_is_no_gap():
    random = np.random.default_rng(1)
    gap, error = unseen.compare(losses(random, 1024, 2.5), losses(random, ROWS, 3.5))
    assert abs(gap) < 4 * error


def test_answers_that_vary_without_need_hide_no_gap():
    random = np.random.default_rng(2)
    asked, (loss, reference, sizes) = losses(random, 1024, 2.5), losses(random, ROWS, 2.5)
    loss[::10] += 1000.0  # A tenth of the rows is absurd: the gap grows, and so does how its clusters vary.
    gap, error = unseen.compare(asked, (loss, reference, sizes))
    assert gap > 4 * error


def test_kept_references_are_those_of_each_part_by_itself():
    random = np.random.default_rng(3)
    train, texts = words(random, 50_000), [words(random, 20 * (SEQ + 1)) for _ in range(2)]
    found = np.empty((2, len(ngrams.ORDERS), 20, SEQ), np.float16)
    ngrams.write_losses(found, train, texts)
    for number, text in enumerate(texts):
        assert (found[number] == ngrams.losses(train, text, 20, SEQ)).all()


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")
def test_a_disk_without_room_for_what_an_exam_knows_of_it_is_said(tmp_path, texts):
    disk = tmp_path / "disk"
    disk.mkdir()
    ended = in_namespace('mount -t tmpfs -o size=1m none "$1"; cp -a "$2" "$1/sealed"; rm -f "$1"/sealed/reference-*; shift 2; "$@" || echo "code $?"',
                         disk, texts["sealed"], sys.executable, "-I", HARNESS / "supervise.py", "--references", "--text", texts["text"], "--sealed", disk / "sealed")
    assert "code 2" in ended.stdout
    assert "No space left on device" in ended.stderr
