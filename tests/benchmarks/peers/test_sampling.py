"""The peers' sampling is that of the service."""

import numpy as np
import pytest

from benchmarks.peers.weights import DenseWeights, FieldWeights, LstmWeights, NetworkWeights

SAMPLES = 10_000
UNITS = 4


def zeros(*shape):
    return np.zeros(shape, np.float32)


def network(first, second=(0.0,), given=None):
    """Build a network that always predicts these logits; the first value adds `given` to a unit."""
    given = zeros(len(first), 1) if given is None else given
    kernel = zeros(1, len(second)) if not given.any() else np.array([[20.0, -20.0]], np.float32)
    field = FieldWeights((given,), DenseWeights(kernel, np.array(second, np.float32)))
    return NetworkWeights(
        embeddings=(zeros(len(first) + 1, 2), zeros(len(second) + 1, 2)),
        lstm=(LstmWeights(zeros(2, 4 * UNITS), zeros(UNITS, 4 * UNITS), zeros(4 * UNITS)),),
        dense=(),
        top=DenseWeights(zeros(UNITS, len(first) + 1), np.array([*first, 0.0], np.float32)),
        fields=(field,),
    )


@pytest.fixture
def sample(library, peer_weights):
    """Sample one token per row of random numbers, float32[B, 2]; returns int64[B, 2]."""

    def sample(weights, uniform, temperature=1.0, top_p=1.0):
        peer = library(weights, peer_weights, 1, temperature, top_p)
        return peer.sample(uniform[None].astype(np.float32))[0]

    return sample


def shares(values, size):
    return np.bincount(values, minlength=size) / SAMPLES


def evenly_spread():
    return np.tile(((np.arange(SAMPLES) + 0.5) / SAMPLES)[:, None], (1, 2))


def test_temperature_divides_logits(sample):
    logits = np.array([0.0, 1.0, 2.0, -1.0])
    expected = np.exp(logits / 0.5) / np.exp(logits / 0.5).sum()
    sampled = sample(network(logits, logits), evenly_spread(), temperature=0.5)
    for field in sampled.T:
        np.testing.assert_allclose(shares(field, 4), expected, atol=3e-4)


def test_only_the_second_field_has_a_nucleus_which_keeps_the_value_that_fills_it(sample):
    logits = np.log([0.1, 0.5, 0.3, 0.1])
    first, second = sample(network(logits, logits), evenly_spread(), top_p=0.6).T
    np.testing.assert_allclose(shares(second, 4), [0, 0.625, 0.375, 0], atol=3e-4)
    np.testing.assert_allclose(shares(first, 4), [0.1, 0.5, 0.3, 0.1], atol=3e-4)


def test_a_field_follows_from_those_before_it(sample):
    given = np.array([[9.0], [-9.0]], np.float32)
    uniform = np.random.default_rng(0).random((SAMPLES, 2))
    first, second = sample(network((0.0, 0.0), (0.0, 0.0), given), uniform).T
    assert 0.45 < first.mean() < 0.55
    assert np.array_equal(first, second)


@pytest.mark.parametrize("number", [0.0, 1 - 2**-24])
def test_the_ends_of_the_range_sample_a_value_that_is_kept(sample, number):
    logits = np.log([0.2, 0.7, 0.1])
    uniform = np.full((1, 2), number)
    weights = network(logits, logits)
    ((first, second),) = sample(weights, uniform, top_p=0.5).tolist()
    assert first == (2 if number else 0)
    assert second == 1
