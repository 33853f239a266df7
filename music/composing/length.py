"""Where a song ends."""

import math
from dataclasses import dataclass

import numpy as np

from music.composing.brief import Brief
from music.notes import TICKS_PER_BEAT, Notes

MOST_NOTES = 4000
# A token is a note or more, unless it strikes a key again; a song that needs many more is not one.
TOKENS_PER_NOTE = 2
SPARE_TOKENS = 64


@dataclass(frozen=True)
class Length:
    """Where a song ends.

    Attributes:
        notes: The largest number of notes.
        ticks: All onsets are before this tick.
    """

    notes: int
    ticks: float

    @classmethod
    def of(cls, brief: Brief, tempo_bpm: float) -> "Length":
        """Return the length of a brief's song."""
        if brief.seconds is None:
            return cls(brief.notes or MOST_NOTES, math.inf)
        return cls(MOST_NOTES, brief.seconds * tempo_bpm / 60 * TICKS_PER_BEAT)

    @property
    def tokens(self) -> int:
        """The largest number of tokens to sample, since some may not give notes."""
        return self.notes * TOKENS_PER_NOTE + SPARE_TOKENS

    def cut(self, notes: Notes, written: int) -> Notes:
        """Drop the notes after the end; `written` notes come before these."""
        within = int(np.searchsorted(notes.onset_ticks, self.ticks))
        return notes[: min(within, self.notes - written)]

    def is_reached(self, written: int, next_onset_ticks: int) -> bool:
        """Return whether no further note can come."""
        return written >= self.notes or next_onset_ticks >= self.ticks
