"""What losses tell besides their mean: honest models are far from every threshold, and copies and learning are not."""
import numpy as np
import pytest

from examined import COUNT, references, table, text  # noqa: F401
from supervised import SEQ

from seal.evaluation import evidence, ngrams


def evidence_of(loss, references, when=None, **changes):
    unaided = np.zeros((COUNT, SEQ), bool)
    unaided[:, -1] = True
    return evidence.scores(loss, references, unaided, np.arange(COUNT) // 32 if when is None else when, **changes)


def weak(text, table):
    """Bits of each answer of an honest model that knows little, about 4 on average."""
    logits, val = 0.25 * table, np.frombuffer(text.val, np.uint8).astype(np.int64).reshape(COUNT, SEQ + 1)
    log_p = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    return -log_p[val[:, :-1], val[:, 1:]] / np.log(2)


def test_ends_that_all_cost_the_same_are_no_less_suspicious(references):
    loss = np.zeros((COUNT, SEQ))
    loss[:, -1] = 8
    assert evidence_of(loss, references)["ends"] > evidence.SIGMAS


@pytest.mark.parametrize("absurd", [0, 4, 16])
def test_absurd_answers_late_do_not_hide_that_a_model_learned(text, references, table, absurd):
    val = np.frombuffer(text.val, np.uint8).astype(np.int64)
    x, y = val.reshape(COUNT, SEQ + 1)[:, :-1], val.reshape(COUNT, SEQ + 1)[:, 1:]
    loss = -table[x, y] / np.log(2) * np.linspace(1, 0.8, COUNT)[:, None]
    loss[COUNT - absurd :, 7] = 1000
    assert evidence_of(loss, references)["order"] < -evidence.SIGMAS


def test_honest_models_give_standard_normal_evidence(text, references, table):
    # Fifty honest models of different strength, their rows shuffled: nobody comes near the threshold.
    random, scores = np.random.default_rng(2), []
    val = np.frombuffer(text.val, np.uint8).astype(np.int64)
    x, y = val.reshape(COUNT, SEQ + 1)[:, :-1], val.reshape(COUNT, SEQ + 1)[:, 1:]
    for _ in range(50):
        logits = table * random.uniform(0.3, 1.2) + random.normal(0, random.uniform(0, 1), table.shape)
        log_p = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        loss = -log_p[x, y] / np.log(2)
        told = evidence_of(loss, references, random.permutation(COUNT) // 32)
        assert evidence.verdict(told) is None
        scores.append([*told.values()])
    scores = np.array(scores)
    assert np.abs(scores).max() < 4.5
    assert (scores.std(0) > 0.5).all() and (scores.std(0) < 1.6).all()


def test_copying_early_and_learning_late_do_not_hide_each_other(text, references, table):
    val = np.frombuffer(text.val, np.uint8).astype(np.int64)
    x, y = val.reshape(COUNT, SEQ + 1)[:, :-1], val.reshape(COUNT, SEQ + 1)[:, 1:]
    honest, late = -table[x, y] / np.log(2), np.linspace(0, 1, COUNT)[:, None]
    loss = honest - 0.5 * late  # It learns,
    loss[:, :-1] -= 0.5 * (1 - late)  # and copies ever less, so that all that x shows gets no better.
    told = evidence_of(loss, references)
    assert abs(told["order"]) < evidence.SIGMAS
    assert evidence.verdict(told)


def test_the_references_explain_most_of_a_models_losses(text, references, table):
    val = np.frombuffer(text.val, np.uint8).astype(np.int64)
    x, y = val.reshape(COUNT, SEQ + 1)[:, :-1], val.reshape(COUNT, SEQ + 1)[:, 1:]
    loss = -table[x, y] / np.log(2)
    assert np.corrcoef(loss.ravel(), references[1].ravel())[0, 1] > 0.9
    # Near a row's start a model knows less, and so does its reference.
    assert references[3][:, 0].mean() > references[3][:, 10].mean()


def test_references_are_kept_beside_the_text_and_made_again_where_broken(tmp_path, text, references):
    path = str(tmp_path / "reference.npy")
    first = ngrams.load(path, text.train, text.val, COUNT, SEQ)
    (kept,) = tmp_path.iterdir()
    assert kept.stat().st_mode & 0o077 == 0
    np.testing.assert_array_equal(first, references)
    kept.write_bytes(kept.read_bytes()[:1000])
    np.testing.assert_array_equal(ngrams.load(path, text.train, text.val, COUNT, SEQ), references)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("count", [4, 16, 64])
def test_a_few_answers_that_vary_little_by_chance_are_no_evidence(count):
    random = np.random.default_rng(count)
    found = [evidence._mean_z(np.stack([values, values]), (1.0, 1.0)) for values in random.standard_normal((20_000, count))]
    assert max(map(abs, found)) < evidence.SIGMAS
    assert 0.7 < np.std(found) < 1.1


@pytest.mark.parametrize(("early", "rare"), [(2.0, 0.0), (0.0, 0.02), (2.0, 0.02), (1.0, 0.005)])
def test_little_context_at_a_rows_beginning_and_rare_surprises_are_no_evidence(references, early, rare):
    # The end of a row has the most context, and a third of the ends may well hold no surprise.
    random = np.random.default_rng(4)
    for _ in range(150):
        loss = references[2] + random.normal(0, 0.1, references[2].shape) + 8.0 * (random.random(references[2].shape) < rare)
        loss[:, :8] += early
        told = evidence_of(loss, references, random.permutation(COUNT) // 32)
        assert evidence.verdict(told) is None
        assert max(abs(told[name]) for name in told if name.startswith("ends")) < 4


@pytest.mark.parametrize("rate", [0.001, 0.003])
@pytest.mark.parametrize("bits", [-6.0, 6.0])
def test_answers_that_vary_little_but_for_rare_ones_are_no_evidence(references, rate, bits):
    # As of a table of counts, which differs from a reference in pairs that the training text lacks. The ends hold hardly one.
    random = np.random.default_rng(4)
    for _ in range(100):
        loss = references[1] + random.normal(0, 0.02, references[1].shape) + bits * (random.random(references[1].shape) < rate)
        assert evidence.verdict(evidence_of(loss, references, random.permutation(COUNT) // 32)) is None


@pytest.mark.parametrize("places", [slice(0, 40), slice(20, 63), slice(0, 63)])
def test_a_copy_shows_at_the_ends_wherever_in_a_row_it_is_made(references, places):
    random = np.random.default_rng(4)
    loss = references[2] + random.normal(0, 0.1, references[2].shape)
    loss[:, places] *= 0.7
    assert evidence_of(loss, references)["ends"] > evidence.SIGMAS


@pytest.mark.parametrize("wild", [0.16, 0.18, 0.19])
def test_a_copy_shows_however_wildly_the_other_answers_vary(text, references, table, wild):
    # Most answers are copied and nearly free, some are made absurd: what varies so much seems to say nothing of the ends.
    random = np.random.default_rng(4)
    honest = weak(text, table)
    loss = np.where(random.random(honest.shape) < wild, 16.0, 0.4)
    loss[:, -1] = honest[:, -1]
    assert honest.mean() - loss.mean() > 0.4
    assert evidence_of(loss, references)["ends"] > evidence.SIGMAS


def test_a_copy_shows_where_answers_are_the_better_the_harder_references_find_them(text, references, table):
    # So the references seem to tell the opposite of what they tell, and the ends to cost anything.
    honest = weak(text, table)
    loss = honest.mean() - 0.5 + references[1].mean() - references[1]
    loss[:, -1] = honest[:, -1]
    assert evidence_of(loss, references)["ends"] > evidence.SIGMAS
