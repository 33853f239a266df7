"""The peers' sampling in NumPy is that of the service."""

import numpy as np
import pytest

from benchmarks.peers.sampling import Fields, Sampler
from benchmarks.peers.weights import DenseWeights, FieldWeights, NetworkWeights

SAMPLES = 10_000


def zeros(*shape):
    return np.zeros(shape, np.float32)


# Two values, then two more: the second field is the first one's again.
GIVEN = np.array([[9.0], [-9.0]], np.float32)
LOGITS = DenseWeights(np.array([[20.0, -20.0]], np.float32), zeros(2))
FIELDS = Fields(
    NetworkWeights(
        embeddings=(zeros(3, 1), zeros(3, 1)),
        lstm=(),
        dense=(),
        top=DenseWeights(zeros(1, 3), zeros(3)),
        fields=(FieldWeights((GIVEN,), LOGITS),),
    )
)


def shares(sample, logits):
    """Sample with evenly spread numbers; returns the share of each value."""
    rows = np.tile(np.array(logits, np.float32), (SAMPLES, 1))
    uniform = ((np.arange(SAMPLES) + 0.5) / SAMPLES).astype(np.float32)
    return np.bincount(sample(rows, uniform), minlength=len(logits)) / SAMPLES


@pytest.mark.parametrize("way", ["sample_filtered", "sample_unfiltered"])
def test_temperature_divides_logits(way):
    logits = np.array([0.0, 1.0, 2.0, -1.0])
    expected = np.exp(logits / 0.5) / np.exp(logits / 0.5).sum()
    np.testing.assert_allclose(
        shares(getattr(Sampler(FIELDS, 0.5, 1.0), way), logits), expected, atol=2e-4
    )


def test_the_nucleus_keeps_the_value_that_fills_it():
    sampler, logits = Sampler(FIELDS, 1.0, 0.6), np.log([0.1, 0.5, 0.3, 0.1])
    found = shares(sampler.sample_filtered, logits)
    np.testing.assert_allclose(found, [0, 0.625, 0.375, 0], atol=2e-4)
    all_values = shares(sampler.sample_unfiltered, logits)
    np.testing.assert_allclose(all_values, [0.1, 0.5, 0.3, 0.1], atol=2e-4)


def test_a_field_follows_from_those_before_it():
    top = zeros(SAMPLES, 3)
    uniform = np.random.default_rng(0).random((SAMPLES, 2), np.float32)
    first, second = Sampler(FIELDS, 1.0, 1.0).sample(top, uniform).T
    assert 0.45 < first.mean() < 0.55
    assert np.array_equal(first, second)


@pytest.mark.parametrize("number", [0.0, 1 - 2**-24])
def test_the_ends_of_the_range_sample_a_value_that_is_kept(number):
    logits = np.log(np.array([[0.2, 0.7, 0.1]], np.float32))
    sampler = Sampler(FIELDS, 1.0, 0.5)
    assert sampler.sample_filtered(logits, np.array([number], np.float32)).tolist() == [1]
