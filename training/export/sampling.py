"""Drawing a field's value from logits: temperature, then top-k, then nucleus (top-p), then a draw.

Top-k and top-p filter the pitches. Onsets and durations are drawn from all their values: where
music repeats, the likeliest value has nearly all the probability, and a filter would leave no
other, so that songs keep to one rhythm (the measurements are in docs/decisions.md).

Source of the nucleus: A. Holtzman et al., The Curious Case of Neural Text Degeneration (ICLR 2020).
"""

from dataclasses import dataclass
from typing import Any

import tensorflow as tf

_COLDEST = 1e-4  # below it, dividing logits would only overflow
# At temperature 0 logits are multiplied by so much that all but the largest have probability 0. A
# power of 2 rounds none of them, and a number above 0 then selects the first of the largest.
_GREEDY = 2.0**40
_ABOVE_ZERO = 2.0**-24
_ALL = 2.0  # more than any probability


@dataclass(frozen=True)
class Sampling:
    """How each row of a batch draws.

    Attributes:
        temperature: float32[B]; 0 means the most likely value.
        top_k: int32[B]; 0 means off.
        top_p: float32[B]; 1 means off.
    """

    temperature: Any
    top_k: Any
    top_p: Any


class Draw:
    """Draws values one after the other; what stays the same is computed once, before the loop.

    A value is drawn by inverting the cumulative distribution of its row's values.
    """

    def __init__(self, sampling: Sampling) -> None:
        """Prepare for B rows."""
        self._is_random = sampling.temperature > 0
        heat = 1 / tf.maximum(sampling.temperature, _COLDEST)
        self._heat = tf.where(self._is_random, heat, _GREEDY)[:, None]
        self._share = tf.where(sampling.top_p < 1, sampling.top_p, _ALL)[:, None]
        self._last = tf.where(sampling.top_k > 0, sampling.top_k, tf.int32.max)[:, None] - 1

    def numbers(self, uniform: Any) -> Any:
        """Make what decides the draws, float32[N, B, F], of float32[B, N, F] in [0, 1).

        Args:
            uniform: Multiples of 2**-23.
        """
        numbers = tf.where(self._is_random[:, None, None], uniform, _ABOVE_ZERO)
        return tf.transpose(numbers, [1, 0, 2])

    def filtered(self, logits: Any, number: Any) -> Any:
        """Draw a value for every row from those that top-k and top-p leave.

        The likeliest values come first in the distribution. Rows that want no filter are sorted
        too: one way of drawing for all rows, so that a row draws the same whatever the rows
        beside it.

        Args:
            logits: float32[B, n].
            number: float32[B, 1].

        Returns:
            int32[B, 1], 0 to n - 1.
        """
        size = logits.shape[-1]
        descending, values = tf.math.top_k(logits * self._heat, size)
        cumulative = tf.cumsum(tf.nn.softmax(descending), axis=1)
        # The last one kept is the first that makes up the share, or else the k-th.
        last = tf.raw_ops.LowerBound(sorted_inputs=cumulative, values=self._share)
        last = tf.minimum(last, tf.minimum(self._last, size - 1))
        total = tf.gather(cumulative, last, axis=1, batch_dims=1)
        place = tf.raw_ops.UpperBound(sorted_inputs=cumulative, values=number * total)
        return tf.gather(values, place, axis=1, batch_dims=1)

    def unfiltered(self, logits: Any, number: Any) -> Any:
        """Draw a value for every row from all values; as `filtered` in shapes."""
        cumulative = tf.cumsum(tf.nn.softmax(logits * self._heat), axis=1)
        total = cumulative[:, -1:]
        return tf.raw_ops.UpperBound(sorted_inputs=cumulative, values=number * total)
