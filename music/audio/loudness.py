"""Measures loudness and true peaks.

Source: ITU-R BS.1770-5: the K-weighting of annex 1, its gating, and the oversampling of annex 2.
EBU R 128 names the unit LUFS. The filters are given for 48 kHz; their analog prototypes, by which
they are computed for another rate, are those of libebur128.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import pi, tan

import numpy as np
from numpy.typing import NDArray

from music.audio.filtering import FFT_SIZE, Filter
from music.audio.instrument import SAMPLE_RATE_HZ, Sound
from music.audio.mixing import BLOCK

HOP = SAMPLE_RATE_HZ // 100  # samples between two measurements: 10 ms
_WINDOW, _STEP = 40, 10  # hops of a gating block, and between two of them
_OFFSET_DB = -0.691
_LOWEST_LUFS, _RELATIVE_LU = -70.0, -10.0  # the gates
_OVERSAMPLING, _TAPS = 4, 24

_Samples = NDArray[np.float32]
_PerHop = NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """A sound's levels in each hop of 10 ms.

    Attributes:
        power: float64[hops], the mean square of the K-weighted samples, both sides added.
        peak: float64[hops], the highest true peak of a side; 1 is full scale.
    """

    power: _PerHop
    peak: _PerHop


def measure(sound: Sound, checkpoint: Callable[[], object] = lambda: None) -> Measured:
    """Measure a sound, of which only a block is stored.

    Args:
        sound: Its blocks are read once.
        checkpoint: Called before each block; it may raise to end the work.
    """
    weighting = Filter(_k_weighting())
    powers, peaks, rest = [np.zeros(0)], [np.zeros(0)], np.zeros((2, 0))
    before = np.zeros((2, _TAPS), np.float32)
    for block in _whole_blocks(sound.blocks):
        checkpoint()
        power = np.square(weighting.filtered(block), dtype=np.float64).sum(axis=0)
        peak = _true_peaks(np.hstack([before, block]))
        before = block[:, -_TAPS:]
        levels = np.hstack([rest, np.stack([power, peak])])
        whole = levels.shape[1] // HOP * HOP
        hops, rest = levels[:, :whole].reshape(2, -1, HOP), levels[:, whole:]
        powers.append(hops[0].mean(axis=1))
        peaks.append(hops[1].max(axis=1, initial=0.0))
    count = -(-sound.samples // HOP)
    if rest.shape[1]:
        powers.append(rest[0].mean(keepdims=True))
        peaks.append(rest[1].max(keepdims=True))
    return Measured(np.concatenate(powers)[:count], np.concatenate(peaks)[:count])


def integrated_lufs(power: _PerHop) -> float:
    """Return the integrated loudness in LUFS; minus infinity for silence.

    Args:
        power: As in `Measured`; a sound shorter than 400 ms is one gating block.
    """
    if not len(power):
        return -np.inf
    windows = np.lib.stride_tricks.sliding_window_view(power, min(_WINDOW, len(power)))
    blocks = windows[::_STEP].mean(axis=1)
    blocks = blocks[blocks > _power_of(_LOWEST_LUFS)]
    if not len(blocks):
        return -np.inf
    loud = blocks[blocks > _power_of(_lufs(blocks.mean()) + _RELATIVE_LU)]
    return _lufs(loud.mean())


def _lufs(power: float) -> float:
    return float(_OFFSET_DB + 10 * np.log10(power))


def _power_of(lufs: float) -> float:
    return float(10 ** ((lufs - _OFFSET_DB) / 10))


def _whole_blocks(blocks: Iterable[_Samples]) -> Iterator[_Samples]:
    """Rearrange sound into float32[2, BLOCK], the last one followed by silence."""
    rest = np.zeros((0, 2), np.float32)
    for block in blocks:
        rest = np.concatenate([rest, block])
        while len(rest) >= BLOCK:
            yield rest[:BLOCK].T
            rest = rest[BLOCK:]
    if len(rest):
        yield np.pad(rest, ((0, BLOCK - len(rest)), (0, 0))).T


def _true_peaks(sound: _Samples) -> NDArray[np.float64]:
    """Return the peak at each of N samples, and between it and its neighbours: float64[N].

    Args:
        sound: float32[2, _TAPS + N]; the samples begin after half of the filter's length.
    """
    count = sound.shape[1] - _TAPS
    start = _TAPS // 2
    peaks: NDArray[np.float64] = np.abs(sound[:, start : start + count]).max(axis=0).astype(float)
    for phase in _phases():
        for side in sound:
            between = np.convolve(side, phase, "valid")[:count]
            np.maximum(peaks, np.abs(between), out=peaks)
    return peaks


@lru_cache(maxsize=1)
def _phases() -> list[NDArray[np.float32]]:
    """Compute the filters for the samples between two: windowed sincs of _TAPS samples."""
    filters = []
    for part in range(1, _OVERSAMPLING):
        distance = np.arange(_TAPS) - _TAPS // 2 + 1 - part / _OVERSAMPLING
        window = np.cos(pi * distance / _TAPS) ** 2
        filters.append((np.sinc(distance) * window)[::-1].astype(np.float32))
    return filters


@lru_cache(maxsize=1)
def _k_weighting() -> NDArray[np.complex64]:
    """Compute the spectrum of K-weighting: a shelf for the head, and a high-pass."""
    z = np.exp(-2j * pi * np.arange(FFT_SIZE // 2 + 1) / FFT_SIZE)
    powers = np.stack([np.ones_like(z), z, z**2])

    gain = 10 ** (3.999843853973347 / 20)
    k, q = tan(pi * 1681.974450955533 / SAMPLE_RATE_HZ), 0.7071752369554196
    middle = gain**0.4996667741545416
    numerator = [gain + middle * k / q + k**2, 2 * (k**2 - gain), gain - middle * k / q + k**2]
    denominator = [1 + k / q + k**2, 2 * (k**2 - 1), 1 - k / q + k**2]
    shelf = (np.array(numerator) @ powers) / (np.array(denominator) @ powers)

    k, q = tan(pi * 38.13547087602444 / SAMPLE_RATE_HZ), 0.5003270373238773
    scale = 1 + k / q + k**2
    denominator = [1, 2 * (k**2 - 1) / scale, (1 - k / q + k**2) / scale]
    high_pass = (np.array([1, -2, 1]) @ powers) / (np.array(denominator) @ powers)
    spectrum: NDArray[np.complex64] = (shelf * high_pass).astype(np.complex64)
    return spectrum
