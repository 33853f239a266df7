"""A trained network's weights, laid out to read one token a row at a time.

B batch, U an LSTM layer's units, V vocabulary. A state is h and c of every LSTM layer, the lowest
first, float32[B, U] each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from training.products import Float32Product, Multiply, ProductOf

State = tuple[Any, ...]


@dataclass(frozen=True)
class Reader:
    """The weights inside of a graph: whatever reads more than one token there shares them.

    Attributes:
        inputs: float32[V, 4U], what each token adds to the lowest layer's gates.
        recurrent: The lowest layer's product with its own h.
        stacked: The other layers' products with the h below and their own, and their biases.
        hidden: The dense layers between, and their biases.
        highest: The product that gives logits.
    """

    inputs: Any
    recurrent: Multiply
    stacked: Sequence[tuple[Multiply, Any]]
    hidden: Sequence[tuple[Multiply, Any]]
    highest: Multiply

    def read(self, token: Any, state: State) -> State:
        """Read one token a row, int32[B]; gives the new state."""
        gates = self.recurrent(state[0], tf.gather(self.inputs, token))
        after = [*_cell(gates, state[1])]
        for (product, bias), h, c in zip(self.stacked, state[2::2], state[3::2], strict=True):
            after += _cell(product(tf.concat([after[-2], h], axis=1), bias), c)
        return tuple(after)

    def logits(self, state: State, bias: Any) -> Any:
        """Give float32[B, V] of the next token, with float32[V] or float32[B, V] added to them."""
        x = state[-2]
        for product, hidden_bias in self.hidden:
            x = tf.nn.relu(product(x, hidden_bias))
        return self.highest(x, bias)


class Stack(tf.Module):
    """LSTM layers and the dense ones on top of them, with the same cell on every device."""

    def __init__(self, model: keras.Model, lstm_product: ProductOf) -> None:
        """Take a Keras model's weights.

        Args:
            model: As `training.network` builds it.
            lstm_product: Multiplies the h of LSTM layers, which is -1 to 1, for other layers'
                gates; what leads to logits is small, and multiplied in float32.
        """
        super().__init__()
        lstm = [layer for layer in model.layers if isinstance(layer, keras.layers.LSTM)]
        dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
        self.units = [int(layer.units) for layer in lstm]
        embedding = model.get_layer("embedding").get_weights()[0]
        kernel, recurrent, bias = lstm[0].get_weights()
        # The lowest layer sees only V different inputs: their products are a table.
        self._inputs = _constant(embedding @ kernel + bias)
        self._recurrent = lstm_product(recurrent)
        weights = [layer.get_weights() for layer in lstm[1:]]
        # One product a step instead of two: a layer's two kernels on top of each other.
        self._stacked = [lstm_product(np.concatenate([k, r])) for k, r, _ in weights]
        self._stacked_bias = [_constant(bias) for _, _, bias in weights]
        self._dense = [Float32Product(layer.get_weights()[0]) for layer in dense]
        *self._hidden_bias, self.logits_bias = (
            _constant(layer.get_weights()[1]) for layer in dense
        )

    def laid_out(self) -> Reader:
        """Put the weights into the graph that is being built."""
        *hidden, highest = (product.laid_out() for product in self._dense)
        stacked = [product.laid_out() for product in self._stacked]
        return Reader(
            inputs=self._inputs,
            recurrent=self._recurrent.laid_out(),
            stacked=list(zip(stacked, self._stacked_bias, strict=True)),
            hidden=list(zip(hidden, self._hidden_bias, strict=True)),
            highest=highest,
        )


def _constant(values: Any) -> tf.Variable:
    return tf.Variable(np.asarray(values, np.float32), trainable=False)


def _cell(gates: Any, c: Any) -> tuple[Any, Any]:
    """Apply one LSTM cell to gates float32[B, 4U] in Keras's order: i, f, c, o."""
    i, f, candidate, o = tf.split(gates, 4, axis=1)
    c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(candidate)
    return tf.sigmoid(o) * tf.tanh(c), c
