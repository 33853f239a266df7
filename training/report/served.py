"""How well a network predicts notes as it is served: through the decoder cells of the export."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from music.codec import PAD
from training.numbering import Numbering
from training.products import ProductOf
from training.stack import Stack


class ServedNetwork:
    """A network in the arithmetic that a bundle is served with."""

    def __init__(self, model: keras.Model, lstm_product: ProductOf) -> None:
        """Take a Keras model's weights, as a `Stack` does."""
        self._stack = Stack(model, lstm_product)
        self._numbering = Numbering(self._stack.field_sizes)
        self._compiled = tf.function(self._nats)

    def nats(self, sequences: Sequence[NDArray[np.int32]]) -> list[NDArray[np.float64]]:
        """Compute what every token costs after those before it.

        Args:
            sequences: Tokens int32[T] each, BOS first.

        Returns:
            float64[T - 1] each, in nats.
        """
        longest = max(map(len, sequences))
        padded = np.full((len(sequences), longest), PAD, np.int32)
        for row, tokens in zip(padded, sequences, strict=True):
            row[: len(tokens)] = tokens
        costs = self._compiled(tf.constant(padded)).numpy().astype(np.float64)
        return [row[: len(s) - 1] for row, s in zip(costs, sequences, strict=True)]

    def _nats(self, tokens: Any) -> Any:
        """Read int32[B, T]; gives float32[B, T - 1]."""
        rows = tf.transpose(self._numbering.rows(tokens), [1, 0, 2])
        steps, batch = tf.shape(rows)[0] - 1, tf.shape(rows)[1]
        values = tf.maximum(rows - self._numbering.first_rows, 0)  # of PAD there are none
        state = tuple(tf.zeros((batch, units)) for units in self._stack.units for _ in range(2))
        costs = tf.TensorArray(tf.float32, steps, element_shape=[None])

        def step(i: Any, state: Any, costs: Any) -> tuple[Any, Any, Any]:
            reader = self._stack.laid_out()
            after = reader.read(rows[i], state)
            first, *hidden = reader.foretold(after)
            came = tf.unstack(values[i + 1], num=len(self._stack.field_sizes), axis=1)
            logits = [first] + [
                reader.field_logits(f, below, came[:f]) for f, below in enumerate(hidden, start=1)
            ]
            return i + 1, after, costs.write(i, _cross_entropy(logits, came))

        _, _, costs = tf.while_loop(lambda i, *_: i < steps, step, (0, state, costs))
        return tf.transpose(costs.stack())


def _cross_entropy(logits: Sequence[Any], values: Sequence[Any]) -> Any:
    """Sum over fields: float32[B]."""
    return tf.add_n(
        [
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=value, logits=each)
            for value, each in zip(values, logits, strict=True)
        ]
    )
