"""The values that travel between composing and a model."""

import numpy as np
import pytest

from music.composing.model import Sampling, SongState, draws_of


@pytest.mark.parametrize(
    ("seed", "words"),
    [
        (0, (0, 0)),
        (1, (1, 0)),
        ((1 << 31) - 1, (2147483647, 0)),
        (1 << 31, (-2147483648, 0)),
        ((1 << 32) - 1, (-1, 0)),
        (1 << 32, (0, 1)),
        ((1 << 53) - 1, (-1, 2097151)),
        ((1 << 64) - 1, (-1, -1)),
    ],
)
def test_a_seed_travels_as_its_low_and_high_half(seed, words):
    assert Sampling(1.0, 0, 1.0, seed).seed_words == words


def test_each_draw_has_its_own_length():
    states = [SongState(np.zeros(1, np.float32), n) for n in (7, 8)]
    tokens = np.array([[2, 3, 4], [5, 0, 0]], np.int32)
    log_probability = -tokens.astype(np.float32)
    first, second = draws_of(tokens, log_probability, states, [3, 1])
    assert (first.tokens.tolist(), second.tokens.tolist()) == ([2, 3, 4], [5])
    assert (first.log_probability.tolist(), second.log_probability.tolist()) == ([-2, -3, -4], [-5])
    assert (first.state, second.state) == tuple(states)
