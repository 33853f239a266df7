"""The excerpt of a piece that a song of a character continues, chosen for it and transposed.

A song takes key, meter and texture from the music that it continues. Openings of pieces are few,
and songs that continue the same two are alike; so four bars of a piece's middle may be continued.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import gcd

import numpy as np

from music.character.measures import Measures
from music.character.wanted import Character
from music.codec import Codec
from music.description import Opening
from music.errors import CharacterError, TokenError
from music.form.target import Target, density_of, register_of
from music.keys import Key, Mode, NamedKey, find_key, key_margin
from music.notes import TICKS_PER_BEAT, Notes
from music.piece import TimeSignature
from music.quotes.finder import NamedNotes

_TICKS = 16 * TICKS_PER_BEAT  # as openings have
_EVERY_BARS = 4
_FEWEST_NOTES = 8
_NEAREST_SHARE = 2  # the nearest half of the excerpts may begin a song
_FEWEST = 2  # but so many where there are, since one excerpt makes all songs alike
_GOLDEN_SECTION = 0.618
_MAJOR_KEYS = frozenset((tonic, Mode.MAJOR) for tonic in range(12))


@dataclass(frozen=True, eq=False)
class Excerpt:
    """Some bars of a piece.

    Attributes:
        opening: That of the piece.
        notes: One or more, from tick 0.
        time_signatures: As `Opening` has them.
        is_opening: Whether these bars are the piece's first.
        likeness: How much its line-up is like the song's, 0 to 1.
    """

    opening: Opening
    notes: Notes
    time_signatures: tuple[TimeSignature, ...]
    is_opening: bool = False
    likeness: float = 1.0

    @property
    def meter(self) -> str:
        """The time signature at its end, by name."""
        return _name(self.time_signatures[-1])

    @cached_property
    def key(self) -> Key:
        """The key that fits its notes best."""
        return find_key(self.notes)

    @cached_property
    def measures(self) -> Measures:
        """Its density, up to the end of the beat in which its last note starts, and register."""
        ticks = (int(self.notes.onset_ticks[-1]) // TICKS_PER_BEAT + 1) * TICKS_PER_BEAT
        return Measures(density_of(self.notes, ticks), register_of(self.notes))

    @cached_property
    def _major_margin(self) -> float:
        """How much better the best major key fits than the best minor key."""
        return key_margin(self.notes, _MAJOR_KEYS)

    def semitones(self, key: NamedKey | None) -> int:
        """Return by how much it is transposed to have its tonic in a key, -5 to 6."""
        return (key.tonic - self.key.tonic + 5) % 12 - 5 if key else 0

    def distance(self, character: Character, target: Target) -> float:
        """Return how far it is from a target, once it is transposed into the wanted key.

        Args:
            character: Whose mode it has.
            target: Of that character.
        """
        if character.key:
            margin = self.key.margin
        else:
            margin = self._major_margin * (1 if character.mode is Mode.MAJOR else -1)
        register = self.measures.register + self.semitones(character.key)
        return target.distance_of(margin, self.measures.density, register)

    def prompt_in(self, key: NamedKey | None, codec: Codec) -> Opening:
        """Return it as a song continues it, in a key or, without one, in its own.

        Raises:
            TokenError: The codec cannot write it in that key.
        """
        notes = self.notes.transposed(self.semitones(key))
        tokens = tuple(codec.encode(notes).tolist())
        return replace(self.opening, tokens=tokens, time_signatures=self.time_signatures)


def excerpts_of(
    openings: Iterable[Opening], pieces: Iterable[NamedNotes], codec: Codec
) -> tuple[Excerpt, ...]:
    """Cut the pieces of a game: their openings, and four bars from every fourth bar line on.

    Args:
        openings: Of pieces. Those without notes are left out.
        pieces: Found by name. One whose opening changes the meter is not cut further, and neither
            is one that is not given.
        codec: Of the openings' tokens.

    Raises:
        TokenError: A token is not in the vocabulary.
    """
    notes = {piece.name: piece.notes for piece in pieces}
    found: list[Excerpt] = []
    for opening in openings:
        first, _ = codec.decode(opening.tokens)
        if len(first):
            found.append(Excerpt(opening, _from_0(first), opening.time_signatures, is_opening=True))
            found += _later(opening, notes.get(opening.piece, first))
    return tuple(found)


def meters_of(excerpts: Iterable[Excerpt]) -> tuple[str, ...]:
    """List the time signatures in which pieces begin, each once: 3/4, 4/4."""
    return tuple(sorted({one.meter for one in excerpts if one.is_opening}))


def modes_of(excerpts: Iterable[Excerpt]) -> tuple[Mode, ...]:
    """List the modes of excerpts, each once."""
    return tuple(sorted({one.key.mode for one in excerpts}))


def fitting_prompt(
    excerpts: Sequence[Excerpt], codec: Codec, character: Character, target: Target, seed: int
) -> Opening:
    """Choose the excerpt that a song of a character continues, in the wanted key.

    Of a song with a line-up, those count whose own is most like it. The seed chooses among all
    excerpts that fit or, where the notes have a target, among those on
    target, and the nearest half in any case, at least two.

    Args:
        excerpts: Of the game's pieces, one or more.
        codec: Writes their tokens.
        character: Which the song is to have.
        target: What its notes are to measure.
        seed: 0 or more.

    Raises:
        CharacterError: None fits; the message says what would.
    """
    fitting = _most_alike(_in_mode(_in_meter(excerpts, character), character))
    nearest = sorted(fitting, key=lambda one: one.distance(character, target))
    on_target = sum(one.distance(character, target) <= 0 for one in nearest)
    count = min(len(nearest), max(_FEWEST, len(nearest) // _NEAREST_SHARE, on_target))
    first = seed * _stride(count) % count
    for one in [*nearest[first:count], *nearest[:first], *nearest[count:]]:
        try:
            return one.prompt_in(character.key, codec)
        except TokenError:
            continue
    raise CharacterError("key", "another key: the game's model cannot read an excerpt in it")


def later_excerpts(
    excerpts: Iterable[Excerpt], opening: Opening, character: Character, seed: int
) -> tuple[Excerpt, ...]:
    """Choose the excerpts that the later sections of a song continue.

    They are of the middle of the piece that the song continues, in its meter and the wanted mode.

    Args:
        excerpts: Of the game's pieces.
        opening: What the song continues.
        character: Which the song is to have.
        seed: Chooses the first one; the others follow as in the piece, its first after its last.
    """
    mode = character.wanted_mode
    fitting = [
        one
        for one in excerpts
        if one.opening.piece == opening.piece
        and not one.is_opening
        and one.meter == _name(opening.meter)
        and (mode is None or one.key.mode is mode)
    ]
    first = seed % len(fitting) if fitting else 0
    return (*fitting[first:], *fitting[:first])


def _most_alike(excerpts: Sequence[Excerpt]) -> list[Excerpt]:
    """Return the half whose line-ups are most like the song's, and those that are as like."""
    likeness = sorted((one.likeness for one in excerpts), reverse=True)
    least = min(likeness[: max(_FEWEST, len(excerpts) // _NEAREST_SHARE)], default=0.0)
    return [one for one in excerpts if one.likeness >= least]


def _stride(count: int) -> int:
    """Return how far the choices of two successive seeds are apart.

    Neighbours are of the same piece or alike. With a stride near the golden section, the songs of
    some successive seeds are not, and as many seeds as there are excerpts choose each of them.
    """
    return next(n for n in range(round(_GOLDEN_SECTION * count), 2 * count) if gcd(n, count) == 1)


def _later(opening: Opening, notes: Notes) -> Iterator[Excerpt]:
    """Cut a piece after its first bars."""
    if len(opening.time_signatures) > 1:
        return
    notes, meter = _from_0(notes), opening.meter
    every_ticks = _EVERY_BARS * meter.bar_ticks
    last_ticks = int(notes.onset_ticks[-1])
    for line in range(meter.start_ticks + every_ticks, last_ticks - every_ticks + 1, every_ticks):
        first, end = np.searchsorted(notes.onset_ticks, [line, line + _TICKS]).tolist()
        if end - first >= _FEWEST_NOTES:
            place_ticks = int(notes.onset_ticks[first]) - line
            signature = replace(meter, start_ticks=-(place_ticks % meter.bar_ticks))
            yield Excerpt(opening, _from_0(notes[first:end]), (signature,))


def _from_0(notes: Notes) -> Notes:
    return notes.shifted(-int(notes.onset_ticks[0]))


def _in_meter(excerpts: Sequence[Excerpt], character: Character) -> list[Excerpt]:
    """Choose openings alone where a meter is wanted: a piece may change it later."""
    if character.meter is None:
        return list(excerpts)
    fitting = [one for one in excerpts if one.is_opening and one.meter == character.meter]
    if not fitting:
        meters = _listed(meters_of(excerpts))
        raise CharacterError("meter", f"{meters}, in which the game's pieces begin")
    return fitting


def _in_mode(excerpts: Sequence[Excerpt], character: Character) -> list[Excerpt]:
    mode = character.wanted_mode
    if mode is None:
        return list(excerpts)
    fitting = [one for one in excerpts if one.key.mode is mode]
    if not fitting:
        (other,) = set(Mode) - {mode}
        which = f"pieces in {character.meter} begin" if character.meter else "music is"
        why = f"all of the game's {which} in {other} keys"
        if character.key:
            raise CharacterError("key", f"a {other} key: {why}")
        raise CharacterError("mode", f"{other}: {why}")
    return fitting


def _name(meter: TimeSignature) -> str:
    return f"{meter.numerator}/{meter.denominator}"


def _listed(names: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
