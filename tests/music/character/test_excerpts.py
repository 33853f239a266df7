"""The character of songs: which excerpt they continue, and what their notes are to measure."""

import pytest

from music.character.excerpts import fitting_prompt
from music.character.measures import target_of
from music.character.wanted import MOODS, Character
from music.codec import BOS
from music.codec.notetuple import NoteTuple
from music.composing.brief import Brief
from music.composing.composition import Composition
from music.composing.continuation import Continuation
from music.composing.game_music import GameMusic
from music.description import LearnedPiece, Opening
from music.errors import CharacterError, NoOpeningsError
from music.keys import Mode, NamedKey, find_key
from music.notes import Notes
from music.piece import TimeSignature
from music.quotes.finder import QuoteFinder

CODEC = NoteTuple.over()
MAJOR, MINOR = (0, 4, 7, 12, 7, 4), (0, 3, 7, 12, 7, 3)


def piece(name: str, steps: tuple[int, ...], tonic: int, ticks: int) -> LearnedPiece:
    """Break a chord, a note every so many ticks."""
    pitches = [tonic + step for step in steps] * 4
    onsets = range(0, ticks * len(pitches), ticks)
    return LearnedPiece(name, Notes.of(onsets, [ticks] * len(pitches), pitches))


PIECES = (
    piece("low and sparse, in C", MAJOR, 36, 12),
    piece("high and dense, in D", MAJOR, 74, 3),
    piece("of the middle, in E minor", MINOR, 52, 6),
    piece("a waltz in C minor", MINOR, 60, 6),
)
METERS = (4, 4, 4, 3)


def music(pieces=PIECES, meters=METERS) -> GameMusic:
    openings = [
        Opening(
            each.name, tuple(CODEC.encode(each.notes).tolist()), 90.0, (TimeSignature(0, beats, 4),)
        )
        for each, beats in zip(pieces, meters, strict=True)
    ]
    return GameMusic(CODEC, QuoteFinder(()), 6, 90.0, tuple(openings), (), pieces=pieces)


MUSIC = music()


def opening(character: Character, seed: int) -> Opening:
    target = target_of(character, MUSIC.measures)
    return fitting_prompt(MUSIC.excerpts, CODEC, character, target, seed)


def chosen(character: Character) -> set[str]:
    return {opening(character, seed).piece for seed in range(8)}


@pytest.mark.parametrize(
    ("character", "number"),
    [
        (Character(density=0), 0),
        (Character(density=100), 1),
        (Character(register=0), 0),
        (Character(register=100), 1),
        (Character(mode=Mode.MINOR), 2),
        (Character(meter="3/4"), 3),
        (Character(meter="3/4", density=0), 3),
    ],
)
def test_a_song_of_a_character_may_continue_the_opening_that_has_it(character, number):
    assert PIECES[number].name in chosen(character)


def test_without_a_character_the_seed_chooses_among_all_openings():
    prompts = {Continuation.of_opening(MUSIC, seed).prompt.tokens for seed in range(4)}
    assert prompts == {(BOS, *each.tokens) for each in MUSIC.openings}


def test_only_openings_of_the_mode_and_the_meter_are_chosen():
    assert chosen(Character(mode=Mode.MAJOR)) <= {each.name for each in PIECES[:2]}
    assert chosen(Character(mode=Mode.MINOR)) <= {each.name for each in PIECES[2:]}
    assert chosen(Character(meter="4/4")) == {each.name for each in PIECES[:3]}
    assert chosen(Character(meter="3/4", mode=Mode.MINOR)) == {PIECES[3].name}


@pytest.mark.parametrize("name", ["C", "Db", "F#", "B", "Am", "Bbm", "F#m"])
def test_an_opening_is_transposed_into_the_key_by_6_semitones_at_most(name):
    key = NamedKey.of(name)
    for seed in range(8):
        found_opening = opening(Character(key=key), seed)
        notes, _ = CODEC.decode(found_opening.tokens)
        found = find_key(notes)
        assert (found.tonic, found.mode) == (key.tonic, key.mode)
        (original,) = (each.notes for each in PIECES if each.name == found_opening.piece)
        assert set((notes.pitch - original.pitch).tolist()) <= set(range(-6, 7))
        assert len(set((notes.pitch - original.pitch).tolist())) == 1


@pytest.mark.parametrize(
    ("character", "parameter", "message"),
    [
        (Character(meter="7/8"), "meter", "meter must be 3/4 or 4/4, in which the game's pieces"),
        (
            Character(meter="3/4", mode=Mode.MAJOR),
            "mode",
            "mode must be minor: all of the game's pieces in 3/4 begin in minor keys",
        ),
        (
            Character(meter="3/4", key=NamedKey.of("C")),
            "key",
            "key must be a minor key: all of the game's pieces in 3/4 begin in minor keys",
        ),
    ],
)
def test_what_the_game_has_not_is_refused_with_what_it_has(character, parameter, message):
    with pytest.raises(CharacterError) as refusal:
        opening(character, 0)
    assert str(refusal.value).startswith(message)
    assert refusal.value.parameter == parameter


def test_a_game_without_openings_or_pieces_has_no_character():
    with pytest.raises(NoOpeningsError):
        Continuation.of_opening(music((), ()), 0, Character(density=5))
    with pytest.raises(CharacterError, match="density must be left out"):
        target_of(Character(density=5), ())


def test_density_and_register_are_percentiles_of_the_pieces():
    target = target_of(Character(density=100, register=0), MUSIC.measures)
    assert target.density
    assert target.register
    assert (target.density.value, target.register.value) == (4.0, pytest.approx(41.667, abs=1e-3))
    middle = target_of(Character(density=50), MUSIC.measures)
    assert middle.density
    assert middle.density.value == 2.0
    assert middle.register is None


def test_pieces_that_do_not_differ_have_a_spread_too():
    alike = music(PIECES[2:3], (4,))
    target = target_of(Character(density=30), alike.measures)
    assert target.density
    assert target.density.distance(target.density.value) == 0
    assert target.density.spread > 0


def test_a_dense_song_of_so_many_notes_has_fewer_bars():
    bars = []
    for density in (0, 100):
        brief = Brief(3, notes=256, character=Character(density=density))
        plan = Composition.of(brief, MUSIC, Continuation.of_opening(MUSIC, 3, brief.character)).plan
        assert plan
        bars.append(plan.bars)
    assert bars == [64, 16]


def test_every_mood_stands_for_values_that_can_be_sent():
    for character in MOODS.values():
        assert character.key is None
        assert set(character.members) <= {"mode", "density", "register"}
        assert 0 <= character.members["density"] <= 100
