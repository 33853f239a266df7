"""Filters a sound block by block, by its spectrum."""

import numpy as np
from numpy.typing import NDArray

from music.audio.mixing import BLOCK

FFT_SIZE = 1 << 17  # for a block and what the filter adds after it; it has only small factors

_Samples = NDArray[np.float32]


class Filter:
    """A linear filter, whose response to a block ends with the next block."""

    def __init__(self, spectrum: NDArray[np.complex64]) -> None:
        """Start with silence.

        Args:
            spectrum: Of its response, complex64[FFT_SIZE // 2 + 1].
        """
        self._spectrum = spectrum
        self._ahead = np.zeros((2, FFT_SIZE - BLOCK), np.float32)

    def filtered(self, block: _Samples) -> _Samples:
        """Filter the next block: float32[2, BLOCK]."""
        whole = np.fft.irfft(np.fft.rfft(block, FFT_SIZE) * self._spectrum, FFT_SIZE)
        whole[:, : FFT_SIZE - BLOCK] += self._ahead
        self._ahead = whole[:, BLOCK:].astype(np.float32)
        return whole[:, :BLOCK].astype(np.float32)
