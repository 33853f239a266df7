"""The character that a song is to have: key, mode, meter, density and register.

A song gets it from the opening that it continues, which is chosen for it and transposed, and from
the choice among the candidates of its sections (`music.form.target`). Density and register are
percentiles of the game's own pieces, so that no song is asked for what the game's music is not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from music.composing.game_music import GameMusic, OpeningNotes
from music.description import Opening
from music.errors import CharacterError, NoOpeningsError, TokenError
from music.form.target import Goal, Target
from music.keys import Keys, Mode, NamedKey
from music.piece import TimeSignature

_NEAREST_SHARE = 3  # the nearest third of the openings may begin a song
_FEWEST = 2  # but so many where there are, since one opening makes all songs alike
_LEAST_SPREAD = 1e-3  # of a quantity in which the game's pieces do not differ


@dataclass(frozen=True)
class Character:
    """The character that a song is to have; None where anything is right.

    Attributes:
        key: Tonic and mode.
        mode: Of any key; that of `key` where both are given.
        meter: A time signature, such as 3/4.
        density: Percentile of the notes per quarter note of the game's pieces, 0 to 100.
        register: Percentile of the mean pitch of the game's pieces, 0 to 100.
    """

    key: NamedKey | None = None
    mode: Mode | None = None
    meter: str | None = None
    density: int | None = None
    register: int | None = None

    @property
    def wanted_mode(self) -> Mode | None:
        """The mode that is given or that the key has."""
        return self.key.mode if self.key else self.mode

    @property
    def members(self) -> dict[str, str | int]:
        """What is given, by name."""
        given = {
            "key": self.key.name if self.key else None,
            "mode": str(self.mode) if self.mode else None,
            "meter": self.meter,
            "density": self.density,
            "register": self.register,
        }
        return {name: value for name, value in given.items() if value is not None}

    @property
    def terms(self) -> str:
        """What is given, in a line: mode=minor, density=90."""
        return ", ".join(f"{name}={value}" for name, value in self.members.items())


ANY_CHARACTER = Character()

MOODS = {
    "bright": Character(mode=Mode.MAJOR, density=60, register=80),
    "calm": Character(density=10, register=50),
    "dark": Character(mode=Mode.MINOR, density=40, register=10),
    "lively": Character(density=90, register=60),
    "sad": Character(mode=Mode.MINOR, density=15, register=50),
    "tense": Character(mode=Mode.MINOR, density=90, register=30),
}


def target_of(character: Character, music: GameMusic) -> Target:
    """Return what the notes of a song are to measure.

    Raises:
        CharacterError: It needs pieces to compare with, and the game has none.
    """
    densities = [piece.notes_per_beat for piece in music.measures]
    registers = [piece.mean_pitch for piece in music.measures]
    return Target(
        keys=_keys(character),
        density=_goal("density", character.density, densities),
        register=_goal("register", character.register, registers),
    )


def _keys(character: Character) -> Keys:
    if character.key:
        return frozenset({(character.key.tonic, character.key.mode)})
    if character.mode:
        return frozenset((tonic, character.mode) for tonic in range(12))
    return frozenset()


def _goal(parameter: str, percentile: int | None, values: Sequence[float]) -> Goal | None:
    if percentile is None:
        return None
    if not values:
        raise CharacterError(parameter, "left out: the game's model has no pieces to compare with")
    return Goal(float(np.percentile(values, percentile)), max(float(np.std(values)), _LEAST_SPREAD))


def fitting_opening(music: GameMusic, character: Character, seed: int) -> Opening:
    """Choose the opening that a song of this character continues, in the wanted key.

    The seed chooses among all openings that fit or, where the notes have a target, among the
    nearest third of them, at least two.

    Raises:
        NoOpeningsError: The game has none.
        CharacterError: None fits; the message says what would.
    """
    openings = music.openings
    if not openings:
        raise NoOpeningsError("the game has no openings")
    if character == ANY_CHARACTER:
        return openings[seed % len(openings)]
    target = target_of(character, music)
    fitting = _in_mode(_in_meter(music.opening_notes, character), character)
    in_key = list(_in_key(music, fitting, character))
    if not in_key:
        raise CharacterError("key", "another key: the game's model cannot read an opening in it")
    nearest = sorted(in_key, key=lambda one: target.distance(one.notes, one.ticks))
    if not target.is_anything:
        nearest = nearest[: max(_FEWEST, len(nearest) // _NEAREST_SHARE)]
    return nearest[seed % len(nearest)].opening


def _in_meter(openings: Sequence[OpeningNotes], character: Character) -> list[OpeningNotes]:
    if character.meter is None:
        return list(openings)
    fitting = [one for one in openings if _name(one.opening.meter) == character.meter]
    if not fitting:
        meters = sorted({_name(one.opening.meter) for one in openings})
        raise CharacterError("meter", f"{_listed(meters)}, in which the game's pieces begin")
    return fitting


def _in_mode(openings: Sequence[OpeningNotes], character: Character) -> list[OpeningNotes]:
    mode = character.wanted_mode
    if mode is None:
        return list(openings)
    fitting = [one for one in openings if one.key.mode is mode]
    if not fitting:
        (other,) = set(Mode) - {mode}
        meter = f" in {character.meter}" if character.meter else ""
        why = f"all of the game's pieces{meter} begin in {other} keys"
        if character.key:
            raise CharacterError("key", f"a {other} key: {why}")
        raise CharacterError("mode", f"{other}: {why}")
    return fitting


def _in_key(
    music: GameMusic, openings: Iterable[OpeningNotes], character: Character
) -> Iterable[OpeningNotes]:
    """Transpose openings into the wanted key, by up to 6 semitones; leave out what has no tokens."""
    for one in openings:
        if character.key is None:
            yield one
            continue
        semitones = (character.key.tonic - one.key.tonic + 5) % 12 - 5
        notes = one.notes.transposed(semitones)
        try:
            tokens = tuple(music.codec.encode(notes).tolist())
        except TokenError:
            continue
        yield OpeningNotes(replace(one.opening, tokens=tokens), notes)


def _name(meter: TimeSignature) -> str:
    return f"{meter.numerator}/{meter.denominator}"


def _listed(names: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
