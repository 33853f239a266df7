"""The interface of a peer, and the sampling loop around it.

B is the batch size, T time, F the number of fields of a token, W the width of a network's top: the
first field's logits and the other fields' hidden layers.
"""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.sampling import Fields, Sampler


class Peer(Protocol):
    """A network of another library, which runs step by step and keeps the state in its own form."""

    name: str

    def begin(self, batch: int) -> Any:
        """Return the state of a network that has read nothing."""
        ...

    def step(self, token: NDArray[np.int64], state: Any) -> tuple[NDArray[np.float32], Any]:
        """Read one token per row.

        Args:
            token: int64[B, F], for each field the index of its value plus 1, or 0 for no value.
            state: The state from the previous step.

        Returns:
            float32[B, W], and the new state.
        """
        ...


def sample(peer: Peer, sampler: Sampler, uniform: NDArray[np.float32]) -> NDArray[np.int64]:
    """Sample songs.

    Args:
        peer: The network.
        sampler: Samples from its predictions.
        uniform: float32[T, B, F] in [0, 1), a number for every field of every token.

    Returns:
        int64[T, B, F], the values.
    """
    state = peer.begin(uniform.shape[1])
    token = np.zeros(uniform.shape[1:], np.int64)
    songs = np.empty(uniform.shape, np.int64)
    for t, numbers in enumerate(uniform):
        top, state = peer.step(token, state)
        songs[t] = sampler.sample(top, numbers)
        token = songs[t] + 1
    return songs


def logits_of(peer: Peer, fields: Fields, songs: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the logits float32[B, T, all values] of songs int64[B, T, F], from an empty state."""
    state, steps = peer.begin(len(songs)), []
    token = np.zeros_like(songs[:, 0])
    for values in np.moveaxis(songs, 1, 0):
        top, state = peer.step(token, state)
        logits, *hidden = fields.split(top.copy())
        given = list(values.T)
        others = [fields.logits(f, below, given[:f]) for f, below in enumerate(hidden, start=1)]
        steps.append(np.concatenate([logits, *others], axis=1))
        token = values + 1
    return np.stack(steps, axis=1)
