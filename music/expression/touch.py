"""How a song is played: dynamics and articulation together."""

from collections.abc import Sequence
from dataclasses import dataclass

from music.expression.articulation import LEGATO, Articulation
from music.expression.dynamics import SHAPED, Dynamics, Shaper
from music.notes import Notes
from music.performance import Performance
from music.piece import TimeSignature


@dataclass(frozen=True)
class Touch:
    """How a song is played.

    Attributes:
        dynamics: The velocities.
        articulation: The sounding lengths.
    """

    dynamics: Dynamics = SHAPED
    articulation: Articulation = LEGATO

    def player(self, signatures: Sequence[TimeSignature]) -> "Player":
        """Return a player of a song with one or more time signatures, as in `Piece`."""
        return Player(Shaper(signatures, self.dynamics), self.articulation)


@dataclass(frozen=True)
class Player:
    """Plays a song passage by passage; the result does not depend on the passages.

    Attributes:
        shaper: Computes velocities, from the previous passages too.
        articulation: The sounding lengths.
    """

    shaper: Shaper
    articulation: Articulation

    def play(self, notes: Notes) -> Performance:
        """Play the next notes of the song, which have written lengths."""
        return Performance(self.shaper.velocities(notes), self.articulation.sounding_ticks(notes))
