"""A trained network's weights, laid out to read one token a row at a time and to foretell the next.

B batch, F fields of a token, U an LSTM layer's units, W the top's. A state is h and c of every LSTM
layer, the lowest first, float32[B, U] each. A token is F rows of the table of inputs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.network import field_sizes
from training.products import Float32Product, Multiply, ProductOf

State = tuple[Any, ...]


@dataclass(frozen=True)
class Reader:
    """The weights inside of a graph: whatever reads more than one token there shares them.

    Attributes:
        inputs: float32[rows, 4U], what each value of each field adds to the lowest layer's gates.
        recurrent: The lowest layer's product with its own h.
        stacked: The other layers' products with the h below and their own, and their biases.
        dense: The dense layers between LSTM and logits, and their biases.
        top: One product for all that is made of what lies below: the first field's logits and the
            other fields' hidden layers, side by side; and its bias.
        top_widths: Of those parts.
        given: For each field but the first, what the values of every field before it add to its
            hidden layer.
        logits: For each field but the first, the product that gives its logits, and the bias.
    """

    inputs: Any
    recurrent: Multiply
    stacked: Sequence[tuple[Multiply, Any]]
    dense: Sequence[tuple[Multiply, Any]]
    top: tuple[Multiply, Any]
    top_widths: Sequence[int]
    given: Sequence[Sequence[Any]]
    logits: Sequence[tuple[Multiply, Any]]

    def read(self, rows: Any, state: State) -> State:
        """Read one token of each song, int32[B, F]; gives the new state."""
        inputs = tf.reduce_sum(tf.gather(self.inputs, rows), axis=1)
        after = [*_cell(self.recurrent(state[0], inputs), state[1])]
        for (product, bias), h, c in zip(self.stacked, state[2::2], state[3::2], strict=True):
            after += _cell(product(tf.concat([after[-2], h], axis=1), bias), c)
        return tuple(after)

    def foretold(self, state: State) -> list[Any]:
        """Give the first field's logits, and the other fields' hidden layers by the state alone."""
        x = state[-2]
        for product, bias in self.dense:
            x = tf.nn.relu(product(x, bias))
        product, bias = self.top
        parts: list[Any] = tf.split(product(x, bias), self.top_widths, axis=1)
        return parts

    def field_logits(self, field: int, hidden: Any, values: Sequence[Any]) -> Any:
        """Give a field's logits, knowing the values int32[B] of those before it."""
        for table, value in zip(self.given[field - 1], values, strict=True):
            hidden += tf.gather(table, value)
        product, bias = self.logits[field - 1]
        return product(tf.tanh(hidden), bias)

    def distribution(self, state: State) -> Any:
        """Give how likely every token is, float32[B, product of the fields' sizes]."""
        field_logits, *hidden = self.foretold(state)
        likely = tf.nn.softmax(field_logits)
        for f, below in enumerate(hidden, start=1):
            added = tf.zeros((1, below.shape[-1]))  # by the values before, all of them
            for table in self.given[f - 1]:
                added = tf.reshape(added[:, None] + table[None], (-1, below.shape[-1]))
            product, bias = self.logits[f - 1]
            each = tf.tanh(below[:, None] + added[None])
            logits = product(tf.reshape(each, (-1, below.shape[-1])), bias)
            share = tf.nn.softmax(tf.reshape(logits, (-1, added.shape[0], logits.shape[-1])))
            likely = tf.reshape(likely[:, :, None] * share, (-1, added.shape[0] * share.shape[-1]))
        return likely


class Stack(tf.Module):
    """LSTM layers and what foretells a token on top of them; the same cell on every device."""

    def __init__(self, model: keras.Model, lstm_product: ProductOf) -> None:
        """Take a Keras model's weights.

        Args:
            model: As `training.network` builds it.
            lstm_product: Multiplies the h of LSTM layers, which is -1 to 1, for other layers'
                gates; what leads to logits is small, and multiplied in float32.
        """
        super().__init__()
        self.field_sizes = field_sizes(model)
        fields = range(len(self.field_sizes))
        lstm = [layer for layer in model.layers if isinstance(layer, keras.layers.LSTM)]
        self.units = [int(layer.units) for layer in lstm]
        kernel, recurrent, bias = lstm[0].get_weights()
        # The lowest layer sees few different inputs: their products are a table.
        tables = [_weights(model, f"embedding_{f}")[0] @ kernel for f in fields]
        tables[0] += bias
        self._inputs = _constant(np.concatenate(tables))
        self._recurrent = lstm_product(recurrent)
        weights = [layer.get_weights() for layer in lstm[1:]]
        # One product a step instead of two: a layer's two kernels on top of each other.
        self._stacked = [lstm_product(np.concatenate([k, r])) for k, r, _ in weights]
        self._stacked_bias = [_constant(bias) for _, _, bias in weights]
        dense = [_weights(model, layer.name) for layer in model.layers if _is_between(layer)]
        self._dense = [_Affine(*each) for each in dense]
        tops = [_weights(model, "logits_0"), *(_weights(model, f"hidden_{f}") for f in fields[1:])]
        self._top = _Affine(*(np.concatenate(parts, axis=-1) for parts in zip(*tops, strict=True)))
        self._top_widths = [len(bias) for _, bias in tops]
        # Row 0 of these tables stands for no value, which is never given.
        self._given = [
            [_constant(_weights(model, f"given_{f}_{g}")[0][1:]) for g in range(f)]
            for f in fields[1:]
        ]
        self._logits = [_Affine(*_weights(model, f"logits_{f}")) for f in fields[1:]]

    def laid_out(self) -> Reader:
        """Put the weights into the graph that is being built."""
        stacked = [product.laid_out() for product in self._stacked]
        return Reader(
            inputs=self._inputs,
            recurrent=self._recurrent.laid_out(),
            stacked=list(zip(stacked, self._stacked_bias, strict=True)),
            dense=[affine.laid_out() for affine in self._dense],
            top=self._top.laid_out(),
            top_widths=self._top_widths,
            given=self._given,
            logits=[affine.laid_out() for affine in self._logits],
        )


class _Affine(tf.Module):
    """A kernel and a bias."""

    def __init__(self, kernel: NDArray[np.float32], bias: NDArray[np.float32]) -> None:
        super().__init__()
        self._product = Float32Product(kernel)
        self._bias = _constant(bias)

    def laid_out(self) -> tuple[Multiply, Any]:
        return self._product.laid_out(), self._bias


def _weights(model: keras.Model, name: str) -> list[NDArray[np.float32]]:
    weights: list[NDArray[np.float32]] = model.get_layer(name).get_weights()
    return weights


def _is_between(layer: keras.layers.Layer) -> bool:
    return str(layer.name).startswith("dense_")


def _constant(values: Any) -> tf.Variable:
    return tf.Variable(np.asarray(values, np.float32), trainable=False)


def _cell(gates: Any, c: Any) -> tuple[Any, Any]:
    """Apply one LSTM cell to gates float32[B, 4U] in Keras's order: i, f, c, o."""
    i, f, candidate, o = tf.split(gates, 4, axis=1)
    c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(candidate)
    return tf.sigmoid(o) * tf.tanh(c), c
