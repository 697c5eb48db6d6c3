"""Rows that the GPU trainer learns from: packed out of whole documents, none of which is forgotten."""
import numpy as np
import pytest

from gpu_trainer import prepare

MARK = 999


def text_of(lengths):
    """Documents of these lengths; every id but the mark tells its document (in hundreds) and its place in it."""
    return np.concatenate([[MARK] + [document % 9 * 100 + place % 100 for place in range(1, length)] for document, length in enumerate(lengths)]).astype("<u2")


def rows_of(ids, count, size=33, seed=1):
    rows, out = prepare.Rows(ids, MARK, np.random.default_rng(seed)), np.zeros((count, size), np.int64)
    for row in out:
        rows.read_into(row)
    return out, rows


def drawn(seed, most):
    return np.random.default_rng(seed).integers(1, most, size=60)


@pytest.mark.parametrize("most", [20, 33, 34, 100, 400])
@pytest.mark.parametrize("seed", range(4))
def test_a_row_is_made_of_stretches_of_documents(seed, most):
    begins = np.cumsum([0, *drawn(seed, most)])
    ids = np.arange(begins[-1]).astype("<u2")  # every id tells its place in the text
    ids[begins[:-1]] = 65535
    rows = prepare.Rows(ids, 65535, np.random.default_rng(seed))
    row = np.zeros(33, np.int64)
    for _ in range(60):
        rows.read_into(row)
        goes_on = np.diff(row) == 1
        begun = (row[1:] == 65535) | (row[:-1] == 65535)
        # Without a mark only the part that fills a row up may begin, where all that waits is longer than what is left.
        assert (~goes_on & ~begun).sum() <= 1


def test_every_row_begins_at_a_document_where_none_is_longer_than_a_row():
    for seed in range(5):
        assert (rows_of(text_of(drawn(seed, 33)), 40, seed=seed)[0][:, 0] == MARK).all()


def test_a_document_of_many_rows_is_read_to_its_last_whole_row():
    ids = np.concatenate([[MARK], np.arange(200) % 990]).astype("<u2")  # 201 ids: six rows of 33, and 3 that are cut off
    rows, _ = rows_of(ids, 6)
    assert np.concatenate(rows).tolist() == ids[:198].tolist()


@pytest.mark.parametrize("most", [20, 100, 400])
def test_none_waits_for_more_rows_than_there_are_places(most):
    lengths = drawn(7, most)
    ids = np.concatenate([[MARK, document] + [500] * int(length) for document, length in enumerate(lengths)]).astype("<u2")
    rows, begun = rows_of(ids, len(lengths), seed=3)[0], set()
    for row in rows:
        begun.update(row[at + 1] for at in np.flatnonzero(row == MARK) if at + 1 < len(row))
    only_its_mark = (rows[:, -1] == MARK).sum()  # fitted at the end of a row, which does not say whose it was
    assert len(set(range(len(lengths))) - begun) <= only_its_mark


def test_what_fits_is_the_longest_that_does():
    ids = text_of([20, 9, 12, 4])
    row = rows_of(ids, 1)[0][0]
    stretches = np.diff(np.flatnonzero(np.append(row, MARK) == MARK)).tolist()
    first, left = stretches[0], 33 - stretches[0]
    assert stretches[1] == max((length for length in (20, 9, 12, 4) if length <= left), default=left), (first, stretches)


def test_the_seed_says_the_rows_and_epochs_are_counted():
    ids = text_of(drawn(1, 60))
    one, rows = rows_of(ids, 300, seed=5)
    assert (one == rows_of(ids, 300, seed=5)[0]).all()
    assert not (one == rows_of(ids, 300, seed=6)[0]).all()
    assert rows.epoch >= 300 * 33 / len(ids)  # what is cut off is not read


def test_one_short_document_fills_a_row():
    assert rows_of(text_of([5]), 1)[0][0].tolist() == ([MARK, 1, 2, 3, 4] * 7)[:33]
