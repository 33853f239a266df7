"""Density and register: what a game's pieces have, and what a song is to have."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from music.character.wanted import Character
from music.errors import CharacterError
from music.form.target import Goal, Target, density_of, register_of
from music.quotes.finder import NamedNotes

_LEAST_SPREAD = 1e-3  # of a quantity in which the game's pieces do not differ


@dataclass(frozen=True)
class Measures:
    """What is measured of a piece.

    Attributes:
        density: Notes per quarter note.
        register: The mean pitch.
    """

    density: float
    register: float


def measures_of(pieces: Sequence[NamedNotes]) -> tuple[Measures, ...]:
    """Measure pieces; those without notes are left out."""
    return tuple(
        Measures(density_of(piece.notes, piece.notes.end_ticks), register_of(piece.notes))
        for piece in pieces
        if len(piece.notes)
    )


def target_of(character: Character, pieces: Sequence[Measures]) -> Target:
    """Return what the notes of a song are to measure, among the pieces of its game.

    Raises:
        CharacterError: It needs pieces to compare with, and there are none.
    """
    return Target(
        keys=character.keys,
        density=_goal("density", character.density, [piece.density for piece in pieces]),
        register=_goal("register", character.register, [piece.register for piece in pieces]),
    )


def _goal(parameter: str, percentile: int | None, values: Sequence[float]) -> Goal | None:
    if percentile is None:
        return None
    if not values:
        raise CharacterError(parameter, "left out: the game's model has no pieces to compare with")
    return Goal(float(np.percentile(values, percentile)), max(float(np.std(values)), _LEAST_SPREAD))
