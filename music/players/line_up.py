"""Line-ups: which instruments play the roles of a song."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from music.players.roles import DRUMS, PIANO, usual_program

MOST_PROGRAM = 127


@dataclass(frozen=True)
class Player:
    """One part of a band.

    Attributes:
        role: As in `music.players.roles`.
        program: The instrument, a General MIDI program from 0 to 127; the drum kit for drums.
    """

    role: int
    program: int


@dataclass(frozen=True)
class LineUp:
    """The parts of a band.

    Attributes:
        players: Ordered by role, each role once.
    """

    players: tuple[Player, ...]

    @classmethod
    def of(cls, programs: Mapping[int, int]) -> Self:
        """Create a line-up from the program of each role."""
        return cls(tuple(Player(role, programs[role]) for role in sorted(programs)))

    @classmethod
    def usual(cls, roles: Iterable[int]) -> Self:
        """Create a line-up of each role's usual instrument."""
        return cls.of({role: usual_program(role) for role in roles})

    @property
    def roles(self) -> tuple[int, ...]:
        """The roles, ascending."""
        return tuple(player.role for player in self.players)

    @property
    def is_piano(self) -> bool:
        """Whether it is one piano, which no part has to say."""
        return self.roles == (PIANO,)

    @property
    def has_drums(self) -> bool:
        """Whether drums play."""
        return DRUMS in self.roles


ONE_PIANO = LineUp.usual([PIANO])
