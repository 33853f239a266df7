"""Mixes overlapping sounds block by block."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from music.audio.instrument import SAMPLE_RATE_HZ
from music.notes import Notes
from music.performance import Performance
from music.piece import TempoChange
from music.tempo import seconds_at

BLOCK = 1 << 16  # samples: a second and a half

_Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Timing:
    """The times of N notes.

    Attributes:
        start: int64[N], the first sample of each, in ascending order.
        held: int64[N], how many samples its key is held.
    """

    start: NDArray[np.int64]
    held: NDArray[np.int64]

    @classmethod
    def of(cls, notes: Notes, tempos: Sequence[TempoChange], performance: Performance) -> Self:
        """Convert the ticks of notes and their performance to samples."""
        start_s = seconds_at(tempos, notes.onset_ticks)
        end_ticks = notes.onset_ticks + performance.sounding_ticks.astype(np.float64)
        held_s = seconds_at(tempos, end_ticks) - start_s
        columns = start_s * SAMPLE_RATE_HZ, held_s * SAMPLE_RATE_HZ
        return cls(*(np.rint(column).astype(np.int64) for column in columns))

    def __getitem__(self, which: NDArray[np.intp]) -> "Timing":
        """Select notes by indices, ascending."""
        return Timing(self.start[which], self.held[which])

    @property
    def end(self) -> int:
        """Return when the last key is released."""
        return int((self.start + self.held).max(initial=0))

    def starting_in(self, block: int) -> range:
        """Return the indices of the notes that start in the block from sample `block` on."""
        return range(*np.searchsorted(self.start, (block, block + BLOCK)).tolist())


class Mixer:
    """Adds overlapping sounds; it stores only samples that have not been taken yet."""

    def __init__(self) -> None:
        """Start with silence."""
        self._ahead = np.zeros((2, BLOCK), np.float32)

    def add(self, at: int, sound: _Samples) -> None:
        """Add a sound.

        Args:
            at: Its first sample, counted from the beginning of the next block.
            sound: float32[2, samples].
        """
        end = at + sound.shape[1]
        if (missing := end - self._ahead.shape[1]) > 0:
            blocks = -(-missing // BLOCK)
            self._ahead = np.pad(self._ahead, ((0, 0), (0, blocks * BLOCK)))
        self._ahead[:, at:end] += sound

    def take(self) -> _Samples:
        """Take the next block: float32[2, BLOCK]."""
        block, rest = self._ahead[:, :BLOCK], self._ahead[:, BLOCK:]
        self._ahead = rest.copy() if rest.size else np.zeros((2, BLOCK), np.float32)
        return block
