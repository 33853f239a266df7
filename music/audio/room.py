"""The echoes of a room, the same for every instrument."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from music.audio.filtering import FFT_SIZE, Filter
from music.audio.instrument import SAMPLE_RATE_HZ

ROOM_S = 1.3
_WET = 0.10

_Samples = NDArray[np.float32]


class Room:
    """A room in which a sound is played block by block."""

    def __init__(self) -> None:
        """Start in silence."""
        self._echoes = Filter(_spectrum())

    def around(self, block: _Samples) -> _Samples:
        """Add the echoes of this block, float32[2, BLOCK], and of those before it."""
        return block + self._echoes.filtered(block)


@lru_cache(maxsize=1)
def _spectrum() -> NDArray[np.complex64]:
    """Transform the room's impulse response: noise that decays, faster in the treble."""
    samples = round(ROOM_S * SAMPLE_RATE_HZ)
    seconds = np.arange(samples) / SAMPLE_RATE_HZ
    noise = np.random.default_rng(0).standard_normal((2, samples))
    dull = np.stack([np.convolve(side, np.hanning(24) / 12, "same") for side in noise])
    echoes = noise * np.exp(-seconds / 0.08) * 0.4 + dull * np.exp(-seconds / 0.22)
    echoes *= np.minimum(1, seconds / 0.012)  # the walls are some steps away
    echoes *= _WET / np.sqrt(np.square(echoes).sum(axis=1, keepdims=True)) * 3
    return np.fft.rfft(echoes.astype(np.float32), FFT_SIZE).astype(np.complex64, copy=False)
