"""A player's touch: how loud and how detached a song is played."""

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
        dynamics: How loud.
        articulation: How detached.
    """

    dynamics: Dynamics = SHAPED
    articulation: Articulation = LEGATO

    def player(self, signatures: Sequence[TimeSignature]) -> "Player":
        """Return who plays a song in meters as `Piece` has them, one or more."""
        return Player(Shaper(signatures, self.dynamics), self.articulation)


@dataclass(frozen=True)
class Player:
    """Plays a song passage by passage: the same as if it were one.

    Attributes:
        shaper: Gives velocities; it knows the passages before.
        articulation: How detached.
    """

    shaper: Shaper
    articulation: Articulation

    def play(self, notes: Notes) -> Performance:
        """Play the next notes of the song; notes as they are written."""
        return Performance(self.shaper.velocities(notes), self.articulation.sounding_ticks(notes))
