"""The exam: it measures what an in-process loss would, and models that cheat or err do not come through it."""
from types import SimpleNamespace

import numpy as np
import pytest

from examined import COUNT, references, table, text  # noqa: F401
from supervised import SEQ

from seal.errors import Broken
from seal.evaluation import exam, order, timing


@pytest.fixture
def sit(text, references):
    """Lets a model answer a whole exam; its val_bpb."""
    def run(model, rows=32, **changes):
        changed = SimpleNamespace(**{**vars(text), **changes})
        held = exam.Exam(rows, changed, references)
        while (question := held.next_question()) is not None:
            held.judge(question, np.ascontiguousarray(model(question.x.astype(np.int64)), np.float32))
        return held.result()
    return run


def in_process(model, text):
    val = np.frombuffer(text.val, np.uint8).astype(np.int64)
    x, y = val.reshape(COUNT, SEQ + 1)[:, :-1], val.reshape(COUNT, SEQ + 1)[:, 1:]
    logits = model(x).astype(np.float64)
    nats = np.log(np.exp(logits).sum(-1)) - np.take_along_axis(logits, y[..., None], -1)[..., 0]
    return nats.mean() / np.log(2)


@pytest.mark.parametrize("rows", [1, 7, 32, 10_000])
def test_an_honest_model_gets_the_in_process_loss_however_it_is_asked(sit, text, table, rows):
    assert sit(lambda x: table[x], rows) == pytest.approx(in_process(lambda x: table[x], text), abs=1e-6)


def test_the_metric_is_rounded_to_what_is_printed(sit, table):
    bpb = sit(lambda x: table[x])
    assert float(f"{bpb:.6f}") == bpb


def test_every_row_is_asked_once_for_the_metric_and_requests_have_one_size():
    for count, rows in ((1, 1), (3, 2), (100, 7), (512, 32), (1000, 63)):
        slots = order.plan(count, rows, SEQ, np.random.default_rng(count))
        assert sorted(row for kind, row, _ in slots if kind == order.MAIN) == list(range(count))
        assert len(slots) % rows == 0
        assert len(slots) <= 1.25 * count + max(rows, 2 * order.TRICKS_AT_LEAST)
        place = {(kind, row): i for i, (kind, row, _) in enumerate(slots)}
        for kind, row, cut in slots:
            assert kind != order.BEFORE or (place[kind, row] < place[order.MAIN, row] and 1 <= cut < SEQ)


def test_rows_come_in_an_order_of_each_exam():
    def asked(seed):
        return np.array([row for kind, row, _ in order.plan(1000, 63, SEQ, np.random.default_rng(seed)) if kind == order.MAIN])
    one, other = asked(1), asked(2)
    assert abs(np.corrcoef(np.arange(1000), one)[0, 1]) < 0.2
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.2
    assert (np.diff(one) == 1).sum() < 10


def questions(text, references, model=None):
    """Every slot of an exam with its x, answered by `model` or not at all."""
    held = exam.Exam(32, text, references)
    while (question := held.next_question()) is not None:
        if model is not None:
            held.judge(question, np.ascontiguousarray(model(question.x.astype(np.int64)), np.float32))
        yield from zip(question.slots, question.x, strict=True)


def test_no_x_shows_how_a_row_ends(text, references, table):
    val = np.frombuffer(text.val, np.uint8).reshape(COUNT, SEQ + 1)
    for (kind, row, cut, *_), x in questions(text, references, lambda x: table[x]):
        beginning = SEQ if kind == order.MAIN else cut
        assert (x[:beginning] == val[row, :beginning]).all()
        assert kind == order.MAIN or x[cut] != val[row, cut], "a decoy differs right after its cut"
        # What stands behind it is shown by another row, too: never a last answer, and nothing of the training text.
        assert kind == order.MAIN or (val[:, cut:SEQ] == x[cut:]).all(1).any()


def test_a_decoy_ends_as_a_row_does_that_nobody_has_seen_yet(text, references):
    val = np.frombuffer(text.val, np.uint8).reshape(COUNT, SEQ + 1)
    asked, fresh, decoys = set(), 0, 0
    for (kind, row, cut, *_), x in list(questions(text, references))[:300]:
        if kind == order.MAIN:
            asked.add(row)
        elif cut < SEQ - 16:
            decoys += 1
            fresh += bool({int(one) for one in np.flatnonzero((val[:, cut:SEQ] == x[cut:]).all(1))} - asked)
    assert decoys > 10
    assert fresh == decoys


def test_decoys_come_after_answers_that_were_better_than_the_references(text, references, table):
    places = np.zeros((COUNT, SEQ), bool)
    places[np.random.default_rng(1).permutation(COUNT)[:60], 20] = True  # One answer in five hundred, copied.
    val = np.frombuffer(text.val, np.uint8).astype(np.int64).reshape(COUNT, SEQ + 1)
    number = {val[row, :-1].tobytes(): row for row in range(COUNT)}

    def model(x):
        logits = table[x].copy()
        for place, asked in enumerate(x):
            row = number.get(asked.tobytes())
            for t in np.flatnonzero(places[row]) if row is not None else ():
                logits[place, t, val[row, t + 1]] += 9
        return logits
    met = 0
    try:
        for (kind, row, cut, *_), _ in questions(text, references, model):
            met += kind == order.AFTER and places[row, cut - 1]
    except Broken as broken:
        assert "changed" in broken.sentence or "asked again" in broken.sentence
        return
    assert met, "nobody looked where it copied"


def refused(sit, model, **changes):
    with pytest.raises(Broken) as caught:
        sit(model, **changes)
    assert caught.value.sentence
    return caught.value.reason


def filled(value):
    return lambda x: np.full((*x.shape, 256), value, np.float32)


def test_answers_that_are_no_prediction_are_named(sit, table):
    one_hot = np.eye(256, dtype=np.float32)
    def holed(value):
        def model(x):
            logits = table[x].copy()
            logits[-1, 3, 200] = value
            return logits
        return model
    for model in (filled(0.0), filled(3.5), lambda x: one_hot[(x + 1) % 256] * 50, holed(np.nan), holed(np.inf), holed(-np.inf)):
        assert refused(sit, model) == "invalid_metric"


def test_unnormalised_logits_are_normalised_here(sit, table):
    assert sit(lambda x: table[x] + 1000 * np.sin(x)[..., None]) == pytest.approx(sit(lambda x: table[x]), abs=1e-3)


def extremes(random, vocab):
    """Rows of float32 logits [n, vocab] of every kind that a model, or somebody in its place, can bring."""
    def row(of):
        return np.asarray(of, np.float32)
    largest, smallest = np.finfo(np.float32).max, np.finfo(np.float32).smallest_subnormal
    for scale in (0, 1e-45, 1e-38, 1e-3, 1, 5, 30, 88, 104, 1e3, 1e6, 1e20, 3e38):
        normal = (random.standard_normal(vocab) * scale).clip(-largest, largest)
        for top in (0, 1, -1, 200, 1e4, 16_777_216, 2e7, 2e8, -2e8, 1e20, 3e38):
            yield row((normal + top).clip(-largest, largest))
            yield row(np.where(normal > 0.5 * normal.max(), top, np.nextafter(np.float32(top), np.float32(-np.inf))))
        yield normal.clip(-65504, 65504).astype(np.float16).astype(np.float32)
        yield (row(normal).view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)  # As bfloat16 would have it.
    for value in (0, -0.0, smallest, -smallest, largest, -largest):
        yield np.full(vocab, value, np.float32)
    yield row(np.where(np.arange(vocab) % 2, largest, -largest))
    yield row(np.where(np.arange(vocab) == 3, largest, -largest))
    yield row(np.where(np.arange(vocab) == 3, 16, 0))
    yield row(-np.arange(vocab) % 17)
    for _ in range(200):
        bits = random.integers(0, 1 << 32, vocab, np.uint32).view(np.float32)
        yield np.where(np.isfinite(bits), bits, np.float32(1))


@pytest.mark.parametrize(("vocab", "every"), [(256, 1), (2048, 13)])
def test_whatever_the_logits_the_chances_of_all_answers_add_up_to_one(vocab, every):
    answers = np.arange(vocab)[None]
    for logits in list(extremes(np.random.default_rng(8), vocab))[::every]:
        loss = exam.nats(np.broadcast_to(logits, (1, vocab, vocab)), answers)  # As many positions, each with another answer.
        assert np.isfinite(loss).all()
        assert loss.min() >= 0
        assert abs(np.exp(-loss).sum() - 1) < 1e-6


@pytest.mark.parametrize("top", [2e7, 6e7, 2e8, 1e20])
def test_a_height_at_which_float32_is_coarse_makes_no_answer_cheaper(sit, table, top):
    honest, below = sit(lambda x: table[x]), np.nextafter(np.float32(top), np.float32(0))

    def plateau(x):
        logits = table[x]
        return np.where(logits > logits.max(-1, keepdims=True) - 4.2, np.float32(top), below - (np.float32(top) - below) * 15)
    for model in (lambda x: table[x] + np.float32(top), plateau):
        try:
            assert sit(model) > honest
        except Broken as broken:
            assert broken.reason == "invalid_metric"


def ahead(table, share=1.0, when=lambda x: True):
    """Reads the next byte out of x and believes it by `share`."""
    def model(x):
        logits = table[x].copy()
        if when(x):
            following = np.roll(x, -1, axis=1)
            np.put_along_axis(logits, following[..., None], np.take_along_axis(logits, following[..., None], -1) + 12 * share, -1)
            logits[:, -1] = table[x[:, -1]]
        return logits
    return model


@pytest.mark.parametrize("share", [1.0, 0.3, 0.01, 0.002])
def test_a_model_that_looks_ahead_is_noncausal(sit, table, share):
    assert refused(sit, ahead(table, share)) == "noncausal"


@pytest.mark.parametrize("mass", [9e-4, 3e-4, 1e-5])
def test_a_look_ahead_that_moves_little_belief_is_noncausal(sit, table, mass):
    def model(x):
        chances, following = np.exp(table[x]) * (1 - mass), x[:, 1:, None]
        np.put_along_axis(chances[:, :-1], following, np.take_along_axis(chances[:, :-1], following, -1) + mass, -1)
        return np.log(chances)
    with pytest.raises(Broken, match="the end of a row changed|it was asked again"):
        sit(model)


def test_what_rounds_otherwise_from_call_to_call_is_no_look_ahead(sit, table):
    random = np.random.default_rng(9)

    def model(x):
        return table[x] * (1 + random.normal(0, 1e-6, (*x.shape, 256)))  # Ten times what float32 loses in a sum.
    assert sit(model) == pytest.approx(sit(lambda x: table[x]), abs=1e-5)


def test_a_row_wide_statistic_is_a_look_ahead_too(sit, table):
    assert refused(sit, lambda x: table[x] * (1 + 0.01 * (x.mean(1, keepdims=True)[..., None] - 100))) == "noncausal"


def test_a_model_that_draws_random_numbers_is_noncausal(sit, table):
    random = np.random.default_rng(1)
    assert refused(sit, lambda x: table[x] + random.normal(0, 0.05, (*x.shape, 256))) == "noncausal"


class Rememberer:
    """Gives its former answer wherever it recognises the beginning of a row, so that the exact tests see nothing."""

    def __init__(self, model):
        self.model, self.known = model, {}

    def __call__(self, x):
        logits = np.asarray(self.model(x), np.float32)
        for row, asked in enumerate(x):
            for t in range(SEQ):
                logits[row, t] = self.known.setdefault(asked[: t + 1].tobytes(), logits[row, t].copy())
        return logits


def test_a_look_ahead_with_a_memory_is_caught_by_the_ends_of_rows(sit, table):
    with pytest.raises(Broken, match="symbols that x shows were answered better") as caught:
        sit(Rememberer(ahead(table, 0.2)))
    assert caught.value.reason == "noncausal"


@pytest.mark.parametrize(("absurd", "nats"), [(1, 1500), (4, 800), (12, 800), (4, 30)])
def test_a_few_absurd_ends_do_not_hide_a_look_ahead(sit, table, absurd, nats):
    left = [absurd]

    def model(x):
        logits = ahead(table, 0.2)(x)
        if left[0]:
            left[0] -= 1
            logits[0, -1, np.argmin(table[x[0, -1]])] += nats
        return logits
    with pytest.raises(Broken, match="symbols that x shows were answered better"):
        sit(Rememberer(model))


class Learner:
    """Counts the validation text it is shown and answers from that ever more."""

    def __init__(self):
        self.counts = np.ones((256, 256))

    def __call__(self, x):
        logits = np.log(self.counts / self.counts.sum(1, keepdims=True))[x]
        np.add.at(self.counts, (x[:, :-1].ravel(), x[:, 1:].ravel()), 1)
        return logits


def test_a_model_that_learns_while_it_answers_is_noncausal(sit):
    assert refused(sit, Learner()) == "noncausal"
    with pytest.raises(Broken, match="better as validation text was shown") as caught:
        sit(Rememberer(Learner()))
    assert caught.value.reason == "noncausal"


def test_a_number_below_the_entropy_of_the_text_is_refused(sit, table):
    bpb = sit(lambda x: table[x])
    assert refused(sit, lambda x: table[x], floor_bpb=bpb + 0.1) == "invalid_metric"
    assert sit(lambda x: table[x], floor_bpb=bpb - 0.1) == bpb


def test_a_number_just_above_the_entropy_of_the_text_is_suspicious(sit, table):
    bpb = sit(lambda x: table[x])
    assert refused(sit, lambda x: table[x], floor_bpb=bpb - 0.001) == "suspicious"
    assert refused(sit, lambda x: table[x], floor_bpb=bpb - exam.FLOOR_MARGIN + 0.001) == "suspicious"
    assert sit(lambda x: table[x], floor_bpb=bpb - exam.FLOOR_MARGIN - 0.001) == bpb


def paced(*seconds, clock="cpu", budget=5.0, began=5.0, start=6.0):
    """A Timing that has seen answers of so many seconds each."""
    now = [began]
    held = timing.Timing(lambda: now[0], SimpleNamespace(clock=clock, budget_seconds=budget, start_seconds=start))
    held.begin(len(seconds))
    for one in seconds:
        now[0] += one
        held.answered()
    return held


@pytest.mark.parametrize("answers", [
    [], [0.1] * 19, [0.5] + [0.1] * 18, [0.04] + [0.02, 0.01, 0.01, 0.0] * 5, [6.0] * 19, [0.32] + [0.16, 0.21, 0.17, 0.19] * 4 + [0.23] * 2,
    [0.02] * 1088,
])
def test_answers_that_take_about_as_long_as_each_other_are_no_training(answers):
    paced(*answers).check()


@pytest.mark.parametrize("answers", [
    [0.8] + [0.1] * 18, [0.1] * 18 + [0.8], [16.0] + [6.0] * 18, [0.02] * 500 + [9.0] + [0.02] * 587,
    [0.22] * 10 + [0.1] * 9, [4.2] + [1.0] * 9 + [0.1] * 7, [2.0] + [1.0] * 12 + [0.1] * 5,
])
def test_answers_that_took_longer_than_the_fastest_quarter_are_training(answers):
    with pytest.raises(Broken, match="train before evaluate_bpb"):
        paced(*answers).check()


def test_a_gpu_may_compile_before_it_answers():
    paced(70.0, *[0.1] * 30, clock="wall", budget=300.0).check()
    with pytest.raises(Broken, match="train before evaluate_bpb"):
        paced(80.0, *[0.1] * 30, clock="wall", budget=300.0).check()


def test_an_evaluation_that_begins_late_is_seen_however_soon_it_ends():
    paced(0.1, began=5.9)
    paced(0.1, clock="virtual", began=7.0)
    for clock in ("cpu", "wall"):
        with pytest.raises(Broken, match="6 is the most: train for TIME_BUDGET") as caught:
            paced(0.1, clock=clock, began=6.1)
        assert caught.value.reason == "start"
