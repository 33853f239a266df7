"""How the notes of a piece sound: a player's velocities and note lengths."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from music.notes import Notes

FLAT_VELOCITY = 80


@dataclass(frozen=True, eq=False)
class Performance:
    """How N notes sound, in the order of the notes.

    Attributes:
        velocity: int32[N], 1 to 127, the MIDI velocity of each note.
        sounding_ticks: float32[N], above 0: how long each note sounds, on the grid of
            `music.notes` but not rounded to it.
    """

    velocity: NDArray[np.int32]
    sounding_ticks: NDArray[np.float32]

    def __eq__(self, other: object) -> bool:
        """Compare note by note."""
        return (
            isinstance(other, Performance)
            and np.array_equal(self.velocity, other.velocity)
            and np.array_equal(self.sounding_ticks, other.sounding_ticks)
        )

    __hash__ = None  # type: ignore[assignment]

    def __getitem__(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> "Performance":
        """Select notes by a mask or indices."""
        return Performance(self.velocity[which], self.sounding_ticks[which])


def plain(notes: Notes) -> Performance:
    """Perform notes with one velocity and their written lengths."""
    velocity = np.full(len(notes), FLAT_VELOCITY, dtype=np.int32)
    return Performance(velocity, notes.duration_ticks.astype(np.float32))
