"""The loss: the fields of every token, and at every step whether the piece ends."""

import keras
import numpy as np
import pytest

from training.fitting.encoded import CONTINUES, ENDS, UNKNOWN
from training.network.loss import FieldsLoss

SIZES = (3, 2)
LOSS = FieldsLoss(SIZES)


def targets(*rows):
    """Make int32[1, T, F + 1] of each step's fields and ending."""
    return np.array([rows], np.int32)


def logits(steps: int, *, ending: bool = True):
    random = np.random.default_rng(0)
    return random.normal(size=(1, steps, sum(SIZES) + ending)).astype(np.float32)


def field_nats(scores, first: int, second: int) -> float:
    """Add up two fields' cross-entropies, of float32[L] logits."""
    parts = scores[:3], scores[3:5]
    return sum(
        float(np.log(np.exp(part).sum()) - part[value])
        for part, value in zip(parts, (first, second), strict=True)
    )


def ending_nats(score: float, is_end: bool) -> float:  # noqa: FBT001
    return float(-np.log(1 / (1 + np.exp(-score if is_end else score))))


def test_it_is_the_mean_over_tokens_of_the_sum_of_their_fields():
    scores = logits(3, ending=False)
    came = targets((1, 2, CONTINUES), (3, 1, CONTINUES), (0, 0, UNKNOWN))
    expected = (field_nats(scores[0, 0], 0, 1) + field_nats(scores[0, 1], 2, 0)) / 2
    assert float(LOSS(came, scores)) == pytest.approx(expected, rel=1e-5)


def test_endings_count_half_wherever_they_are_known():
    scores = logits(4)
    came = targets((1, 2, CONTINUES), (3, 1, CONTINUES), (0, 0, ENDS), (0, 0, UNKNOWN))
    fields = field_nats(scores[0, 0], 0, 1) + field_nats(scores[0, 1], 2, 0)
    endings = [ending_nats(scores[0, t, 5], is_end=t == 2) for t in range(3)]
    assert float(LOSS(came, scores)) == pytest.approx((fields + sum(endings) / 2) / 2, rel=1e-5)


def test_steps_after_the_end_cost_nothing():
    came = targets((1, 2, CONTINUES), (0, 0, ENDS), (0, 0, UNKNOWN), (0, 0, UNKNOWN))
    scores = logits(4)
    other = scores.copy()
    other[:, 2:] = 50
    assert float(LOSS(came, other)) == pytest.approx(float(LOSS(came, scores)), rel=1e-6)
    assert float(LOSS(came[:, 2:], scores[:, 2:])) == 0


@pytest.mark.parametrize("score", [-200.0, 200.0])
def test_no_certainty_about_an_ending_is_too_large(score):
    scores = np.full((1, 2, 6), score, np.float32)
    came = targets((1, 1, CONTINUES), (0, 0, ENDS))
    expected = np.log(3) + np.log(2) + 200 / 2  # one of the two is wrong
    assert float(LOSS(came, scores)) == pytest.approx(expected, rel=1e-5)


def test_the_loss_is_restored_with_its_model():
    again = keras.losses.deserialize(keras.losses.serialize(LOSS))
    scores = logits(2)
    came = targets((1, 2, CONTINUES), (3, 1, ENDS))
    assert again.field_sizes == SIZES
    assert float(again(came, scores)) == float(LOSS(came, scores))
