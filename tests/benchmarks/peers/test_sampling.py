"""The peers' sampling in NumPy draws what the service would."""

import numpy as np
import pytest

from benchmarks.peers.sampling import Sampler

DRAWS = 10_000


def shares(sampler, logits, before=0):
    """Draw with evenly spread numbers; gives the share of each token."""
    rows = np.tile(np.array(logits, np.float32), (DRAWS, 1))
    uniform = ((np.arange(DRAWS) + 0.5) / DRAWS).astype(np.float32)
    drawn = sampler.draw(rows, np.full(DRAWS, before), uniform)
    return np.bincount(drawn, minlength=len(logits)) / DRAWS


def test_temperature_divides_logits():
    logits = np.array([0.0, 1.0, 2.0, -1.0])
    expected = np.exp(logits / 0.5) / np.exp(logits / 0.5).sum()
    found = shares(Sampler(np.ones((4, 4), bool), 0.5, 1.0), logits)
    np.testing.assert_allclose(found, expected, atol=2e-4)


def test_the_nucleus_keeps_the_token_that_fills_it():
    logits = np.log([0.1, 0.5, 0.3, 0.1])
    found = shares(Sampler(np.ones((4, 4), bool), 1.0, 0.6), logits)
    np.testing.assert_allclose(found, [0, 0.625, 0.375, 0], atol=2e-4)


def test_only_what_may_follow_is_drawn():
    followers = np.array([[True, False, True], [False, True, False], [True, True, True]])
    sampler = Sampler(followers, 1.0, 0.9)
    assert shares(sampler, [0.0, 9.0, 0.0], before=0)[1] == 0
    assert shares(sampler, [9.0, 0.0, 9.0], before=1).tolist() == [0, 1, 0]


@pytest.mark.parametrize("number", [0.0, 1 - 2**-24])
def test_the_ends_of_the_range_draw_a_token_that_is_kept(number):
    sampler = Sampler(np.ones((3, 3), bool), 1.0, 0.5)
    logits = np.log(np.array([[0.2, 0.7, 0.1]], np.float32))
    assert sampler.draw(logits, np.array([0]), np.array([number], np.float32)).tolist() == [1]
