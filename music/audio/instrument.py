"""The interface of instruments, which render notes as sound."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from music.notes import Notes
from music.performance import Performance
from music.piece import TempoChange
from music.players.line_up import ONE_PIANO, LineUp
from music.tempo import seconds_at

SAMPLE_RATE_HZ = 44_100


def sample_at(tempos: Sequence[TempoChange], ticks: int) -> int:
    """Return the sample at a tick of a piece."""
    return round(float(seconds_at(tempos, ticks)) * SAMPLE_RATE_HZ)


@dataclass(frozen=True)
class Sound:
    """A sound that is computed while it is read.

    Attributes:
        samples: The number of samples of each channel.
        blocks: float32[n, 2] each, left and right; together they have `samples`. They are read
            once, if they are not `Repeatable`.
    """

    samples: int
    blocks: Iterable[NDArray[np.float32]]

    def lasting(self, samples: int) -> "Sound":
        """Continue the sound with silence, until it has `samples`, at least as many as before."""
        return Sound(samples, chain(self.blocks, _silence(samples - self.samples)))


@dataclass(frozen=True)
class Repeatable:
    """Blocks that can be read several times, each time computed anew.

    Attributes:
        compute: Computes them.
    """

    compute: Callable[[], Iterator[NDArray[np.float32]]]

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        """Compute the blocks while they are read."""
        return self.compute()


def _silence(samples: int) -> Iterator[NDArray[np.float32]]:
    for start in range(0, samples, SAMPLE_RATE_HZ):
        yield np.zeros((min(SAMPLE_RATE_HZ, samples - start), 2), np.float32)


class Instrument(Protocol):
    """Plays notes; thread-safe.

    Attributes:
        is_linear: Whether the sounds of some notes, which can be read several times, add up to the
            sound of all. Then neither their peaks nor their loudness are limited. Otherwise both
            are, and the samples are from -1 to 1.
    """

    is_linear: bool

    def play(
        self,
        notes: Notes,
        tempos: Sequence[TempoChange],
        performance: Performance | None = None,
        line_up: LineUp = ONE_PIANO,
    ) -> Sound:
        """Play notes from tick 0 until the last has decayed, deterministically.

        Args:
            notes: Ordered; each ends when its key is struck again.
            tempos: As in `Piece`.
            performance: How the notes sound; None for one velocity and the written lengths.
            line_up: The instrument of every role of the notes. The computed piano plays
                all roles but drums.
        """
        ...
