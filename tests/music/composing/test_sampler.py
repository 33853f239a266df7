"""The sampling loop: invalid chunks are resampled, a bounded number of times."""

from dataclasses import dataclass

import numpy as np
import pytest

from music.codec import Cursor, open_codec
from music.codec.notetuple import BandTuple
from music.composing.brief import Brief
from music.composing.game_music import GameMusic
from music.composing.model import Draw, SongState
from music.composing.observer import Unobserved
from music.composing.sampler import Sampler
from music.errors import NotMusicError
from music.notes import Notes
from music.players.roles import DRUMS
from music.quotes.bound import ATTEMPTS
from music.quotes.finder import QuoteFinder, QuoteState
from tests.music.bands import FLUTE

VOCABULARY = (("TimeShift_0", "TimeShift_6"), ("Pitch_60", "Pitch_62"), ("Duration_6",))
MUSIC = GameMusic(open_codec("notetuple", VOCABULARY), QuoteFinder(()), 6, 120.0, (), ())


class Counting(Unobserved):
    def __init__(self):
        self.resamplings = 0

    def resampled(self):
        self.resamplings += 1


@dataclass(frozen=True)
class Sampled:
    latest_notes: int = 0
    is_degenerate: bool = False
    sampled_notes: int = 8

    @property
    def quote_state(self):
        return QuoteState(latest_notes=self.latest_notes)


RIGHT, QUOTING, DEGENERATE = Sampled(), Sampled(latest_notes=7), Sampled(is_degenerate=True)


def sampled(*attempts, may_drop_all=False, **brief):
    observer = Counting()
    sampler = Sampler(None, MUSIC, Brief(1, **brief), observer)

    def attempted(number, attempt):
        assert attempt is ATTEMPTS[number]
        return attempts[min(number, len(attempts) - 1)]

    return sampler.until_right(attempted, may_drop_all=may_drop_all), observer.resamplings


def test_a_valid_first_attempt_is_not_resampled():
    assert sampled([RIGHT, QUOTING]) == ([RIGHT], 0)


def test_an_invalid_attempt_is_resampled_until_one_is_valid():
    assert sampled([QUOTING], [DEGENERATE, QUOTING], [RIGHT]) == ([RIGHT], 2)


def test_the_bound_on_quotes_is_the_games_unless_the_brief_has_one():
    assert sampled([QUOTING], max_quote=7) == ([QUOTING], 0)


def test_resampling_is_bounded_and_takes_the_closest_attempt():
    closest = Sampled(latest_notes=8, sampled_notes=9)
    shorter, longer = Sampled(latest_notes=8), Sampled(latest_notes=9, sampled_notes=20)
    found, resamplings = sampled([DEGENERATE, longer], [shorter, closest], [DEGENERATE])
    assert found == [closest]
    assert resamplings == len(ATTEMPTS) - 1


def test_with_others_to_continue_all_that_is_wrong_may_be_dropped():
    assert sampled([QUOTING], may_drop_all=True) == ([], 0)


def test_a_token_outside_of_the_vocabulary_is_not_music():
    sampler = Sampler(None, MUSIC, Brief(1), Counting())
    with pytest.raises(NotMusicError, match="token 99 is not in a vocabulary of 6"):
        sampler.decoded([99], Cursor())


KICK, SNARE, COWBELL = 36, 38, 56
BANDS = BandTuple.over()
BAND = GameMusic(BANDS, QuoteFinder(()), 6, 120.0, (), ())


@pytest.mark.parametrize(
    ("drums", "left"),
    [
        (None, [KICK, COWBELL, SNARE, COWBELL]),
        (frozenset({KICK, SNARE}), [KICK, SNARE, COWBELL]),
        (frozenset({COWBELL}), [COWBELL, COWBELL]),
    ],
)
def test_only_the_drums_of_the_band_play_and_all_its_other_notes(drums, left):
    roles = [DRUMS, DRUMS, DRUMS, FLUTE]  # the flute's pitch is the cowbell's key
    notes = Notes.of([0, 12, 24, 36], [12] * 4, [KICK, COWBELL, SNARE, COWBELL], roles)
    tokens = BANDS.encode(notes)
    draw = Draw(tokens, np.zeros(len(tokens), np.float32), SongState(np.zeros(1, np.float32), 0))
    sampler = Sampler(None, BAND, Brief(1), Counting(), drums)
    sampled, cursor = sampler.chunk_decoded(draw, Cursor())
    assert sampled.pitch.tolist() == left
    assert cursor.onset_ticks == 36
