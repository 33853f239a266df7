"""Songs of bands, composed by the service's own loop with a network of random weights."""

from dataclasses import replace

import numpy as np
import pytest

from music.codec.notetuple import BandTuple
from music.composing.brief import Brief
from music.composing.composition import Composition
from music.composing.continuation import Continuation
from music.piece import Piece, constant_tempo
from music.players.line_up import LineUp
from music.players.roles import DRUMS
from tests.training.conftest import TINY
from tests.training.export.models import random_model
from tests.training.memory.band_music import BASS, FLUTE, STRINGS, random_band
from training.report.generation import InProcessModel, learned_music

pytestmark = pytest.mark.slow

CODEC = BandTuple.over()
LINE_UP = LineUp.of({BASS: 33, STRINGS: 40, FLUTE: 73, DRUMS: 0})


def piece(seed: int) -> Piece:
    notes, _ = CODEC.decode(CODEC.merge_fields(random_band(seed, 200)))
    notes = notes.shifted(-int(notes.onset_ticks[0]))
    return Piece(f"piece {seed}", notes, constant_tempo(120.0), line_up=LINE_UP)


MUSIC = learned_music([piece(seed) for seed in range(3)], CODEC)


@pytest.fixture(scope="module")
def model():
    network = random_model(replace(TINY.network, dense_units=()), CODEC.field_sizes)
    return InProcessModel(network, CODEC)


def composed(model, **wanted) -> Piece:
    brief = Brief(seed=5, bars=4, form=("A", "A", "B", "A"), **wanted)
    composition = Composition.of(brief, MUSIC, Continuation.of_opening(MUSIC, brief.seed))
    return composition.composed(model, "song")


def test_a_song_has_the_line_up_of_the_piece_whose_opening_it_continues(model):
    song = composed(model)
    assert song.line_up == LINE_UP
    roles = set(song.notes.role.tolist())
    assert len(roles) > 1
    assert roles <= set(LINE_UP.roles)


def test_equal_sections_are_equal_in_all_parts(model):
    song = composed(model, ending=False)
    bar_ticks = song.time_signatures[0].bar_ticks

    def bar(number: int):
        starts = song.notes.onset_ticks // bar_ticks == number
        notes = song.notes[starts]
        return set(zip(notes.onset_ticks % bar_ticks, notes.key, strict=True))

    assert bar(0) == bar(1) == bar(3)
    assert bar(2) != bar(0)


def test_the_same_seed_gives_the_same_song(model):
    assert composed(model).notes == composed(model).notes


def test_a_song_that_continues_nothing_has_a_line_up_of_the_game(model):
    continuation = Continuation.of_nothing(MUSIC, seed=1)
    brief = Brief(seed=1, bars=2)
    song = Composition.of(brief, MUSIC, continuation).composed(model, "song")
    assert song.line_up == LINE_UP
    assert np.isin(song.notes.role, LINE_UP.roles).all()
