"""The model learns what it says it learns, and nothing of the future reaches its guesses."""
import numpy as np
import pytest

from cpu_trainer import train


@pytest.fixture
def shape(monkeypatch):
    """Sets constants of train.py for one test."""
    def set_constants(**values):
        for name, value in values.items():
            monkeypatch.setattr(train, name, value)
    return set_constants


def rng():
    return np.random.Generator(np.random.PCG64(3))


def some_text(rows=2, length=9):
    text = rng().integers(0, 256, (rows, length + 1))
    return text[:, :-1], text[:, 1:]


@pytest.mark.parametrize("activation", list(train.ACTIVATIONS))
@pytest.mark.parametrize("norm", ["none", "rms"])
@pytest.mark.parametrize("depth", [0, 2])
def test_gradients_agree_with_differences_of_the_loss(shape, activation, norm, depth):
    shape(CONTEXT=3, EMBED_DIM=4, WIDTH=6, DEPTH=depth, ACTIVATION=activation, NORM=norm)
    model = train.Model(rng(), np.float64)
    x, y = some_text()
    _, grads = model.loss_and_grads(x, y)
    pick, step = rng(), 1e-6
    for name, weights in model.params.items():
        # Most bytes are not in x, so the embedding is probed where something happens, and once where nothing may.
        places = np.argwhere(grads[name] != 0)
        for place in [*map(tuple, pick.permutation(places)[:4]), tuple(np.zeros(weights.ndim, int))]:
            kept = weights[place]
            weights[place] = kept + step
            above = model.loss_and_grads(x, y)[0]
            weights[place] = kept - step
            below = model.loss_and_grads(x, y)[0]
            weights[place] = kept
            assert grads[name][place] == pytest.approx((above - below) / (2 * step), rel=1e-4, abs=1e-8), (name, place)


def test_the_loss_is_the_mean_cross_entropy_of_the_logits():
    model = train.Model(rng())
    x, y = some_text()
    logits = model(x).astype(np.float64)
    probability = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    expected = -np.log(np.take_along_axis(probability, y[..., None], -1)).mean()
    assert model.loss_and_grads(x, y)[0] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("context", [1, 4])
def test_a_guess_hangs_on_its_own_byte_and_the_context_before_it_only(shape, context):
    shape(CONTEXT=context)
    model = train.Model(rng())
    x, _ = some_text(rows=1, length=12)
    seen = model(x)
    for t in range(x.shape[1]):
        changed = x.copy()
        changed[0, t] ^= 1
        differs = np.abs(model(changed) - seen).max(axis=(0, 2)) > 0
        assert np.flatnonzero(differs).tolist() == list(range(t, min(t + context, x.shape[1])))


def test_a_row_cut_short_is_answered_as_the_whole_one():
    model = train.Model(rng())
    x, _ = some_text(rows=3, length=10)
    for length in range(1, 10):
        np.testing.assert_allclose(model(x[:, :length]), model(x)[:, :length], rtol=1e-4, atol=1e-5)


def test_logits_are_full_and_float32():
    logits = train.Model(rng())(some_text(rows=2, length=5)[0])
    assert (logits.shape, logits.dtype) == ((2, 5, 256), np.float32)


@pytest.mark.parametrize(("optimizer", "rate"), [("sgd", 0.003), ("momentum", 0.002), ("adam", 0.01), ("lion", 0.015)])
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_every_optimizer_learns_a_batch_by_heart(shape, optimizer, rate, decay):
    shape(OPTIMIZER=optimizer, WEIGHT_DECAY=decay, CLIP=10.0, WIDTH=48)
    model = train.Model(rng())
    steps = train.Optimizer(model.params)
    x, y = some_text()
    first = model.loss_and_grads(x, y)[0]
    for _ in range(60):
        steps.step(model.loss_and_grads(x, y)[1], rate)
    assert model.loss_and_grads(x, y)[0] < 0.5 * first


def test_a_gradient_longer_than_CLIP_is_shortened_to_it(shape):
    shape(OPTIMIZER="sgd", CLIP=1.0, STRIDE={"sgd": 1.0})
    params = {"w_0": np.zeros((2, 2), np.float32), "b_0": np.zeros(2, np.float32)}
    train.Optimizer(params).step({"w_0": np.full((2, 2), 30.0, np.float32), "b_0": np.full(2, 40.0, np.float32)}, 1.0)
    assert sum(float(np.vdot(w, w)) for w in params.values()) == pytest.approx(1.0)


@pytest.mark.parametrize(("warmup", "warmdown", "progress", "expected"), [
    (0.0, 0.0, 0.0, 1.0), (0.0, 0.0, 1.0, 0.1), (0.2, 0.5, 0.0, 0.0), (0.2, 0.5, 0.1, 0.5), (0.2, 0.5, 0.2, 1.0),
    (0.2, 0.5, 0.5, 1.0), (0.2, 0.5, 0.75, 0.55), (0.2, 0.5, 1.0, 0.1), (0.3, 1.0, 0.15, 0.5), (0.3, 1.0, 0.5, 0.55),
])
def test_the_rate_rises_holds_and_falls(shape, warmup, warmdown, progress, expected):
    shape(WARMUP_RATIO=warmup, WARMDOWN_RATIO=warmdown, FINAL_LR_FRAC=0.1)
    assert train.get_lr_multiplier(progress) == pytest.approx(expected)
