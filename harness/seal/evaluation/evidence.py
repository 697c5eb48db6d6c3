"""What losses tell besides their mean: whether answers were copied or learned on the way, and how far chance moves the mean."""
import numpy as np

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


def scores(loss, reference, end_unseen, asked_in, counted=None):
    """Two z-scores from bits [count, seq]: of unseen row ends against the rest, and of the trend over requests.

    An honest model's are about standard normal; copying answers makes the first large, learning on the way the second
    small. `end_unseen` [count] marks the ends that count, `asked_in` [count] is the number of each row's request;
    `counted` [count, seq] leaves out symbols that cost nothing, whose losses say nothing.
    No choice of a few losses moves either far: each counts up to MOST_BITS, and of a row the trend sees the rank only.
    """
    count, seq = loss.shape
    loss = np.minimum(loss, MOST_BITS)
    counted = np.ones((count, seq), bool) if counted is None else counted
    columns = np.concatenate([np.ones((1, count, seq), np.float32), reference]).reshape(len(reference) + 1, -1).T
    inside = counted.copy()
    inside[:, -1] = False
    weights = np.linalg.lstsq(columns[inside.reshape(-1)], loss[inside], rcond=None)[0]
    rest = (loss.reshape(-1) - columns @ weights).reshape(count, seq)
    ends = rest[end_unseen & counted[:, -1], -1]
    ends_z = _over(ends.mean(), ends.std(ddof=1) / np.sqrt(len(ends))) if len(ends) > 1 else 0.0
    per_row = _ranks((rest * inside).sum(axis=1) / np.maximum(inside.sum(axis=1), 1))
    when = asked_in - asked_in.mean()
    order_z = _over((when * per_row).sum(), per_row.std(ddof=1) * np.sqrt((when**2).sum()))
    return ends_z, order_z


def _over(found, spread):
    """`found` in units of its spread. Losses that do not vary at all are as certain as can be, and not free of suspicion."""
    return float(found / max(spread, 1e-9))
