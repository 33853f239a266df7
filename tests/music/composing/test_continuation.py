"""What a song takes from the music that it continues: the drums of a band."""

import pytest

from music.character.wanted import Character
from music.codec.notetuple import BandTuple
from music.composing.continuation import Continuation
from music.composing.game_music import GameMusic
from music.description import LearnedPiece, Opening
from music.keys import Mode
from music.notes import Notes, join
from music.piece import Piece, TimeSignature, constant_tempo
from music.players.line_up import LineUp
from music.players.roles import DRUMS
from music.quotes.finder import QuoteFinder
from tests.music.bands import FLUTE, part

CODEC = BandTuple.over()
LINE_UP = LineUp.of({FLUTE: 73, DRUMS: 0})
KICK, SNARE, CRASH, COWBELL = 36, 38, 49, 56
METER = (TimeSignature(0, 4, 4),)


def melody(*drums: int) -> Notes:
    """Play eight bars of C major, with one stroke of each drum near the end."""
    flute = part(FLUTE, range(0, 384, 12), 12, [72, 76, 79, 84] * 8)
    return join([flute, part(DRUMS, range(384, 384 + 12 * len(drums), 12), 6, list(drums))])


def learned(name: str, *drums: int) -> tuple[LearnedPiece, Opening]:
    notes = melody(*drums)
    tokens = CODEC.encode(notes[notes.onset_ticks < 192]).tolist()
    return LearnedPiece(name, notes), Opening(name, tuple(tokens), 120.0, METER, line_up=LINE_UP)


PIECES, OPENINGS = zip(
    learned("march", KICK, SNARE, CRASH),
    learned("samba", COWBELL, KICK),
    learned("air"),
    strict=True,
)
MUSIC = GameMusic(CODEC, QuoteFinder(()), 6, 120.0, OPENINGS, (), pieces=PIECES)
PIECE = Piece("own", melody(COWBELL), constant_tempo(120.0), METER, line_up=LINE_UP)

BEGUN = {
    "an opening": lambda seed: Continuation.of_opening(MUSIC, seed),
    "nothing": lambda seed: Continuation.of_nothing(MUSIC, seed),
}


@pytest.mark.parametrize("what", BEGUN)
def test_a_band_has_the_drums_of_the_piece_whose_line_up_it_has(what):
    assert BEGUN[what](0).drums == {KICK, SNARE, CRASH}
    assert BEGUN[what](1).drums == {COWBELL, KICK}


@pytest.mark.parametrize("what", BEGUN)
def test_if_the_piece_has_no_drums_the_band_has_all(what):
    assert BEGUN[what](2).drums is None


def test_with_wishes_it_is_the_piece_that_fits_them():
    wishes = {"character": Character(mode=Mode.MAJOR), "line_up": LINE_UP}
    chosen = {Continuation.of_opening(MUSIC, seed, **wishes).drums for seed in range(12)}
    assert chosen == {frozenset({KICK, SNARE, CRASH}), frozenset({COWBELL, KICK}), None}


def test_a_band_that_continues_nothing_in_a_line_up_of_the_callers_has_all_drums():
    assert Continuation.of_nothing(MUSIC, 0, LINE_UP).drums is None


def test_new_bars_of_an_uploaded_song_have_its_drums_and_those_after_a_primer_all():
    assert Continuation.of_revision(MUSIC, PIECE, is_start_kept=True).drums == {COWBELL}
    assert Continuation.of_theme(MUSIC, PIECE).drums == {COWBELL}
    assert Continuation.of_primer(MUSIC, PIECE, is_lead=True).drums is None


def test_a_piece_of_which_the_bundle_has_no_notes_does_not_limit_the_drums():
    music = GameMusic(CODEC, QuoteFinder(()), 6, 120.0, OPENINGS, ())
    assert Continuation.of_opening(music, 0).drums is None
