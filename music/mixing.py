"""Sounds that overlap, added up and handed on block by block."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from music.instrument import SAMPLE_RATE_HZ
from music.notes import TICKS_PER_BEAT, Notes

BLOCK = 1 << 16  # samples: a second and a half

_Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Timing:
    """When N notes sound.

    Attributes:
        start: int64[N], the first sample of each, never falling.
        held: int64[N], for how many samples its key is held.
    """

    start: NDArray[np.int64]
    held: NDArray[np.int64]

    @classmethod
    def of(cls, notes: Notes, tempo_bpm: float) -> Self:
        """Count in samples what notes count in ticks."""
        per_tick = SAMPLE_RATE_HZ * 60 / tempo_bpm / TICKS_PER_BEAT
        columns = notes.onset_ticks, notes.duration_ticks
        return cls(*(np.rint(column * per_tick).astype(np.int64) for column in columns))

    @property
    def end(self) -> int:
        """Say when the last key is released."""
        return int((self.start + self.held).max(initial=0))

    def starting_in(self, block: int) -> range:
        """Number the notes that start in a block, which begins at sample `block`."""
        return range(*np.searchsorted(self.start, (block, block + BLOCK)).tolist())


class Mixer:
    """Adds sounds that overlap; it holds no more of them than is yet to be taken."""

    def __init__(self) -> None:
        """Begin in silence."""
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
