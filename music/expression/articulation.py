"""Recovers written note lengths from MIDI files, in which notes sound shorter or longer.

Sequencers shorten notes, for example to nine tenths, so that they do not blur. Each sequencer has
its own lengths, which a model should not have to learn. So a model learns the written lengths, and
the sounding share is kept separately for each length: some sequencers shorten by a factor, others
by a number of ticks.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from music.notes import Notes, released
from music.piece import Piece

# The lengths of single notes in ticks: plain, dotted and triplets.
_SHORT = (1, 2, 3, 4, 6, 8, 9, 12, 16, 18, 24, 30, 36, 42, 48)
_LONG = (60, 72, 84, 96, 120, 144, 192)
WRITTEN_TICKS = np.array(_SHORT + _LONG, dtype=np.int32)

LEAST_SHARE = 0.25  # of a written length that sounds
_FEWEST_NOTES = 8  # of a length, to learn its share


def as_written(notes: Notes) -> Notes:
    """Replace lengths that are not written lengths by the lengths that were probably meant.

    A note is extended to the next onset of its role if that is no farther than a quarter of its
    length. Otherwise it gets the nearest written length, if that differs by no more than an eighth.
    Both margins are at least one tick. Other notes and those of drums are not changed.
    """
    reached = np.where(_is_odd(notes.duration_ticks), _to_the_next_onset(notes), 0)
    duration = notes.duration_ticks + reached
    nearest = _nearest_written(duration)
    is_near = np.abs(nearest - duration) <= np.maximum(1, duration // 8)
    duration = np.where(_is_odd(duration) & (reached == 0) & is_near, nearest, duration)
    duration = np.where(notes.is_melodic, duration, notes.duration_ticks)
    return released(replace(notes, duration_ticks=duration.astype(np.int32)))


@dataclass(frozen=True)
class LengthShare:
    """The sounding share of one written length.

    Attributes:
        ticks: The length, 1 or more.
        share: `LEAST_SHARE` to 1.
    """

    ticks: int
    share: float


@dataclass(frozen=True)
class Articulation:
    """The sounding shares of written lengths.

    Attributes:
        share: The share of lengths that are not in the table: `LEAST_SHARE` to 1.
        lengths: The common lengths, in ascending order.
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
"""Every note sounds for its written length."""


def learned_articulation(pieces: Iterable[Piece]) -> Articulation:
    """Learn the sounding shares of pieces that have a performance.

    A share is a median, at most 1: by the pedal, some notes sound longer than written. Drums have
    no lengths to learn from.

    Args:
        pieces: Pieces with written lengths.
    """
    performed = [
        (piece.notes.melodic(), piece.performance[piece.notes.is_melodic])
        for piece in pieces
        if piece.performance is not None
    ]
    if not any(len(notes) for notes, _ in performed):
        return LEGATO
    written = np.concatenate([notes.duration_ticks for notes, _ in performed])
    sounding = np.concatenate([performance.sounding_ticks for _, performance in performed])
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
    """Count the ticks from each note's end to its role's next onset; 0 if that is far."""
    if not len(notes):
        return notes.duration_ticks
    by_role = np.argsort(notes.role, kind="stable")
    role, onset = notes.role[by_role].astype(np.int64), notes.onset_ticks[by_role]
    end = onset + notes.duration_ticks[by_role]
    after_the_last = int(end.max()) + 1  # keeps the roles apart
    places = np.searchsorted(role * after_the_last + onset, role * after_the_last + end)
    following = places.clip(max=len(notes) - 1)
    gap = np.where(role[following] == role, onset[following] - end, 0)
    is_near = (gap > 0) & (gap <= np.maximum(1, notes.duration_ticks[by_role] // 4))
    reached = np.zeros_like(notes.duration_ticks)
    reached[by_role] = np.where(is_near, gap, 0)
    return reached


def _nearest_written(duration_ticks: NDArray[np.int32]) -> NDArray[np.int32]:
    """Find the nearest written length; of two equally near ones, the longer."""
    above = np.searchsorted(WRITTEN_TICKS, duration_ticks).clip(1, len(WRITTEN_TICKS) - 1)
    shorter, longer = WRITTEN_TICKS[above - 1], WRITTEN_TICKS[above]
    nearest: NDArray[np.int32] = np.where(
        longer - duration_ticks <= duration_ticks - shorter, longer, shorter
    )
    return nearest
