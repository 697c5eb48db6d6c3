"""In which order an exam asks what: rows that count, and decoys before and after them."""
import numpy as np

REQUESTS_AT_LEAST = 16  # What is learned from one request, or copied in it, shows against the others.
BEFORE_SHARE, AFTER_SHARE = 16, 16 / 3  # One row in so many is a decoy before it counts, and one after: a quarter more rows than count.
TRICKS_AT_LEAST = 16
MAIN, BEFORE, AFTER = 0, 1, 2  # What counts, and decoys.


def drawn(weights, random):
    """A place of `weights` [n], each as likely as its weight; any, where all are 0."""
    sums = np.cumsum(weights, dtype=np.float64)
    return int(np.searchsorted(sums, random.uniform(0, sums[-1]), "right")) if sums[-1] > 0 else int(random.integers(len(sums)))


def plan(count, rows, seq, random):
    """The order of questions: a list of slots (kind, row, cut). A row of a decoy that comes after is chosen by the answers, when it is asked.

    A decoy before tells only whether the last answer before its cut was copied, by one who remembers what he said.
    """
    order = random.permutation(count)
    placed = [(place, (MAIN, int(row), seq)) for place, row in enumerate(order)]
    for place in random.choice(count, min(count, max(TRICKS_AT_LEAST, count // BEFORE_SHARE)), replace=False):
        placed.append((random.uniform(-0.5, place - 0.5), (BEFORE, int(order[place]), int(random.integers(1, seq)))))
    after = min(count, max(TRICKS_AT_LEAST, int(count / AFTER_SHARE)))
    after += -(len(placed) + after) % rows  # A last, smaller request might cost a compilation.
    placed += [(place, (AFTER, None, None)) for place in random.uniform(count / 4, count, after)]
    return [slot for _, slot in sorted(placed, key=lambda item: item[0])]
