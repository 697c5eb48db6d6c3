"""A text as an exam has it, and a model of it, for tests that ask what answers tell."""
from types import SimpleNamespace

import numpy as np
import pytest

from supervised import SEQ, words

from seal.evaluation import ngrams

COUNT = 512


@pytest.fixture(scope="module")
def text():
    spoken = words(np.random.default_rng(6), 200_000 + COUNT * (SEQ + 1))
    return SimpleNamespace(train=spoken[:200_000], val=spoken[200_000:], seq=SEQ, rows=COUNT, floor_bpb=None, block_rows=None, vocab=256, widths=None)


@pytest.fixture(scope="module")
def references(text):
    return ngrams.losses(text.train, text.val, COUNT, SEQ).astype(np.float32)


@pytest.fixture(scope="module")
def table(text):
    train = np.frombuffer(text.train, np.uint8).astype(np.int64)
    counts = np.bincount(train[:-1] * 256 + train[1:], minlength=65536).reshape(256, 256) + 0.02
    return np.log(counts / counts.sum(1, keepdims=True)).astype(np.float32)
