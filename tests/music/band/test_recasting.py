"""Music that another line-up plays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from music.band.instruments import INSTRUMENTS
from music.band.recasting import recast, recast_piece
from music.band.registers import usual_range, usual_register
from music.notes import Notes, cleaned, join
from music.performance import Performance
from music.piece import Piece, TempoChange, TimeSignature
from music.players.line_up import ONE_PIANO, LineUp
from music.players.roles import DRUMS, FAMILIES, role_of
from tests.music.bands import BASS, FLUTE, LINE_UP, NOTES, PIANO, VIOLA, VIOLIN, part

REED, ORGAN, HORN = (role_of(FAMILIES.index(family), 0) for family in ("reed", "organ", "brass"))
OBOE_AND_DRUMS = LineUp.of({REED: 68, DRUMS: 0})


def pitches(notes, role):
    return notes.pitch[notes.role == role].tolist()


def test_a_line_up_plays_its_own_music_unchanged():
    assert recast(NOTES, LINE_UP) == NOTES


def test_roles_that_the_line_up_has_stay_and_drums_are_left_out_without_drums():
    recast_ = recast(NOTES, LineUp.of({FLUTE: 73, BASS: 33}))
    assert set(recast_.role.tolist()) == {FLUTE, BASS}
    assert set(pitches(NOTES, FLUTE)) <= set(pitches(recast_, FLUTE))
    assert set(pitches(NOTES, BASS)) <= set(pitches(recast_, BASS))


def test_drums_stay_drums_and_keep_their_keys():
    assert pitches(recast(NOTES, OBOE_AND_DRUMS), DRUMS) == pitches(NOTES, DRUMS)


def test_one_piano_plays_what_it_would_play_of_a_band():
    assert recast(NOTES, ONE_PIANO) == NOTES.as_piano()


def test_each_free_player_takes_one_role_and_higher_players_take_higher_roles():
    quartet = LineUp.of({FLUTE: 73, REED: 68, HORN: 60, ORGAN: 19, BASS: 33})
    recast_ = recast(NOTES, quartet)
    assert pitches(recast_, REED) == pitches(NOTES, VIOLIN)
    assert set(recast_.role.tolist()) == set(quartet.roles)
    assert len(recast_) == len(NOTES.melodic())
    medians = [np.median(pitches(recast_, role)) for role in (REED, ORGAN, HORN)]
    assert medians == sorted(medians, reverse=True)


def test_a_low_role_goes_to_the_low_player_not_to_the_first_that_is_free():
    notes = cleaned(join([part(FLUTE, [0, 12], 12, [84, 86]), part(BASS, [0, 12], 12, [40, 43])]))
    strings = LineUp.of({FLUTE: 73, VIOLIN: 40, VIOLA: 42})  # a violin and a cello
    assert pitches(recast(notes, strings), VIOLA) == [40, 43]
    assert VIOLIN not in recast(notes, strings).role


@pytest.mark.parametrize(
    ("program", "heard"),
    [(68, [60, 62]), (70, [48, 50]), (72, [84, 86]), (73, [60, 62])],
)
def test_notes_move_by_octaves_only_into_the_range_of_their_player(program, heard):
    role = role_of(FAMILIES.index("reed" if program < 72 else "pipe"), 0)
    notes = part(PIANO, [0, 12], 12, [48, 50] if program == 70 else [60, 62])
    assert pitches(recast(notes, LineUp.of({role: program})), role) == heard


def test_high_notes_come_down_by_octaves():
    notes = part(PIANO, [0, 12], 12, [84, 86])
    assert pitches(recast(notes, LineUp.of({BASS: 33})), BASS) == [48, 50]


@pytest.mark.parametrize("program", range(128))
def test_every_instrument_has_a_usual_range_of_an_octave_or_more(program):
    lowest, highest = usual_range(program)
    assert 21 <= lowest <= highest - 12 <= 96
    assert INSTRUMENTS[program]
    assert usual_register(program) == (lowest + highest) / 2


roles = st.sets(st.integers(0, DRUMS - 1), min_size=1, max_size=15)


@given(roles, st.booleans(), st.lists(st.tuples(st.integers(0, 96), st.integers(1, 24),
       st.integers(21, 108), st.integers(0, DRUMS)), min_size=1, max_size=40))  # fmt: skip
def test_any_music_becomes_the_line_ups_own_with_the_same_onsets(of, drums, rows):
    line_up = LineUp.usual([*of, *([DRUMS] if drums else [])])
    notes = cleaned(Notes.of(*zip(*rows, strict=True)))
    recast_ = recast(notes, line_up)
    kept = notes if drums else notes.melodic()
    assert set(recast_.role.tolist()) <= set(line_up.roles)
    assert set(recast_.onset_ticks.tolist()) == set(kept.onset_ticks.tolist())
    assert recast(recast_, line_up) == recast_
    if len(recast_):
        start = int(recast_.onset_ticks[0])
        assert cleaned(recast_).shifted(start) == recast_


def test_a_piece_starts_with_its_first_note_when_its_drums_are_left_out():
    notes = cleaned(join([part(DRUMS, [0, 24], 3, [36, 38]), part(FLUTE, [48, 60], 12, [72, 74])]))
    piece = Piece(
        "with drums first",
        notes,
        tempos=(TempoChange(0, 90.0), TempoChange(24, 100.0), TempoChange(60, 110.0)),
        time_signatures=(TimeSignature(0, 3, 4),),
        performance=Performance(np.array([1, 2, 3, 4], np.int32), np.full(4, 6.0, np.float32)),
        line_up=LineUp.of({FLUTE: 73, DRUMS: 0}),
    )
    oboe = LineUp.of({REED: 68})
    moved = recast_piece(piece, oboe)
    assert moved.notes == part(REED, [0, 12], 12, [72, 74])
    assert moved.tempos == (TempoChange(0, 100.0), TempoChange(12, 110.0))
    assert moved.time_signatures == (TimeSignature(-12, 3, 4),)
    assert moved.performance == Performance(np.array([3, 4]), np.array([6.0, 6.0]))
    assert moved.line_up == oboe
