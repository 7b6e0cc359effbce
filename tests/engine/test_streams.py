"""Streams: numpy's Philox bit for bit, independent of everything but their name."""

from __future__ import annotations

import numpy as np
from scipy import stats

from wellhop.engine.streams import next_uniform, next_word, open_stream


def test_words_are_those_of_numpy_philox() -> None:
    stream = open_stream(7, 1, 2, 3)
    reference = np.random.Philox(key=stream[:2].copy()).random_raw(4001)
    got = np.array([next_word(stream) for _ in range(4001)], dtype=np.uint64)
    assert (got == reference).all()


def test_counter_carries_into_the_next_word() -> None:
    stream = open_stream(1, 0)
    stream[2] = np.uint64(2**64 - 1)
    next_word(stream)
    assert stream[2] == 0
    assert stream[3] == 1


def test_copy_continues_the_same_sequence() -> None:
    stream = open_stream(3, 9)
    for _ in range(6):
        next_word(stream)
    copy = stream.copy()
    assert [next_uniform(stream) for _ in range(9)] == [next_uniform(copy) for _ in range(9)]


def test_names_give_different_streams() -> None:
    names = [(s, p, a, t) for s in (0, 1) for p in (0, 1) for a in (0, 1) for t in (0, 1)]
    keys = {tuple(open_stream(*name)[:2].tolist()) for name in names}
    assert len(keys) == len(names)


def test_uniforms_fill_the_open_interval() -> None:
    """KS at false-alarm probability 1e-9; a shared stream used twice as pairs must be seen as dependent."""
    a, b = open_stream(11, 0), open_stream(11, 1)
    x = np.array([next_uniform(a) for _ in range(20_000)])
    y = np.array([next_uniform(b) for _ in range(20_000)])
    assert x.min() > 0.0
    assert x.max() < 1.0
    assert stats.kstest(x, "uniform").pvalue > 1e-9
    limit = stats.norm.isf(0.5e-9) / np.sqrt(len(x))
    assert abs(np.corrcoef(x, y)[0, 1]) < limit
    assert abs(np.corrcoef(x, x)[0, 1]) > limit
