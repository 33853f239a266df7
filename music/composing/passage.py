"""A song's notes, some at a time."""

from dataclasses import dataclass

from music.notes import Notes
from music.quotes.finder import QuoteState


@dataclass(frozen=True)
class Passage:
    """Some of a song's notes, one or more.

    Attributes:
        notes: In the song's time.
        quote_state: What the song so far shares with the pieces.
        entry_ticks: Where the song's first new note starts, counted from the start of the music
            that it continues.
    """

    notes: Notes
    quote_state: QuoteState
    entry_ticks: int
