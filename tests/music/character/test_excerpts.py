"""The character of songs: which excerpt they continue, and what their notes are to measure."""

from collections.abc import Sequence

import pytest

from music.character.excerpts import Excerpt, excerpts_of, fitting_prompt, modes_of
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
from music.notes import Notes, join
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


def test_the_middle_of_a_piece_may_be_continued():
    """A piece begins within a bar in C minor, and goes on in C major, twice as dense."""
    minor, major = piece("", MINOR, 60, 6).notes, piece("", MAJOR, 60, 3).notes
    fifth_bar_ticks = 4 * 48 - 12
    later = join([major, major.shifted(96)]).shifted(fifth_bar_ticks)
    whole = LearnedPiece("of two keys", join([minor, later, later.shifted(192)]))
    start = TimeSignature(-12, 4, 4)
    tokens = tuple(CODEC.encode(minor).tolist())
    excerpts = excerpts_of([Opening(whole.name, tokens, 90.0, (start,))], [whole], CODEC)
    assert modes_of(excerpts) == ("major", "minor")
    found = prompt(Character(mode=Mode.MAJOR), 0, excerpts)
    assert find_key(CODEC.decode(found.tokens)[0]).mode is Mode.MAJOR
    assert found.time_signatures == (TimeSignature(0, 4, 4),)
    assert prompt(Character(mode=Mode.MINOR), 0, excerpts).time_signatures == (start,)


def prompt(character: Character, seed: int, excerpts: Sequence[Excerpt]) -> Opening:
    return fitting_prompt(excerpts, CODEC, character, target_of(character, ()), seed)


def walking(name: str, bars: int) -> LearnedPiece:
    """Walk up and down the scale of C, an eighth per note, four bars of 4/4 from each degree."""
    degrees = (0, 2, 4, 5, 7, 9, 11, 12)
    pitches = [36 + 12 * (n // 32) + degrees[n % 8] for n in range(8 * bars)]
    return LearnedPiece(name, Notes.of(range(0, 48 * bars, 6), [6] * 8 * bars, pitches))


LONG = (walking("short", 8), walking("long", 20))


def test_as_many_seeds_as_there_are_excerpts_choose_each_of_them():
    excerpts = music(LONG, (4, 4)).excerpts
    seeds = range(len(excerpts))
    found = {prompt(Character(mode=Mode.MAJOR), seed, excerpts) for seed in seeds}
    assert len(excerpts) == 5
    assert {(one.piece, min(one.tokens)) for one in found} == {
        (one.opening.piece, min(CODEC.encode(one.notes).tolist())) for one in excerpts
    }


def test_a_song_in_a_meter_continues_an_opening_since_a_piece_may_change_its_meter():
    game = music(LONG, (4, 3))
    for seed in range(8):
        found = prompt(Character(meter="3/4"), seed, game.excerpts)
        assert found == game.openings[1]


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
