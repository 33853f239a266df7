"""Recovers written note lengths from MIDI files, in which notes sound shorter or longer.

Sequencers shorten notes, for example to nine tenths, so that they do not blur. Each sequencer has
its own lengths, which a model should not have to learn. So a model learns the written lengths, and
the sounding share is kept separately for each length: some sequencers shorten by a factor, others
by a number of ticks.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from music.notes import Notes, released
from music.piece import Piece

# In ticks of a twelfth of a beat: what is written as one note, dotted or not, or as a triplet's.
_SHORT = (1, 2, 3, 4, 6, 8, 9, 12, 16, 18, 24, 30, 36, 42, 48)
_LONG = (60, 72, 84, 96, 120, 144, 192)
WRITTEN_TICKS = np.array(_SHORT + _LONG, dtype=np.int32)

LEAST_SHARE = 0.25  # of a written length that sounds
_FEWEST_NOTES = 8  # of a length, to learn its share


def as_written(notes: Notes) -> Notes:
    """Return every note whose length nobody would write the one that it was meant to have.

    It is held to the next onset where that is no farther than a quarter of its length, or else
    becomes the nearest written length where that is no farther than an eighth; at least a tick
    each. What is neither stays as it is.
    """
    reached = np.where(_is_odd(notes.duration_ticks), _to_the_next_onset(notes), 0)
    duration = notes.duration_ticks + reached
    nearest = _nearest_written(duration)
    is_near = np.abs(nearest - duration) <= np.maximum(1, duration // 8)
    duration = np.where(_is_odd(duration) & (reached == 0) & is_near, nearest, duration)
    return released(Notes(notes.onset_ticks, duration.astype(np.int32), notes.pitch))


@dataclass(frozen=True)
class LengthShare:
    """What share of one written length sounds.

    Attributes:
        ticks: The length, 1 or more.
        share: `LEAST_SHARE` to 1.
    """

    ticks: int
    share: float


@dataclass(frozen=True)
class Articulation:
    """What share of their written lengths notes sound.

    Attributes:
        share: Of lengths that are not in the table: `LEAST_SHARE` to 1.
        lengths: The common lengths, rising.
    """

    share: float
    lengths: tuple[LengthShare, ...] = ()

    def sounding_ticks(self, notes: Notes) -> NDArray[np.float32]:
        """Return how long each of N notes sounds: float32[N]."""
        shares = np.full(len(notes), self.share)
        for length in self.lengths:
            shares[notes.duration_ticks == length.ticks] = length.share
        sounding: NDArray[np.float32] = (notes.duration_ticks * shares).astype(np.float32)
        return sounding


LEGATO = Articulation(1.0)
"""Every note sounds as long as it is written."""


def learned_articulation(pieces: Iterable[Piece]) -> Articulation:
    """Learn how long the notes of pieces sound, of those that say so.

    A share is a median: some notes are longer than written, by the pedal, and none sounds longer.

    Args:
        pieces: Their notes as they are written.
    """
    performed = [piece for piece in pieces if piece.performance is not None]
    if not performed:
        return LEGATO
    written = np.concatenate([piece.notes.duration_ticks for piece in performed])
    sounding = np.concatenate(
        [piece.performance.sounding_ticks for piece in performed if piece.performance]
    )
    shares = (sounding / written).clip(LEAST_SHARE, 1)
    lengths, counts = np.unique(written, return_counts=True)
    common = tuple(
        LengthShare(ticks, _middle(shares[written == ticks]))
        for ticks in lengths[counts >= _FEWEST_NOTES].tolist()
    )
    return Articulation(_middle(shares), common)


def _middle(shares: NDArray[np.float64]) -> float:
    return round(float(np.median(shares)), 3)


def _is_odd(duration_ticks: NDArray[np.int32]) -> NDArray[np.bool_]:
    is_odd: NDArray[np.bool_] = _nearest_written(duration_ticks) != duration_ticks
    return is_odd


def _to_the_next_onset(notes: Notes) -> NDArray[np.int32]:
    """Count the ticks from each note's end to the first onset behind it, 0 where that is far."""
    end = notes.onset_ticks + notes.duration_ticks
    behind = np.searchsorted(notes.onset_ticks, end).clip(max=len(notes) - 1)
    gap = notes.onset_ticks[behind] - end
    is_near = (gap > 0) & (gap <= np.maximum(1, notes.duration_ticks // 4))
    return np.where(is_near, gap, 0)


def _nearest_written(duration_ticks: NDArray[np.int32]) -> NDArray[np.int32]:
    """Find the nearest written length, the longer of two that are as near."""
    above = np.searchsorted(WRITTEN_TICKS, duration_ticks).clip(1, len(WRITTEN_TICKS) - 1)
    shorter, longer = WRITTEN_TICKS[above - 1], WRITTEN_TICKS[above]
    nearest: NDArray[np.int32] = np.where(
        longer - duration_ticks <= duration_ticks - shorter, longer, shorter
    )
    return nearest
