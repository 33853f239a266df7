"""Tokens inside a graph: as numbers on the outside, as rows of the table of inputs on the inside.

The table has of each field a row for no value, then one for each value, field behind field.
"""

import math
from typing import Any

import numpy as np
import tensorflow as tf

from music.codec import FIRST


class TokenIds:
    """`music.codec.Codec.merge_fields` and `split_fields` as TensorFlow operations."""

    def __init__(self, field_sizes: tuple[int, ...]) -> None:
        """Name how many values each of F fields has."""
        ends = np.cumsum([size + 1 for size in field_sizes])
        self.first_rows = np.array([1, *(ends[:-1] + 1)], np.int32)
        """int32[F], the row of each field's first value."""
        self.vocabulary_size = FIRST + math.prod(field_sizes)
        self._sizes = field_sizes
        self._places = [math.prod(field_sizes[f + 1 :]) for f in range(len(field_sizes))]

    def rows(self, tokens: Any) -> Any:
        """Give int32[..., F] of tokens int32[...]; those of a special token stand for no value."""
        number = tokens - FIRST
        digits = [
            number // place % size for place, size in zip(self._places, self._sizes, strict=True)
        ]
        values = tf.where(number[..., None] < 0, -1, tf.stack(digits, axis=-1))
        return values + self.first_rows

    def tokens(self, rows: Any) -> Any:
        """Give int32[...] of rows int32[..., F] of values."""
        values = rows - self.first_rows
        return FIRST + tf.reduce_sum(values * np.array(self._places, np.int32), axis=-1)

    def padded(self, distribution: Any) -> Any:
        """Give float32[B, V] of what all tokens that are music have, float32[B, V - FIRST]."""
        return tf.pad(distribution, [[0, 0], [FIRST, 0]])
