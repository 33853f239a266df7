"""Velocities: louder where a player would be, the same for the same notes, streamed or not."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from music.expression.dynamics import (
    FLAT,
    SHAPED,
    VELOCITY_RANGE,
    Dynamics,
    Shaper,
    is_expressive,
    learned_dynamics,
)
from music.notes import Notes
from music.performance import Performance
from music.piece import Piece, TimeSignature
from music.reading import read_midi
from tests.music.support import gridded, raw_notes

COMMON_TIME = (TimeSignature(0, 4, 4),)
GAMES = Path(__file__).parents[4] / "shared" / "midi"

signatures = st.sampled_from(
    [
        COMMON_TIME,
        (TimeSignature(-36, 4, 4),),
        (TimeSignature(-12, 3, 4), TimeSignature(60, 6, 8)),
        (TimeSignature(24, 7, 8),),
        (TimeSignature(0, 1, 64),),
    ]
)


def velocities(notes, in_meter=COMMON_TIME, dynamics=SHAPED):
    return Shaper(in_meter, dynamics).velocities(notes)


def line(pitches, ticks=12):
    return Notes.of(range(0, ticks * len(pitches), ticks), [ticks] * len(pitches), pitches)


@pytest.mark.parametrize(
    ("meter", "places"),
    [
        (TimeSignature(0, 4, 4), [0, 24, 12, 6]),
        (TimeSignature(0, 3, 4), [0, 12, 6]),
        (TimeSignature(0, 6, 8), [0, 18, 6, 3]),
        (TimeSignature(-12, 4, 4), [36, 12, 24, 30]),
    ],
    ids=str,
)
def test_the_stronger_the_place_in_the_bar_the_louder(meter, places):
    bar = 2 * meter.bar_ticks  # in the middle of a phrase, where its arch hardly rises
    onsets = sorted(bar + place for place in places)
    of_place = dict(zip(onsets, velocities(line_at(onsets), (meter,)).tolist(), strict=True))
    loudness = [of_place[bar + place] for place in places]
    assert loudness == sorted(loudness, reverse=True)
    assert len(set(loudness)) == len(loudness)


def line_at(onsets):
    return Notes.of(onsets, [3] * len(onsets), [72] * len(onsets))


def test_the_top_of_a_chord_is_the_loudest_and_the_bass_the_softest():
    chords = Notes.of(np.repeat(range(0, 96, 12), 4), [12] * 32, [43, 60, 64, 72] * 8)
    by_chord = velocities(chords).reshape(8, 4)
    assert (np.diff(by_chord, axis=1) >= 0).all()
    assert (by_chord[:, 3] - by_chord[:, 0] >= 10).all()


def test_an_accompaniment_under_a_held_melody_stays_soft():
    onsets, pitches = [0, 12, 24, 36], [76, 52, 55, 52]
    melody, *accompaniment = velocities(Notes.of(onsets, [48, 12, 12, 12], pitches)).tolist()
    assert max(accompaniment) < melody - 10


def test_a_phrase_of_four_bars_rises_and_falls():
    downbeats = line([72] * 12, ticks=48)
    first, second, third, fourth, *again = velocities(downbeats).tolist()[4:]
    assert first < second < third > fourth > first
    assert again == [first, second, third, fourth]


def test_off_is_one_velocity():
    assert set(velocities(line([40, 90, 60, 72] * 8), dynamics=FLAT).tolist()) == {80}


@given(raw_notes, signatures, st.floats(48, 104), st.floats(0, 16), st.data())
def test_velocities_do_not_depend_on_later_notes(raw, in_meter, level, spread, data):
    notes, dynamics = gridded(raw), Dynamics(level, spread)
    whole = velocities(notes, in_meter, dynamics)
    assert ((whole >= VELOCITY_RANGE[0]) & (whole <= VELOCITY_RANGE[1])).all()
    shaper, parts, at = Shaper(in_meter, dynamics), [], 0
    while at < len(notes):
        until = data.draw(st.integers(at + 1, len(notes)))
        parts.append(shaper.velocities(notes[at:until]))
        at = until
    assert np.concatenate([*parts, np.zeros(0)]).tolist() == whole.tolist()


@given(raw_notes, signatures)
def test_velocities_do_not_depend_on_the_order_within_an_onset(raw, in_meter):
    notes = gridded(raw)
    downwards = np.lexsort((-notes.pitch, notes.onset_ticks))
    back = velocities(notes[downwards], in_meter)
    assert np.array_equal(back, velocities(notes, in_meter)[downwards])


def performed(*velocity):
    notes = line([60] * len(velocity))
    sounding = notes.duration_ticks.astype(np.float32)
    return Piece("x", notes, performance=Performance(np.array(velocity, np.int32), sounding))


PLAYED = performed(*range(50, 71))
QUIET = performed(*range(20, 41))
TWO_TRACKS = performed(*[100, 60] * 10)


@pytest.mark.parametrize(
    ("pieces", "learned"),
    [
        ([], SHAPED),
        ([TWO_TRACKS, TWO_TRACKS], SHAPED),
        ([PLAYED, TWO_TRACKS, TWO_TRACKS], SHAPED),
        ([PLAYED, TWO_TRACKS], Dynamics(60.0, 6.1)),
        ([PLAYED, Piece("score", line([60]))], Dynamics(60.0, 6.1)),
        ([QUIET], Dynamics(48.0, 6.1)),
        ([performed(*[1, 127] * 10, *range(20, 30))], Dynamics(50.8, 16.0)),
    ],
)
def test_level_and_spread_are_learned_if_half_of_the_pieces_are_expressive(pieces, learned):
    assert learned_dynamics(pieces) == learned


@pytest.mark.skipif(not GAMES.is_dir(), reason="the games' pieces are not at hand")
@pytest.mark.parametrize(
    ("game", "file", "expressive"),
    [
        ("majoras_mask", "Deku Palace.mid", True),
        ("majoras_mask", "The Mayors Office.mid", True),
        ("majoras_mask", "Clock Town.mid", False),
        ("ocarina_of_time", "Temple of Time.mid", False),
        ("ocarina_of_time", "Lost Woods.mid", False),
        ("ocarina_of_time", "Song of Storms.mid", True),
    ],
)
def test_expressive_files_are_distinguished(game, file, expressive):
    piece = read_midi((GAMES / game / file).read_bytes(), file)
    assert piece.performance is not None
    assert is_expressive(piece.performance.velocity) == expressive


@pytest.mark.skipif(not GAMES.is_dir(), reason="the games' pieces are not at hand")
def test_one_real_game_is_expressive_and_another_is_not():
    learned = {
        game: learned_dynamics(
            read_midi(path.read_bytes(), path.stem) for path in sorted((GAMES / game).glob("*.mid"))
        )
        for game in ("majoras_mask", "ocarina_of_time")
    }
    assert learned["ocarina_of_time"] == SHAPED
    assert 55 < learned["majoras_mask"].level < 70
    assert 4 < learned["majoras_mask"].spread < 8
