"""The music of a game, as composing needs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from music.character.excerpts import Excerpt, excerpts_of
from music.character.measures import Measures, measures_of
from music.codec import Codec
from music.description import Opening, PieceForm
from music.expression.articulation import LEGATO, Articulation
from music.notes import NO_NOTES, TICKS_PER_BEAT, Notes
from music.quotes.finder import NamedNotes, QuoteFinder

USUAL_DENSITY = 4.0  # notes per quarter note, of a game without pieces to count


@dataclass(frozen=True, eq=False)
class GameMusic:
    """The music that a model has learned, as composing needs it.

    Attributes:
        codec: Reads and writes the model's tokens.
        finder: Finds what songs share with the learned pieces.
        quote_notes: The usual length of a quote.
        tempo_bpm: The tempo of a song that continues no music.
        openings: One of each piece, perhaps none.
        forms: Of each piece, perhaps none.
        notes_per_beat: How many notes the pieces have per quarter note.
        articulation: The articulation of a song that continues no music.
        pieces: As the model has learned them, perhaps none.
    """

    codec: Codec
    finder: QuoteFinder
    quote_notes: int
    tempo_bpm: float
    openings: tuple[Opening, ...]
    forms: tuple[PieceForm, ...]
    notes_per_beat: float = USUAL_DENSITY
    articulation: Articulation = LEGATO
    pieces: tuple[NamedNotes, ...] = ()

    @cached_property
    def measures(self) -> tuple[Measures, ...]:
        """What is measured of each piece."""
        return measures_of(self.pieces)

    @cached_property
    def excerpts(self) -> tuple[Excerpt, ...]:
        """The bars of its pieces that songs of a character continue."""
        return excerpts_of(self.openings, self.pieces, self.codec)

    def drums_of(self, piece: str) -> frozenset[int] | None:
        """Return the drums of the piece with a name, as keys of a kit; None if it has none."""
        notes = next((each.notes for each in self.pieces if each.name == piece), NO_NOTES)
        return drums_of(notes)


def drums_of(notes: Notes) -> frozenset[int] | None:
    """Return the drums that play in notes, as keys of a kit; None if there are none."""
    return frozenset(np.unique(notes.pitch[~notes.is_melodic]).tolist()) or None


def notes_per_beat(pieces: Sequence[NamedNotes]) -> float:
    """Count how many notes pieces, perhaps none, have per quarter note."""
    beats = sum(piece.notes.end_ticks for piece in pieces) / TICKS_PER_BEAT
    return sum(len(piece.notes) for piece in pieces) / beats if beats else USUAL_DENSITY
