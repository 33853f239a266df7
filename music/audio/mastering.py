"""Gives a song its loudness: one gain for all of it, and a limiter for its peaks.

-16 LUFS leaves room for the peaks of most music. The whole sound is known before any of it is sent,
so the limiter turns down before a peak comes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from music.audio.instrument import Repeatable, Sound
from music.audio.looping import SampleLoop
from music.audio.loudness import HOP, Measured, integrated_lufs, measure

TARGET_LUFS = -16.0
HIGHEST_PEAK_DBTP = -1.0
_CEILING = 10 ** ((HIGHEST_PEAK_DBTP - 0.1) / 20)  # a margin for peaks between measured ones
_SLOPE = 16  # hops in which the limiter's gain falls before a peak, and in which it rises after it
_ROUNDS = 12  # the limiter makes a sound quieter, so the gain is corrected
_ENOUGH_LU = 0.05
_QUIETEST_LUFS = -60.0  # noise and silence are not amplified to the target

_PerHop = NDArray[np.float64]


@dataclass(frozen=True)
class Mastering:
    """The gain of a song over time, linear between some samples.

    Attributes:
        samples: int64[N], ascending.
        gains: float64[N], the gain at each.
    """

    samples: NDArray[np.int64]
    gains: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        sound: Sound,
        loop: SampleLoop | None = None,
        checkpoint: Callable[[], object] = lambda: None,
    ) -> Self:
        """Measure a sound and decide its gain.

        Args:
            sound: Its blocks are read once.
            loop: The part that is repeated; the gain at its end is that at its start.
            checkpoint: Called before each block; it may raise to end the work.
        """
        measured = measure(sound, checkpoint)
        gains = _gains(measured, None if loop is None else round(loop.start / HOP))
        places = np.minimum(np.arange(len(gains)) * HOP, sound.samples)
        if loop is not None:
            gains[-1] = np.interp(loop.start, places, gains)
        return cls(places, gains)

    def applied_to(self, sound: Sound) -> Sound:
        """Return a sound with this gain: the measured one, or a part of it."""
        return Sound(sound.samples, Repeatable(lambda: self._applied_to(sound)))

    def _applied_to(self, sound: Sound) -> Iterator[NDArray[np.float32]]:
        at = 0
        for block in sound.blocks:
            gain = np.interp(np.arange(at, at + len(block)), self.samples, self.gains)
            yield block * gain.astype(np.float32)[:, None]
            at += len(block)


def _gains(measured: Measured, loop_hop: int | None) -> _PerHop:
    """Return the gain at the start of each hop and at the end of the last: float64[hops + 1]."""
    loudness = integrated_lufs(measured.power)
    if loudness < _QUIETEST_LUFS:
        return np.ones(len(measured.power) + 1)
    gain = 1.0
    limited = np.ones(len(measured.power) + 1)
    for _ in range(_ROUNDS):
        gain *= 10 ** ((TARGET_LUFS - loudness) / 20)
        limited = _limited(gain * measured.peak, loop_hop)
        of_hop = gain * (limited[:-1] + limited[1:]) / 2
        loudness = integrated_lufs(measured.power * of_hop**2)
        if abs(loudness - TARGET_LUFS) < _ENOUGH_LU:
            break
    return gain * limited


def _limited(peak: _PerHop, loop_hop: int | None) -> _PerHop:
    """Return a smooth gain from 0 to 1 that keeps peaks below the ceiling: float64[hops + 1]."""
    needed = _CEILING / np.maximum(peak, _CEILING)
    if loop_hop is None:
        extended = np.pad(needed, _SLOPE, mode="edge")
    else:  # what is played after the end, and before the start if the loop is all
        after = np.resize(needed[loop_hop:], _SLOPE)
        start = needed[:1] if loop_hop else needed
        before = np.resize(start[::-1], _SLOPE)[::-1]
        extended = np.concatenate([before, needed, after])
    lowest = _windows(extended, _SLOPE + 1).min(axis=1)  # a place's two hops in each window
    smooth: _PerHop = _windows(lowest, _SLOPE).mean(axis=1)
    return smooth


def _windows(values: _PerHop, size: int) -> _PerHop:
    return np.lib.stride_tricks.sliding_window_view(values, size)
