"""The interface of a peer: another library that runs our network and samples from it.

T is time, B the batch size, F the number of fields of a token, L of the values of all fields.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


class Peer(Protocol):
    """A network of another library, with its sampling, which is the service's.

    It samples field by field, with temperature and, for pitches, top-p. There is no top-k, which
    the service does not use by default.

    Attributes:
        name: The library, its way if it has several, and the weights.
        library: The library.
        weights: FLOAT32 or INT8, as `training.export.quantised_matmul` has them.
        threads: The threads of an operation.
    """

    name: str
    library: str
    weights: str
    threads: int

    def sample(self, uniform: Floats) -> Integers:
        """Sample songs from an empty state.

        Args:
            uniform: float32[T, B, F] in [0, 1), a number for every field of every token.

        Returns:
            int64[T, B, F], the values.
        """
        ...

    def sample_with_logits(self, uniform: Floats) -> tuple[Integers, Floats]:
        """Sample the same songs; returns also the logits of every step, float32[T, B, L]."""
        ...
