"""A network's weights, copied from Keras for libraries with other layouts.

E is the width of the embedding, I the inputs and U the units of a layer, n the values of a field.
Gates are in Keras's order: i, f, c, o.
"""

from dataclasses import dataclass
from typing import Self

import keras
import numpy as np
from numpy.typing import NDArray

from training.network.network import field_sizes

Weights = NDArray[np.float32]
FILTERED_FIELD = 1  # the pitch, after the onset: only its values come from the nucleus


@dataclass(frozen=True, eq=False)
class LstmWeights:
    """One LSTM layer.

    Attributes:
        kernel: float32[I, 4U].
        recurrent: float32[U, 4U].
        bias: float32[4U].
    """

    kernel: Weights
    recurrent: Weights
    bias: Weights

    @property
    def units(self) -> int:
        """U."""
        return len(self.recurrent)


@dataclass(frozen=True, eq=False)
class DenseWeights:
    """One dense layer.

    Attributes:
        kernel: float32[I, U].
        bias: float32[U].
    """

    kernel: Weights
    bias: Weights


@dataclass(frozen=True, eq=False)
class FieldWeights:
    """The weights that predict a field after the first, from its hidden layer.

    Attributes:
        given: For each field before it, float32[n, E], the embeddings added to the hidden layer.
        logits: The layer with a unit for each value of the field.
    """

    given: tuple[Weights, ...]
    logits: DenseWeights


@dataclass(frozen=True, eq=False)
class NetworkWeights:
    """The whole network, bottom first.

    Attributes:
        embeddings: For each field, float32[n + 1, E]; the first row is for no value.
        lstm: One or more layers with the same number of units.
        dense: Layers with ReLU, perhaps none.
        top: The first field's logits and the other fields' hidden layers, concatenated.
        fields: The fields after the first.
    """

    embeddings: tuple[Weights, ...]
    lstm: tuple[LstmWeights, ...]
    dense: tuple[DenseWeights, ...]
    top: DenseWeights
    fields: tuple[FieldWeights, ...]

    @property
    def top_widths(self) -> list[int]:
        """The first field's number of values and the others' widths of hidden layers."""
        widths = [len(field.logits.kernel) for field in self.fields]
        return [len(self.top.bias) - sum(widths), *widths]

    @property
    def field_sizes(self) -> list[int]:
        """The number of values of each field."""
        return [self.top_widths[0], *(len(field.logits.bias) for field in self.fields)]

    @classmethod
    def of(cls, network: keras.Model) -> Self:
        """Copy them from a network of `training.network` without memory."""

        def dense(name: str) -> DenseWeights:
            return DenseWeights(*network.get_layer(name).get_weights())

        def table(name: str) -> Weights:
            weights: Weights = network.get_layer(name).get_weights()[0]
            return weights

        fields = range(len(field_sizes(network)))
        tops = [dense("logits_0"), *(dense(f"hidden_{f}") for f in fields[1:])]
        layers = [layer.name for layer in network.layers]
        return cls(
            embeddings=tuple(table(f"embedding_{f}") for f in fields),
            lstm=tuple(
                LstmWeights(*network.get_layer(name).get_weights())
                for name in layers
                if name.startswith("lstm_")
            ),
            dense=tuple(dense(name) for name in layers if name.startswith("dense_")),
            top=DenseWeights(
                np.concatenate([each.kernel for each in tops], axis=1),
                np.concatenate([each.bias for each in tops]),
            ),
            fields=tuple(
                FieldWeights(
                    tuple(table(f"given_{f}_{g}")[1:] for g in range(f)), dense(f"logits_{f}")
                )
                for f in fields[1:]
            ),
        )


def first_rows(weights: NetworkWeights) -> NDArray[np.int64]:
    """Return the first row of each field, int64[F], in a table of all embeddings."""
    sizes = [len(table) for table in weights.embeddings]
    return np.cumsum([0, *sizes[:-1]], dtype=np.int64)
