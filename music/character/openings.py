"""The opening that a song of a character continues, chosen for it and transposed.

A song takes key, meter and texture from the opening that it continues.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from music.character.wanted import Character
from music.codec import Codec
from music.description import Opening
from music.errors import CharacterError, TokenError
from music.form.target import Target
from music.keys import Key, Mode, find_key
from music.notes import TICKS_PER_BEAT, Notes
from music.piece import TimeSignature

_NEAREST_SHARE = 2  # the nearest half of the openings may begin a song
_FEWEST = 2  # but so many where there are, since one opening makes all songs alike


@dataclass(frozen=True, eq=False)
class OpeningNotes:
    """An opening with its notes, one or more, from tick 0.

    Attributes:
        opening: Of a piece.
        notes: Its notes.
        likeness: How much its line-up is like the song's, 0 to 1.
    """

    opening: Opening
    notes: Notes
    likeness: float = 1.0

    @cached_property
    def key(self) -> Key:
        """The key that fits its notes best."""
        return find_key(self.notes)

    @property
    def ticks(self) -> int:
        """Up to the end of the beat in which its last note starts."""
        return (int(self.notes.onset_ticks[-1]) // TICKS_PER_BEAT + 1) * TICKS_PER_BEAT


def decoded(openings: Iterable[Opening], codec: Codec) -> tuple[OpeningNotes, ...]:
    """Decode openings; those without notes are left out.

    Raises:
        TokenError: A token is not in the vocabulary.
    """
    each = ((opening, codec.decode(opening.tokens)[0]) for opening in openings)
    return tuple(
        OpeningNotes(opening, notes.shifted(-int(notes.onset_ticks[0])))
        for opening, notes in each
        if len(notes)
    )


def meters_of(openings: Iterable[OpeningNotes]) -> tuple[str, ...]:
    """List the time signatures of openings, each once: 3/4, 4/4."""
    return tuple(sorted({_name(one.opening.meter) for one in openings}))


def modes_of(openings: Iterable[OpeningNotes]) -> tuple[Mode, ...]:
    """List the modes of openings, each once."""
    return tuple(sorted({one.key.mode for one in openings}))


def fitting_opening(
    openings: Sequence[OpeningNotes], codec: Codec, character: Character, target: Target, seed: int
) -> Opening:
    """Choose the opening that a song of a character continues, in the wanted key.

    The seed chooses among all openings that fit or, where the notes have a target or the song a
    line-up, among the nearest half of them, at least two.

    Args:
        openings: Of the game's pieces, one or more.
        codec: Of their tokens.
        character: Which the song is to have.
        target: What its notes are to measure.
        seed: 0 or more.

    Raises:
        CharacterError: None fits; the message says what would.
    """
    fitting = _in_mode(_in_meter(openings, character), character)
    in_key = list(_in_key(_most_alike(fitting), codec, character))
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
        meters = _listed(meters_of(openings))
        raise CharacterError("meter", f"{meters}, in which the game's pieces begin")
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


def _most_alike(openings: Sequence[OpeningNotes]) -> list[OpeningNotes]:
    """Return the half whose line-ups are most like the song's, and those that are as like."""
    likeness = sorted((one.likeness for one in openings), reverse=True)
    least = min(likeness[: max(_FEWEST, len(openings) // _NEAREST_SHARE)], default=0.0)
    return [one for one in openings if one.likeness >= least]


def _in_key(
    openings: Iterable[OpeningNotes], codec: Codec, character: Character
) -> Iterable[OpeningNotes]:
    """Transpose openings into the key, by up to 6 semitones; those without tokens are left out."""
    for one in openings:
        if character.key is None:
            yield one
            continue
        semitones = (character.key.tonic - one.key.tonic + 5) % 12 - 5
        notes = one.notes.transposed(semitones)
        try:
            tokens = tuple(codec.encode(notes).tolist())
        except TokenError:
            continue
        yield replace(one, opening=replace(one.opening, tokens=tokens), notes=notes)


def _name(meter: TimeSignature) -> str:
    return f"{meter.numerator}/{meter.denominator}"


def _listed(names: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
