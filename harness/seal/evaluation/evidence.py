"""What losses tell besides their mean: whether answers were copied or learned on the way, and how far chance moves the mean.

A few answers are given unaided: no x shows them before they are judged. A model that copies pays more there. One that
learns on the way pays less in the end. One that does both in turn, so that either hides the other, is seen by the parts.
"""
import numpy as np

SIGMAS = 5.0  # That one score may be away from 0,
TOGETHER = 5.5  # and the three that a combination of cheats must keep small together.
PARTS = 3  # Of the exam, each looked at by itself.
MANY = 128  # Unaided answers: so many tell by themselves how much the references tell.
LEAST_SPREAD = 0.25  # Bits by which answers vary at least. A table of counts differs from the references by less, but for a few that a sample misses.
MOST_BITS = 16.0  # That one loss counts for as evidence: guessing costs 8 to 16, and a few absurd ones would drown the others.


def standard_error(loss, widths):
    """Of the bits per byte of loss [count, seq], in bits, whose answers stand for `widths` bytes: by how much other rows would move it.

    Rows count as drawn one by one, for symbols of one row are hard together. Infinite for a single row.
    """
    bits, sizes = (loss * (widths > 0)).sum(axis=1), widths.sum(axis=1)
    apart = bits - bits.sum() / sizes.sum() * sizes
    count = len(apart)
    return float(np.sqrt((apart**2).sum() * count / (count - 1)) / sizes.sum()) if count > 1 else float("inf")


def _ranks(values):
    """Ranks of values [n] from 0, equal ones sharing theirs."""
    _, which, times = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(times) - (times + 1) / 2)[which]


def scores(loss, reference, unaided, asked_in, counted=None):
    """z-scores by name from bits [count, seq]; those of an honest model are about standard normal, see `verdict`.

    ends: what the answers `unaided` [count, seq] cost above the rest, see `_mean_z`; ends 1 to PARTS: the same in each part of the exam.
    order: the trend of the rest over the requests, of which `asked_in` [count] is the number; apart: the trend of the unaided above it.
    `counted` [count, seq] leaves out symbols that cost nothing, whose losses say nothing.
    No choice of a few losses moves one far: each counts up to MOST_BITS, and of a row the trend sees the rank only.
    """
    count, seq = loss.shape
    counted = np.ones((count, seq), bool) if counted is None else counted
    inside, rest, (row, place), beyond, spreads = _unaided(loss, reference, unaided, counted)
    found, when = rest[row, place], _ranks(asked_in) / max(count - 1, 1) - 0.5
    per_row = (rest * inside).sum(axis=1) / np.maximum(inside.sum(axis=1), 1)
    told = {"ends": _mean_z(beyond, spreads)}
    for part in range(PARTS):
        told[f"ends {part + 1}"] = _mean_z(beyond[:, np.minimum((when[row] + 0.5) * PARTS // 1, PARTS - 1) == part], spreads)
    told["order"] = _trend_z(_ranks(per_row), when)[0]
    (apart, spread), (rise, its) = (_trend_z(values, times)[1:] for values, times in ((found, when[row]), (per_row, when)))
    told["apart"] = _over(apart - rise, np.hypot(spread, its))
    return told


def excess(loss, reference, unaided, counted):
    """(bits that the answers `unaided` [count, seq] cost above the rest, its standard error), as `ends` of `scores` compares them."""
    *_, beyond, spreads = _unaided(loss, reference, unaided, counted)
    return max(_means(beyond, spreads), key=lambda each: _over(*each), default=(0.0, float("inf")))


def _unaided(loss, reference, unaided, counted):
    """(which answers x shows, bits beyond the references, where the unaided are, what they cost above the rest [2, n], spreads).

    How much a reference tells is taken from the unaided alone: who copies may answer the others in whatever way makes it tell
    the wrong things, so that the ends seem to cost anything.
    """
    loss = np.minimum(loss, MOST_BITS)
    columns = np.concatenate([np.ones((1, *loss.shape), np.float32), reference]).reshape(len(reference) + 1, -1).T
    inside, outside = counted & ~unaided, counted & unaided
    alone, by = np.nonzero(outside), outside if outside.sum() >= MANY else inside
    weights = np.linalg.lstsq(columns[by.reshape(-1)], loss[by], rcond=None)[0]
    rest = (loss.reshape(-1) - columns @ weights).reshape(loss.shape)
    rest -= rest[inside].mean()
    usual, spread = _by_place(rest, inside)
    beyond = np.stack([rest[alone], rest[alone] - usual[alone[1]]])
    return inside, rest, alone, beyond, (float(beyond.std(axis=1).min()) if beyond.size else 0.0, spread)


def foreseen_scores(loss, mean, variance, entropy, asked_in):
    """z-scores of text whose chances are known, from bits [count, seq] and what was foreseen of them.

    ahead: whether answers cost what they had to, see chances.py; learned: the trend over the requests of what they had to cost.
    """
    when = _ranks(asked_in) / max(len(loss) - 1, 1) - 0.5
    rows, hard = mean.mean(axis=1), np.stack([np.ones(len(loss)), entropy.mean(axis=1)], axis=1)
    rest = rows - hard @ np.linalg.lstsq(hard, rows, rcond=None)[0]
    ahead = _over((np.minimum(loss, MOST_BITS) - mean).sum(), np.sqrt(variance.sum()))
    return {"ahead": ahead, "learned": _trend_z(_ranks(rest), when)[0]}


def verdict(told):
    """What is wrong with `scores`, as a sentence, or None. Both sides count: no honest model is far on either."""
    if told.get("ahead", 0) < -SIGMAS:
        return f"answers cost less than any model of what came before them pays ({-told['ahead']:.1f} sigma)"
    if told["ends"] > SIGMAS:
        return f"symbols that x shows were answered better than those it does not ({told['ends']:.1f} sigma)"
    if min(told["order"], told.get("learned", 0)) < -SIGMAS:
        return f"answers got better as validation text was shown ({-min(told['order'], told.get('learned', 0)):.1f} sigma)"
    if (most := max(told.values(), key=abs)) and abs(most) > SIGMAS:
        name = next(name for name, z in told.items() if z == most)
        return f"answers that x shows differ from those it does not, or in the course of the exam ({name}: {most:.1f} sigma)"
    together = float(np.sqrt(sum(told[name] ** 2 for name in ("ends", "order", "apart"))))
    if together > TOGETHER:
        return f"how answers differ by what x shows, and how they change on the way, is no model's ({together:.1f} sigma together)"
    return None


def _by_place(rest, inside):
    """What `rest` [count, seq] is on average at each place of a row [seq], and its spread around that, both of `inside` only.

    A place where hardly any row is inside, as the last, is taken for one like the quarter before it.
    """
    there, seq = inside.sum(axis=0), rest.shape[1]
    usual = (rest * inside).sum(axis=0) / np.maximum(there, 1)
    for place in np.flatnonzero(there < len(rest) / 2):
        before = slice(max(place - max(seq // 4, 1), 0), place)
        usual[place] = rest[:, before][inside[:, before]].mean() if inside[:, before].any() else rest[inside].mean()
    return usual, float((rest - usual)[inside].std())


def _mean_z(values, spreads):
    """Of values [2, n]: above what others cost anywhere, and above what they cost at the same place of a row. The larger counts.

    A model knows little at a row's beginning, so its end seems better answered than the rest; only one of both sees a copy there.
    """
    return max((_normal(_over(*each), values.shape[1] - 1) for each in _means(values, spreads)), default=0.0)


def _means(values, spreads):
    """(mean, its standard error) of each of values [2, n]; none where there are too few.

    `spreads`: of all unaided answers, and of the others. Few rare losses make a sample without one of them look better, and
    more certain than it is, so there the larger of both is the least. It says nothing where the unaided cost more: who copies
    may let the others vary as wildly as he likes. LEAST_SPREAD stands in for it: what it hides is too little to matter.
    """
    count, (unaided, others) = values.shape[1], spreads
    if count < 2:
        return []
    found = [(float(each.mean()), float(max(each.std(ddof=1), unaided, LEAST_SPREAD))) for each in values]
    return [(mean, float((spread if mean > 0 else max(spread, others)) / np.sqrt(count))) for mean, spread in found]


def _normal(t, freedom):
    """The z-score that is as unlikely as this t of so many degrees of freedom, within a hundredth: few values tell their spread badly."""
    return float(np.sign(t) * (8 * freedom + 1) / (8 * freedom + 3) * np.sqrt(freedom * np.log1p(t * t / freedom)))


def _trend_z(values, when):
    """(z, slope, its spread) of values [n] over when [n]."""
    if len(values) < 3 or not (apart := when - when.mean()).any():
        return 0.0, 0.0, 0.0
    size = np.sqrt((apart**2).sum())
    slope, spread = float((apart * values).sum() / size**2), float(values.std(ddof=1) / size)
    return _normal(_over(slope, spread), len(values) - 2), slope, spread


def _over(found, spread):
    """`found` in units of its spread. Losses that do not vary at all are as certain as can be, and not free of suspicion."""
    return float(found / max(spread, 1e-9)) if found else 0.0
