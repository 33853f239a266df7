"""A network's weights, taken out of Keras for libraries that lay them out in their own ways.

E embedding, I inputs and U units of a layer, V vocabulary. Gates are in Keras's order: i, f, c, o.
"""

from dataclasses import dataclass
from typing import Self

import keras
import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float32]


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
class NetworkWeights:
    """The whole network, bottom first.

    Attributes:
        embedding: float32[V, E].
        lstm: One or more, of the same number of units.
        dense: With ReLU; perhaps none.
        logits: Of V units.
    """

    embedding: Weights
    lstm: tuple[LstmWeights, ...]
    dense: tuple[DenseWeights, ...]
    logits: DenseWeights

    @classmethod
    def of(cls, network: keras.Model) -> Self:
        """Take them from a network as `training.network` builds it."""
        layers = network.layers
        dense = [layer for layer in layers if isinstance(layer, keras.layers.Dense)]
        return cls(
            embedding=network.get_layer("embedding").get_weights()[0],
            lstm=tuple(
                LstmWeights(*layer.get_weights())
                for layer in layers
                if isinstance(layer, keras.layers.LSTM)
            ),
            dense=tuple(DenseWeights(*layer.get_weights()) for layer in dense[:-1]),
            logits=DenseWeights(*dense[-1].get_weights()),
        )
