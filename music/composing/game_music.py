"""The music of a game, as composing needs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from music.codec import Codec
from music.description import Opening, PieceForm
from music.expression.articulation import LEGATO, Articulation
from music.form.target import density_of, register_of
from music.keys import Key, find_key
from music.notes import TICKS_PER_BEAT, Notes
from music.quotes.finder import NamedNotes, QuoteFinder

USUAL_DENSITY = 4.0  # notes per quarter note, of a game without pieces to count


@dataclass(frozen=True)
class Measures:
    """What is measured of a piece.

    Attributes:
        notes_per_beat: Its density, per quarter note.
        mean_pitch: Its register.
    """

    notes_per_beat: float
    mean_pitch: float


@dataclass(frozen=True, eq=False)
class OpeningNotes:
    """An opening with its notes, one or more, from tick 0."""

    opening: Opening
    notes: Notes

    @cached_property
    def key(self) -> Key:
        """The key that fits its notes best."""
        return find_key(self.notes)

    @property
    def ticks(self) -> int:
        """Up to the end of the beat in which its last note starts."""
        return (int(self.notes.onset_ticks[-1]) // TICKS_PER_BEAT + 1) * TICKS_PER_BEAT


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
        measures: Of each piece, perhaps none.
    """

    codec: Codec
    finder: QuoteFinder
    quote_notes: int
    tempo_bpm: float
    openings: tuple[Opening, ...]
    forms: tuple[PieceForm, ...]
    notes_per_beat: float = USUAL_DENSITY
    articulation: Articulation = LEGATO
    measures: tuple[Measures, ...] = ()

    @cached_property
    def opening_notes(self) -> tuple[OpeningNotes, ...]:
        """The openings that have notes, decoded."""
        decoded = ((opening, self.codec.decode(opening.tokens)[0]) for opening in self.openings)
        return tuple(
            OpeningNotes(opening, notes.shifted(-int(notes.onset_ticks[0])))
            for opening, notes in decoded
            if len(notes)
        )


def measures_of(pieces: Sequence[NamedNotes]) -> tuple[Measures, ...]:
    """Measure pieces; those without notes are left out."""
    return tuple(
        Measures(density_of(piece.notes, piece.notes.end_ticks), register_of(piece.notes))
        for piece in pieces
        if len(piece.notes)
    )


def notes_per_beat(pieces: Sequence[NamedNotes]) -> float:
    """Count how many notes pieces, perhaps none, have per quarter note."""
    beats = sum(piece.notes.end_ticks for piece in pieces) / TICKS_PER_BEAT
    return sum(len(piece.notes) for piece in pieces) / beats if beats else USUAL_DENSITY
