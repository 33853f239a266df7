"""A trained network as decoder cells: they read one token per row and step, and predict the next.

B batch, F fields of a token, U an LSTM layer's units, W the top's. A state is h and c of every LSTM
layer, the lowest first, float32[B, U] each. A token is F rows of the table of inputs.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from music.codec.notetuple import ROLE_FIELD
from training.export.quantised_matmul import (
    EXACT,
    ConstantProduct,
    FineInt8Product,
    Float32Product,
    Int8Product,
    Multiply,
    Product,
    ProductOf,
)
from training.memory.candidates import CANDIDATES, KEY_WEIGHTS_SUM
from training.network.network import SIDES, field_sizes, has_memory, has_roles

# Key weights are multiples of 2**-10. Their products with multiples of its inverse, and the sums of
# those up to 2**4, fit into a float: they are the same in any order.
_KEY_EXACT = 1 << 10
_MOST_PROBABILITIES = 1 << 20  # of a row

State = tuple[Any, ...]


class MemoryInputs(NamedTuple):
    """The memory's inputs, with C candidates per row.

    Attributes:
        place: int32[B, 1], the last onset's position in its bar.
        bar: int32[B, 1], the length of that bar.
        candidates: int32[B, F, C], values; -1 for no candidate.
        evidence: int32[B, C].
        key_weights: float32[B, 24].
        line_up: float32[B, R], 1 for every role of a band; () for a piano.
    """

    place: Any
    bar: Any
    candidates: Any
    evidence: Any
    key_weights: Any
    line_up: Any


class NextOnset(NamedTuple):
    """Inputs that depend on the next onset, once it is sampled.

    Attributes:
        place: int32[B, 1], the next onset's position in its bar.
        sounding: float32[B, 176], as from `training.memory.context.sounding`.
        role_pitch: int32[B, 1], for bands the key that the next note's role struck last, counted
            from 1; () for a piano, and before the role is sampled.
    """

    place: Any
    sounding: Any
    role_pitch: Any = ()


class Predictors(NamedTuple):
    """The state's contribution to the logits of the next token's fields.

    Attributes:
        first: float32[B, n], the first field's logits.
        hidden: For each other field, float32[B, E], from the state only.
        candidates: For each field int32[B, C], as in `MemoryInputs`; () without memory.
    """

    first: Any
    hidden: Sequence[Any]
    candidates: Any


@dataclass(frozen=True)
class _Context:
    """The weights of a network with memory inside a graph; each of the two sides has width E.

    Attributes:
        table: float32[rows, 2E], the addends of each number to the LSTM's input and output.
        first_rows: int32[2 + 4C], the first row of each number in the table.
        key: float32[24, 2E].
        read: The lowest LSTM layer's product with the addends to its input.
        sounding: The product of the sounding keys with the hidden layers of all fields but the
            first, and its bias.
        line_up: float32[R, 2E]; None for a piano.
        role_pitch: For each field after the role, float32[89, E]; empty for a piano.
        next_place: For each field but the first, float32[PLACES, E].
        agree: For each field but the first, float32[2**C, E], by which candidates agree.
    """

    table: Any
    first_rows: NDArray[np.int32]
    key: Any
    read: Multiply
    sounding: tuple[Multiply, Any]
    line_up: Any
    role_pitch: Sequence[Any]
    next_place: Sequence[Any]
    agree: Sequence[Any]

    def both_sides(self, known: MemoryInputs) -> tuple[Any, Any]:
        """Return the addends to the LSTM's input and output, float32[B, E] each."""
        candidates = tf.reshape(known.candidates, [-1, np.prod(known.candidates.shape[1:])])
        rows = tf.concat([known.place, known.bar, known.evidence, candidates], axis=1)
        added = tf.gather(self.table, rows + self.first_rows)
        both = tf.reduce_sum(added, axis=1) + known.key_weights @ self.key
        if self.line_up is not None:
            both += known.line_up @ self.line_up
        read, memory_features = tf.split(both, 2, axis=1)
        return read, tf.tanh(memory_features)


@dataclass(frozen=True)
class Reader:
    """The weights inside a graph, shared by all steps there.

    Attributes:
        inputs: float32[rows, 4U], the addends of each value of each field to the lowest layer's
            gates.
        recurrent: The lowest layer's product with its own h.
        stacked: The other layers' products with the h below and their own, and their biases.
        dense: The dense layers between LSTM and logits, and their biases.
        top: One product for the first field's logits and the other fields' hidden layers,
            concatenated; and its bias.
        top_widths: The widths of those parts.
        given: For each field but the first, the addends of the values of every earlier field to
            its hidden layer.
        logits: For each field but the first, the product for its logits, and the bias.
        context: None without memory.
        field_sizes: How many values each field has.
    """

    inputs: Any
    recurrent: Multiply
    stacked: Sequence[tuple[Multiply, Any]]
    dense: Sequence[tuple[Multiply, Any]]
    top: tuple[Multiply, Any]
    top_widths: Sequence[int]
    given: Sequence[Sequence[Any]]
    logits: Sequence[tuple[Multiply, Any]]
    context: _Context | None
    field_sizes: tuple[int, ...]

    def read(self, rows: Any, known: MemoryInputs | None, state: State) -> tuple[State, Predictors]:
        """Read one token of each song.

        Args:
            rows: int32[B, F].
            known: The memory's inputs after reading it; None without memory.
            state: The state of the LSTM layers before it.

        Returns:
            The new state, and the predictors of the next token.
        """
        inputs, memory_features = self.inputs_of(rows, known)
        after = self.step(inputs, state)
        return after, self.predictors(after[-2], memory_features, known)

    def inputs_of(self, rows: Any, known: MemoryInputs | None) -> tuple[Any, Any]:
        """Compute what tokens and memory contribute, which depends on no state.

        Args:
            rows: int32[B, F].
            known: As `read` takes it.

        Returns:
            The addends to the lowest layer's gates, float32[B, 4U], and the memory's contribution
            to the output, float32[B, E]; None without memory.
        """
        inputs = tf.reduce_sum(tf.gather(self.inputs, rows), axis=1)
        if self.context is None or known is None:
            return inputs, None
        read, memory_features = self.context.both_sides(known)
        return self.context.read(read, inputs), memory_features

    def step(self, inputs: Any, state: State) -> State:
        """Take one step of the LSTM layers from the addends to the lowest one's gates."""
        after = [*_cell(self.recurrent(state[0], inputs), state[1])]
        for (product, bias), h, c in zip(self.stacked, state[2::2], state[3::2], strict=True):
            after += _cell(product(tf.concat([after[-2], h], axis=1), bias), c)
        return tuple(after)

    def predictors(self, x: Any, memory_features: Any, known: MemoryInputs | None) -> Predictors:
        """Return the predictors of the next token from the top layer's h, float32[B, W]."""
        for product, bias in self.dense:
            x = tf.nn.relu(product(x, bias))
        if memory_features is not None:
            x = tf.concat([x, memory_features], axis=1)
        product, bias = self.top
        first, *hidden = tf.split(product(x, bias), self.top_widths, axis=1)
        candidates = () if known is None else tf.unstack(known.candidates, axis=1)
        return Predictors(self._with_copies(0, first, candidates, None), hidden, candidates)

    def next_onset(self, next_onset: NextOnset) -> list[Any]:
        """Return the addends of the next onset to the hidden layers: float32[B, E] each."""
        assert self.context is not None
        product, bias = self.context.sounding
        sounding = tf.split(
            product(next_onset.sounding, bias), len(self.context.next_place), axis=1
        )
        place = tf.squeeze(next_onset.place, axis=1)
        places = [tf.gather(table, place) for table in self.context.next_place]
        added = [sum(both) for both in zip(sounding, places, strict=True)]
        if isinstance(next_onset.role_pitch, tuple):
            return added
        return self.of_role(added, next_onset.role_pitch)

    def of_role(self, next_onset: Sequence[Any], role_pitch: Any) -> list[Any]:
        """Add what the next note's role struck last to the addends that `next_onset` returns.

        Args:
            next_onset: float32[B, E] for each field but the first, of which that is the role.
            role_pitch: int32[B, 1], as in `NextOnset`.
        """
        assert self.context is not None
        struck = tf.squeeze(role_pitch, axis=1)
        role, *later = next_onset
        return [
            role,
            *(
                added + tf.gather(table, struck)
                for added, table in zip(later, self.context.role_pitch, strict=True)
            ),
        ]

    def field_logits(
        self, field: int, predictors: Predictors, values: Sequence[Any], next_onset: Sequence[Any]
    ) -> Any:
        """Return the logits of a field after the first.

        Args:
            field: The index of the field.
            predictors: As `read` returns them.
            values: int32[B, 1] of each field before it.
            next_onset: As `next_onset` returns it; empty without memory.
        """
        hidden = predictors.hidden[field - 1]
        for table, value in zip(self.given[field - 1], values, strict=True):
            hidden += tf.gather(table, tf.squeeze(value, axis=1))
        agree = None
        if self.context is not None:
            agree = _agree(predictors.candidates, values)
            pattern = tf.reduce_sum(agree * (2 ** np.arange(agree.shape[1])), axis=1)
            hidden += next_onset[field - 1] + tf.gather(self.context.agree[field - 1], pattern)
        product, bias = self.logits[field - 1]
        return self._with_copies(
            field, product(tf.tanh(hidden), bias), predictors.candidates, agree
        )

    def _with_copies(self, field: int, head: Any, candidates: Any, agree: Any) -> Any:
        """Add the trust in the candidates that agree so far to the logits of their values.

        Args:
            field: The index of the field.
            head: float32[B, n] logits, followed by float32[B, C] trust with memory.
            candidates: As in `Predictors`.
            agree: int32[B, C], 1 for those that agree; None for the first field, where all do.
        """
        if self.context is None:
            return head
        trusted = int(candidates[field].shape[1])
        logits, trust = tf.split(head, [int(head.shape[1]) - trusted, trusted], axis=1)
        if agree is not None:
            trust *= tf.cast(agree, tf.float32)
        own = tf.one_hot(candidates[field], logits.shape[1])
        return logits + tf.reduce_sum(own * trust[:, :, None], axis=1)

    def distribution(
        self,
        predictors: Predictors,
        next_onset_of: Callable[[Any], NextOnset] | None,
        role_pitch_of: Callable[[Any, Any], Any] | None = None,
    ) -> Any:
        """Return the probability of every token, float32[B, product of the fields' sizes].

        The last fields are left out as far as `probable_values` leaves them out.

        Args:
            predictors: As `read` returns them.
            next_onset_of: With memory, maps int32[B * n, 1], the first fields of rows b * n + v, to
                the inputs that depend on the next onset.
            role_pitch_of: For bands, maps the first and the second fields of such rows to the key
                that the role struck last.
        """
        likely = tf.nn.softmax(predictors.first)
        batch, tokens = tf.shape(likely)[0], int(predictors.first.shape[1])
        size = tokens
        values: list[Any] = []
        next_onset: list[Any] = []
        for f, following in enumerate(self.field_sizes[1:], start=1):
            if tokens == probable_values(self.field_sizes):
                break
            values = [tf.repeat(value, size, axis=0) for value in values]
            values.append(tf.tile(tf.range(size)[:, None], [tf.size(likely) // size, 1]))
            predictors, next_onset = tf.nest.map_structure(
                lambda part, times=size: tf.repeat(part, times, axis=0), (predictors, next_onset)
            )
            if f == 1 and next_onset_of is not None:
                next_onset = self.next_onset(next_onset_of(values[0]))
            if f == ROLE_FIELD + 1 and role_pitch_of is not None:
                next_onset = self.of_role(next_onset, role_pitch_of(values[0], values[1]))
            share = tf.nn.softmax(self.field_logits(f, predictors, values, next_onset))
            size = following
            tokens *= size
            likely = tf.reshape(likely, [-1, 1]) * share
        return tf.reshape(likely, [batch, tokens])


def probable_values(field_sizes: Sequence[int]) -> int:
    """Count the values of fields together: of the first ones, as many as give not too many."""
    count = 1
    for size in field_sizes:
        if count * size > _MOST_PROBABILITIES:
            break
        count *= size
    return count


class Stack(tf.Module):
    """The LSTM layers and the layers that predict a token; the same cell on every device."""

    def __init__(self, model: keras.Model, product_of: ProductOf) -> None:
        """Take a Keras model's weights.

        Args:
            model: As `training.network` builds it.
            product_of: Multiplies rows between -1 and 1: the h of LSTM layers, and other inputs.
                The products for the logits of most fields are small, and use float32.
        """
        super().__init__()
        self.field_sizes = field_sizes(model)
        self.has_memory = has_memory(model)
        fields = range(len(self.field_sizes))
        lstm = [layer for layer in model.layers if isinstance(layer, keras.layers.LSTM)]
        self.units = [int(layer.units) for layer in lstm]
        kernel, recurrent, bias = lstm[0].get_weights()
        # The lowest layer sees few different tokens: their products are a table.
        tables = [_weights(model, f"embedding_{f}")[0] @ kernel for f in fields]
        tables[0] += bias
        self._inputs = _constant(np.rint(np.concatenate(tables) * EXACT) / EXACT)
        self._recurrent = product_of(recurrent)
        weights = [layer.get_weights() for layer in lstm[1:]]
        # One product a step instead of two: a layer's two kernels on top of each other.
        self._stacked = [product_of(np.concatenate([k, r])) for k, r, _ in weights]
        self._stacked_bias = [_constant(bias) for _, _, bias in weights]
        dense = [_weights(model, layer.name) for layer in model.layers if _is_between(layer)]
        self._dense = [_Affine(each) for each in dense]
        tops = [self._head(model, 0), *(_weights(model, f"hidden_{f}") for f in fields[1:])]
        top = [np.concatenate(parts, axis=-1) for parts in zip(*tops, strict=True)]
        # The outputs of dense layers have no bound.
        self._top = _Affine(top, Float32Product if dense else product_of)
        self._top_widths = [len(bias) for _, bias in tops]
        # Row 0 of these tables stands for no value, which is never given.
        self._given = [
            [_constant(_weights(model, f"given_{f}_{g}")[0][1:]) for g in range(f)]
            for f in fields[1:]
        ]
        self._logits = [_Affine(self._head(model, f), ConstantProduct) for f in fields[1:]]
        self._context = _ContextWeights(model, kernel, product_of) if self.has_memory else None

    def _head(self, model: keras.Model, field: int) -> list[NDArray[np.float32]]:
        """Return kernel and bias of a field's logits and, with memory, of the candidates' trust."""
        logits = _weights(model, f"logits_{field}")
        if not self.has_memory:
            return logits
        trust = _weights(model, f"trust_{field}")
        return [np.concatenate(both, axis=-1) for both in zip(logits, trust, strict=True)]

    def laid_out(self) -> Reader:
        """Read the weights in the graph that is being built, for it and for loops in it."""
        stacked = [product.laid_out() for product in self._stacked]
        return Reader(
            inputs=tf.convert_to_tensor(self._inputs),
            recurrent=self._recurrent.laid_out(),
            stacked=list(zip(stacked, _read(self._stacked_bias), strict=True)),
            dense=[affine.laid_out() for affine in self._dense],
            top=self._top.laid_out(),
            top_widths=self._top_widths,
            given=[_read(tables) for tables in self._given],
            logits=[affine.laid_out() for affine in self._logits],
            context=self._context.laid_out() if self._context is not None else None,
            field_sizes=self.field_sizes,
        )


class _ContextWeights(tf.Module):
    """The weights of the memory's inputs."""

    def __init__(
        self, model: keras.Model, lstm_kernel: NDArray[np.float32], product_of: ProductOf
    ) -> None:
        super().__init__()
        fields = range(1, len(field_sizes(model)))
        candidates = [
            f"candidate_{c}_{f}" for f in range(len(fields) + 1) for c in range(CANDIDATES)
        ]
        names = ["place", "bar", *(f"evidence_{c}" for c in range(CANDIDATES)), *candidates]
        tables = [_both_sides(model, name) for name in names]
        self._table = _constant(np.rint(np.concatenate(tables) * EXACT) / EXACT)
        first_rows = np.cumsum([0, *map(len, tables[:-1])])
        first_rows[-len(candidates) :] += 1  # row 0 is for no candidate, which is -1
        self._first_rows = first_rows.astype(np.int32)
        key = np.rint(_both_sides(model, "key") * _KEY_EXACT) / _KEY_EXACT
        self._key = _constant(key)
        line_up = None
        self._role_pitch: list[tf.Variable] = []
        if has_roles(field_sizes(model)):
            line_up = np.rint(_both_sides(model, "line_up") * EXACT) / EXACT
            self._role_pitch = [
                _constant(_weights(model, f"role_pitch_{f}")[0]) for f in fields[1:]
            ]
        self._line_up = None if line_up is None else _constant(line_up)
        self._read: Product = Float32Product(lstm_kernel)
        if product_of is Int8Product:
            units = lstm_kernel.shape[0]
            largest = sum(np.abs(table[:, :units]).max(axis=0) for table in tables)
            largest += KEY_WEIGHTS_SUM * np.abs(key[:, :units]).reshape(-1, 12, units).max(1).sum(0)
            if line_up is not None:
                largest += np.abs(line_up[:, :units]).sum(axis=0)
            self._read = FineInt8Product(lstm_kernel, float(largest.max()))
        sounding = np.concatenate([_weights(model, f"sounding_{f}")[0] for f in fields], axis=1)
        no_bias = np.zeros(sounding.shape[1], np.float32)
        self._sounding = _Affine([sounding, no_bias], product_of)
        self._next_place = [_constant(_weights(model, f"next_place_{f}")[0]) for f in fields]
        patterns = np.arange(2**CANDIDATES)[:, None] >> np.arange(CANDIDATES) & 1
        self._agree = [_constant(patterns @ _weights(model, f"agree_{f}")[0]) for f in fields]

    def laid_out(self) -> _Context:
        return _Context(
            table=tf.convert_to_tensor(self._table),
            first_rows=self._first_rows,
            key=tf.convert_to_tensor(self._key),
            read=self._read.laid_out(),
            sounding=self._sounding.laid_out(),
            line_up=None if self._line_up is None else tf.convert_to_tensor(self._line_up),
            role_pitch=_read(self._role_pitch),
            next_place=_read(self._next_place),
            agree=_read(self._agree),
        )


def _both_sides(model: keras.Model, name: str) -> NDArray[np.float32]:
    return np.concatenate([_weights(model, f"{side}_{name}")[0] for side in SIDES], axis=1)


def _agree(candidates: Sequence[Any], values: Sequence[Any]) -> Any:
    """Return which candidates, for each field int32[B, C], have a token's values: int32[B, C]."""
    same = [tf.equal(candidates[f], value) for f, value in enumerate(values)]
    return tf.cast(functools.reduce(tf.logical_and, same), tf.int32)


class _Affine(tf.Module):
    """A kernel and a bias."""

    def __init__(
        self,
        kernel_and_bias: Sequence[NDArray[np.float32]],
        product_of: ProductOf = Float32Product,
    ) -> None:
        super().__init__()
        kernel, bias = kernel_and_bias
        self._product = product_of(kernel)
        self._bias = _constant(bias)

    def laid_out(self) -> tuple[Multiply, Any]:
        return self._product.laid_out(), tf.convert_to_tensor(self._bias)


def _weights(model: keras.Model, name: str) -> list[NDArray[np.float32]]:
    weights: list[NDArray[np.float32]] = model.get_layer(name).get_weights()
    return weights


def _is_between(layer: keras.layers.Layer) -> bool:
    return str(layer.name).startswith("dense_")


def _read(variables: Sequence[tf.Variable]) -> list[Any]:
    return [tf.convert_to_tensor(each) for each in variables]


def _constant(values: Any) -> tf.Variable:
    return tf.Variable(np.asarray(values, np.float32), trainable=False)


def _cell(gates: Any, c: Any) -> tuple[Any, Any]:
    """Apply one LSTM cell to gates float32[B, 4U] in Keras's order: i, f, c, o."""
    i, f, candidate, o = tf.split(gates, 4, axis=1)
    c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(candidate)
    return tf.sigmoid(o) * tf.tanh(c), c
