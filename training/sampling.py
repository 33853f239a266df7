"""Drawing a token from logits: temperature, then top-k, then nucleus (top-p), then a draw.

Source of the nucleus: A. Holtzman et al., The Curious Case of Neural Text Degeneration (ICLR 2020).
"""

from dataclasses import dataclass
from typing import Any

import tensorflow as tf

FORBIDDEN = -1e9  # a logit that no temperature brings back
_COLDEST = 1e-4  # below it, dividing logits would only overflow
_ALL = 2.0  # more than any probability


@dataclass(frozen=True)
class Sampling:
    """How each row of a batch draws.

    Attributes:
        temperature: float32[B]; 0 means the most likely token.
        top_k: int32[B]; 0 means off.
        top_p: float32[B]; 1 means off.
    """

    temperature: Any
    top_k: Any
    top_p: Any


class Draw:
    """Draws tokens one after the other; what stays the same is computed once, before the loop.

    A token is drawn by inverting the cumulative distribution of its row's tokens, the likeliest
    first. Rows that want no filter are sorted too: one way of drawing for all rows, so that a row
    draws the same whatever the rows beside it.
    """

    def __init__(self, sampling: Sampling, vocabulary_size: int) -> None:
        """Prepare for rows of V logits."""
        self._size = vocabulary_size
        self._heat = 1 / tf.maximum(sampling.temperature, _COLDEST)[:, None]
        self._is_random = sampling.temperature > 0
        # A token is kept where those that are likelier have less than this together.
        most_before = tf.where(sampling.top_p < 1, sampling.top_p, _ALL)[:, None]
        k = tf.where(sampling.top_k > 0, sampling.top_k, vocabulary_size)[:, None]
        self._most_before = tf.where(tf.range(vocabulary_size)[None, :] < k, most_before, 0.0)

    def numbers(self, uniform: Any) -> Any:
        """Make what decides the draws, float32[N, B, 1], of float32[N, B] in [0, 1).

        Args:
            uniform: Multiples of 2**-23.
        """
        return tf.where(self._is_random, uniform, 0.0)[:, :, None]

    def __call__(self, logits: Any, number: Any) -> Any:
        """Draw a token for every row.

        Args:
            logits: float32[B, V].
            number: float32[B, 1].

        Returns:
            int32[B].
        """
        descending, tokens = tf.math.top_k(logits * self._heat, self._size)
        probability = tf.nn.softmax(descending)
        cumulative = tf.cumsum(probability, axis=1)
        is_kept = tf.cast(cumulative - probability < self._most_before, tf.float32)
        total = tf.reduce_max(cumulative * is_kept, axis=1, keepdims=True)
        place = tf.reduce_sum(tf.cast(cumulative <= number * total, tf.int32), axis=1)
        return tf.gather(tokens, place, axis=1, batch_dims=1)
