"""What a peer does, and the loop around it."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.sampling import Sampler
from music.codec import BOS


class Peer(Protocol):
    """A library's own network, a step at a time, its state kept in its own form."""

    name: str

    def begin(self, batch: int) -> Any:
        """Give the state of a network that has read nothing."""
        ...

    def step(self, token: NDArray[np.int64], state: Any) -> tuple[NDArray[np.float32], Any]:
        """Read one token a row.

        Args:
            token: int64[B].
            state: As the step before gave it.

        Returns:
            Logits float32[B, V] of the next token, and the new state.
        """
        ...


def draw(peer: Peer, sampler: Sampler, uniform: NDArray[np.float32]) -> NDArray[np.int64]:
    """Draw songs.

    Args:
        peer: The network.
        sampler: Draws from its logits.
        uniform: float32[T, B] in [0, 1), a number for every token.

    Returns:
        int64[T, B].
    """
    token = np.full(uniform.shape[1], BOS, np.int64)
    state = peer.begin(len(token))
    songs = np.empty(uniform.shape, np.int64)
    for t, numbers in enumerate(uniform):
        logits, state = peer.step(token, state)
        songs[t] = token = sampler.draw(logits, token, numbers)
    return songs


def logits_of(peer: Peer, tokens: NDArray[np.int64]) -> NDArray[np.float32]:
    """Read int64[B, T] step by step; gives float32[B, T, V]."""
    state, logits = peer.begin(len(tokens)), []
    for token in tokens.T:
        logit, state = peer.step(np.ascontiguousarray(token), state)
        logits.append(logit.copy())
    return np.stack(logits, axis=1)
