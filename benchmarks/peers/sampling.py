"""Sampling in NumPy, for networks that leave it to their caller."""

import numpy as np
from numpy.typing import NDArray


class Sampler:
    """Draws a token a row as the service does: grammar, temperature, nucleus.

    Top-k, which the service leaves off unless asked, is left out.
    """

    def __init__(self, followers: NDArray[np.bool_], temperature: float, top_p: float) -> None:
        """Draw only what may follow.

        Args:
            followers: bool[V, V], row by the token before, column by the token after.
            temperature: Above 0.
            top_p: Above 0, up to 1.
        """
        self._bias_after = np.where(followers, np.float32(0), np.float32(-1e9))
        self._heat = np.float32(1 / temperature)
        self._top_p = np.float32(top_p)

    def draw(
        self, logits: NDArray[np.float32], token: NDArray[np.int64], uniform: NDArray[np.float32]
    ) -> NDArray[np.int64]:
        """Draw the next tokens.

        Args:
            logits: float32[B, V].
            token: int64[B], the tokens before.
            uniform: float32[B] in [0, 1).

        Returns:
            int64[B].
        """
        scaled = (logits + self._bias_after[token]) * self._heat
        order = np.argsort(-scaled, axis=1)
        descending = np.take_along_axis(scaled, order, axis=1)
        probability = np.exp(descending - descending[:, :1])
        cumulative = np.cumsum(probability, axis=1)
        kept = cumulative - probability < self._top_p * cumulative[:, -1:]
        total = np.where(kept, probability, 0).sum(axis=1, keepdims=True)
        place = (cumulative <= uniform[:, None] * total).sum(axis=1, keepdims=True)
        # Rounding may put the place one behind those that are kept.
        place = np.minimum(place, kept.sum(axis=1, keepdims=True) - 1)
        drawn: NDArray[np.int64] = np.take_along_axis(order, place, axis=1)[:, 0]
        return drawn
