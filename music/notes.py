"""Notes on the grid: the common representation of music in this project.

A beat is a quarter note and has `TICKS_PER_BEAT` ticks, for both sixteenths and triplets.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from music.players.roles import DRUMS, PIANO, ROLES

TICKS_PER_BEAT = 12
LOWEST_PITCH = 21  # A0 to C8: the keys of a piano
HIGHEST_PITCH = 108

_PITCHES = 128  # the MIDI note numbers, among which keys of a role are counted


def _roles(role: ArrayLike | None, count: int) -> NDArray[np.int32]:
    if role is None:
        return np.full(count, PIANO, np.int32)
    return np.asarray(role, dtype=np.int32)


@dataclass(frozen=True, eq=False)
class Notes:
    """N notes, ordered by onset, then by role, then by pitch.

    Attributes:
        onset_ticks: int32[N], 0 or more, never falling.
        duration_ticks: int32[N], 1 or more.
        pitch: int32[N], MIDI note numbers.
        role: int32[N], who plays each, as in `music.players.roles`; all 0 for one piano.
    """

    onset_ticks: NDArray[np.int32]
    duration_ticks: NDArray[np.int32]
    pitch: NDArray[np.int32]
    role: NDArray[np.int32]

    @classmethod
    def of(
        cls,
        onset_ticks: ArrayLike,
        duration_ticks: ArrayLike,
        pitch: ArrayLike,
        role: ArrayLike | None = None,
    ) -> Self:
        """Create notes from sequences of integers of equal length, already sorted.

        Without roles, they are those of one piano.
        """
        columns = onset_ticks, duration_ticks, pitch
        onset, duration, keys = (np.asarray(column, dtype=np.int32) for column in columns)
        return cls(onset, duration, keys, _roles(role, len(keys)))

    def __len__(self) -> int:
        """Count the notes."""
        return len(self.pitch)

    def __eq__(self, other: object) -> bool:
        """Compare note by note."""
        return isinstance(other, Notes) and all(
            np.array_equal(mine, theirs)
            for mine, theirs in zip(self.columns, other.columns, strict=True)
        )

    __hash__ = None  # type: ignore[assignment]

    def __getitem__(self, which: slice | NDArray[np.bool_] | NDArray[np.intp]) -> "Notes":
        """Select notes by a slice, a mask or indices."""
        return Notes(*(column[which] for column in self.columns))

    @property
    def columns(
        self,
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        """Onsets, durations, pitches and roles."""
        return self.onset_ticks, self.duration_ticks, self.pitch, self.role

    @property
    def key(self) -> NDArray[np.int32]:
        """int32[N], role and pitch as one number, which rises within an onset."""
        return self.role * np.int32(_PITCHES) + self.pitch

    @property
    def is_melodic(self) -> NDArray[np.bool_]:
        """bool[N], whether each has a pitch: false for drums."""
        melodic: NDArray[np.bool_] = self.role != DRUMS
        return melodic

    def melodic(self) -> "Notes":
        """Return the notes without those of drums."""
        return self[self.is_melodic]

    @property
    def piano_places(self) -> NDArray[np.intp]:
        """The indices of the notes that one piano would play, by onset and pitch: intp[M].

        Drums are left out. Of notes with the same onset and pitch, the longest counts.
        """
        if not self.role.any():
            return np.arange(len(self))
        melodic = np.flatnonzero(self.is_melodic)
        return melodic[cleaning_order(replace(self[melodic], role=np.zeros_like(melodic)))]

    def as_piano(self) -> "Notes":
        """Return the notes as one piano would play them."""
        if not self.role.any():
            return self
        heard = self[self.piano_places]
        return replace(heard, role=np.zeros_like(heard.role))

    @property
    def end_ticks(self) -> int:
        """The end of the last note to end."""
        return int((self.onset_ticks + self.duration_ticks).max(initial=0))

    def chords(self) -> list[NDArray[np.int32]]:
        """Return the pitches that start together, onset by onset."""
        starts = np.flatnonzero(np.diff(self.onset_ticks, prepend=-1)).tolist()
        return [self.pitch[start:end] for start, end in pairwise([*starts, len(self)])]

    def transposed(self, semitones: int) -> "Notes":
        """Transpose every pitch but drums'; those off the piano move onto it by octaves."""
        pitch = self.pitch + np.where(self.is_melodic, np.int32(semitones), np.int32(0))
        octaves_up = np.maximum(0, -((pitch - LOWEST_PITCH) // 12))
        octaves_down = np.maximum(0, -((HIGHEST_PITCH - pitch) // 12))
        moved = pitch + 12 * (octaves_up - octaves_down)
        return replace(self, pitch=moved)

    def places_of(self, part: "Notes") -> NDArray[np.intp]:
        """Return the indices of some of these notes.

        Args:
            part: Some of the notes, in any order; doublings count once.

        Returns:
            int[M], ascending.
        """
        return np.searchsorted(_strikes(self), np.unique(_strikes(part)))

    def ending_by(self, end_ticks: int) -> "Notes":
        """End every note, of which none starts later, at a tick at the latest."""
        lasting = np.minimum(self.duration_ticks, end_ticks - self.onset_ticks)
        return replace(self, duration_ticks=lasting.astype(np.int32))

    def held_at_0(self) -> "Notes":
        """Return what sounds at tick 0 of the notes before it, without drums, from there on."""
        end_ticks = self.onset_ticks + self.duration_ticks
        held = (self.onset_ticks < 0) & (end_ticks > 0) & self.is_melodic
        count = int(held.sum())
        return Notes.of([0] * count, end_ticks[held], self.pitch[held], self.role[held])

    def shifted(self, ticks: int) -> "Notes":
        """Move every onset by a number of ticks."""
        return replace(self, onset_ticks=self.onset_ticks + np.int32(ticks))


NO_NOTES = Notes.of([], [], [])


def join(parts: "list[Notes] | tuple[Notes, ...]") -> Notes:
    """Concatenate notes, without ordering or cleaning them."""
    columns = zip(*(part.columns for part in parts), strict=True)
    return Notes(*(np.concatenate(column) for column in columns)) if parts else Notes.of([], [], [])


def on_grid(
    onset_beats: ArrayLike,
    duration_beats: ArrayLike,
    pitch: ArrayLike,
    role: ArrayLike | None = None,
) -> Notes:
    """Round notes to the grid, order them, and drop doublings.

    A note ends when the same key is struck again, so that MIDI can represent every note. The piece
    begins with its first note. Pitches outside of the piano are left out.

    Args:
        onset_beats: float[N], in any order.
        duration_beats: float[N].
        pitch: int[N].
        role: int[N]; None for one piano.
    """
    return cleaned(rounded_to_grid(onset_beats, duration_beats, pitch, role))


def rounded_to_grid(
    onset_beats: ArrayLike,
    duration_beats: ArrayLike,
    pitch: ArrayLike,
    role: ArrayLike | None = None,
) -> Notes:
    """Round notes to the grid, in their order and position, without pitches outside of the piano.

    Args:
        onset_beats: float[N], in any order.
        duration_beats: float[N].
        pitch: int[N].
        role: int[N]; None for one piano.

    Returns:
        Notes that are not cleaned yet.
    """
    onset = np.asarray(onset_beats, dtype=np.float64)
    end = np.rint((onset + np.asarray(duration_beats)) * TICKS_PER_BEAT).astype(np.int32)
    start = np.rint(onset * TICKS_PER_BEAT).astype(np.int32)
    keys = np.asarray(pitch, dtype=np.int32)
    duration = np.maximum(1, end - start)
    return Notes(start, duration, keys, _roles(role, len(keys)))[is_on_piano(keys)]


def is_on_piano(pitch: ArrayLike) -> NDArray[np.bool_]:
    """Return for each pitch whether a piano has its key."""
    keys = np.asarray(pitch)
    on_piano: NDArray[np.bool_] = (keys >= LOWEST_PITCH) & (keys <= HIGHEST_PITCH)
    return on_piano


def cleaned(notes: Notes) -> Notes:
    """Order notes, drop doublings, end each when its key is struck again, start at tick 0."""
    if not len(notes):
        return notes
    notes = notes[cleaning_order(notes)]
    return released(notes).shifted(-int(notes.onset_ticks[0]))


def cleaning_order(notes: Notes) -> NDArray[np.intp]:
    """Return the indices of the notes that `cleaned` keeps, ordered; of doublings, the longest.

    Returns:
        intp[M], indices.
    """
    longest_first = np.lexsort((-notes.duration_ticks, notes.key, notes.onset_ticks))
    ordered = notes[longest_first]
    doubled = (np.diff(ordered.onset_ticks) == 0) & (np.diff(ordered.key) == 0)
    return longest_first[np.concatenate(([True], ~doubled))[: len(notes)]]


def released(notes: Notes) -> Notes:
    """End every note when its key is struck again.

    Args:
        notes: Ordered, no two with the same onset, role and pitch.
    """
    # Numbers of two bytes sort by counting.
    by_key = np.argsort(notes.key.astype(np.uint16), kind="stable")
    onset, duration, key = (
        column[by_key] for column in (notes.onset_ticks, notes.duration_ticks, notes.key)
    )
    same_key = np.diff(key) == 0
    until_next = np.where(same_key, np.diff(onset), duration[:-1])
    duration[:-1] = np.minimum(duration[:-1], until_next)
    in_order = np.empty_like(duration)
    in_order[by_key] = duration
    return replace(notes, duration_ticks=in_order)


def _strikes(notes: Notes) -> NDArray[np.int64]:
    """Encode onset, role and pitch as one number, which sorts as the notes do."""
    return notes.onset_ticks.astype(np.int64) * (ROLES * _PITCHES) + notes.key
