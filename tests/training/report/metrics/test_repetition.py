"""Repetition: runs that were played before, bars that return, similar bars."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from music.notes import Notes
from music.piece import Piece
from music.players.roles import role_of
from training.report.metrics.repetition import (
    Repetition,
    ends_a_played_run,
    follows_a_played_run,
    mean_repetition,
    repetition,
    similarity_error,
)

MELODY = [60, 64, 62, 67, 65, 69, 64, 60]  # a bar of eighths, in which nothing returns
OTHER = [72, 71, 74, 69, 76, 77, 70, 73]


def line(*pitches: int) -> Notes:
    return Notes.of(np.arange(len(pitches)) * 6, [6] * len(pitches), pitches)


def piece(*pitches: int) -> Piece:
    return Piece("x", line(*pitches))


lines = st.lists(st.integers(60, 63), min_size=1, max_size=40).map(lambda some: line(*some))


@pytest.mark.parametrize(
    ("pitches", "eight", "sixteen"),
    [
        ([*MELODY, *OTHER], 0, 0),
        ([*MELODY, *MELODY], 1 / 2, 0),
        ([*MELODY, *OTHER, *MELODY, *OTHER], 1 / 2, 1 / 2),
        ([*MELODY, *OTHER, *MELODY, 50, *MELODY[:-1], 51, *OTHER], 16 / 41, 0),
        ([60] * 16, 15 / 16, 0),
        (MELODY[:4], 0, 0),
    ],
    ids=["new", "a bar twice", "two bars twice", "cut short", "one key", "shorter than a run"],
)
def test_the_share_of_notes_in_runs_played_before(pitches, eight, sixteen):
    found = repetition(piece(*pitches))
    assert found.notes_in_runs_of_8_share == pytest.approx(eight)
    assert found.notes_in_runs_of_16_share == pytest.approx(sixteen)


def test_a_run_in_another_rhythm_or_key_is_a_different_run():
    twice = line(*MELODY, *MELODY)
    slower = Notes.of(np.append(np.arange(8) * 6, 48 + np.arange(8) * 12), [6] * 16, twice.pitch)
    higher = line(*MELODY, *(pitch + 1 for pitch in MELODY))
    for notes in (slower, higher):
        assert repetition(Piece("x", notes)).notes_in_runs_of_8_share == 0


def test_durations_do_not_count_in_runs():
    twice = line(*MELODY, *MELODY)
    held = Notes.of(twice.onset_ticks, [6] * 8 + [3] * 8, twice.pitch)
    assert repetition(Piece("x", held)).notes_in_runs_of_8_share == 1 / 2


def test_what_another_part_has_played_is_new():
    twice = line(*MELODY, *MELODY, *MELODY)
    flute, strings = role_of(9, 0), role_of(5, 0)
    band = replace(twice, role=np.repeat(np.int32([flute, strings, flute]), 8))
    found = repetition(Piece("x", band))
    assert found.notes_in_runs_of_8_share == pytest.approx(1 / 3)
    assert found.returning_bars_share == pytest.approx(1 / 3)
    assert found.bar_similarity[:2] == (0, 1)


@given(lines, st.integers(1, 6), st.integers(-12, 12), st.integers(0, 100))
def test_runs_are_the_same_in_another_key_and_later(notes, length, semitones, ticks):
    moved = Notes.of(notes.onset_ticks + ticks, notes.duration_ticks, notes.pitch + semitones)
    assert (ends_a_played_run(notes, length) == ends_a_played_run(moved, length)).all()


@given(lines, st.integers(1, 6))
def test_a_run_has_been_played_if_its_notes_occur_earlier(notes, length):
    pitches = notes.pitch.tolist()
    expected = [
        end + 1 >= length
        and any(
            pitches[start : start + length] == pitches[end - length + 1 : end + 1]
            for start in range(end - length + 1)
        )
        for end in range(len(pitches))
    ]
    assert ends_a_played_run(notes, length).tolist() == expected


def test_a_note_is_new_material_unless_the_four_before_it_were_played_before():
    found = follows_a_played_run(line(*MELODY, *MELODY[:5], 50, 51))
    assert np.flatnonzero(found).tolist() == [12, 13]


def test_bars_return_if_the_same_keys_are_struck_at_the_same_positions():
    bars = [MELODY, OTHER, MELODY, [*MELODY[:-1], 61]]
    found = repetition(piece(*(pitch for bar in bars for pitch in bar)))
    assert found.returning_bars_share == 1 / 4


def test_an_empty_bar_does_not_return():
    gap = Notes.of([0, 192], [6, 6], [60, 60])
    assert repetition(Piece("x", gap)).returning_bars_share == 1 / 2


def test_the_similarity_of_bars_by_distance():
    found = repetition(piece(*MELODY, *OTHER, *MELODY[:4], *OTHER[4:], *OTHER))
    assert found.bar_similarity[:4] == pytest.approx([2 * 1 / 3 / 3, (1 / 3 + 1) / 2, 0, None])
    assert len(found.bar_similarity) == 32


def test_the_mean_leaves_out_pieces_that_are_too_short():
    short, long = repetition(piece(*MELODY)), repetition(piece(*MELODY, *MELODY))
    mean = mean_repetition([short, long])
    assert mean.notes_in_runs_of_8_share == 1 / 4
    assert mean.bar_similarity[:2] == (1.0, None)


def test_the_similarity_error_uses_distances_known_for_both():
    these, those = (
        Repetition(0, 0, 0, (*values, *[None] * 29))
        for values in ((0.5, 0.2, None), (0.3, 0.5, 0.9))
    )
    assert similarity_error(these, those) == pytest.approx((0.2 + 0.3) / 2)
    assert similarity_error(these, these) == 0
    nothing = Repetition(0, 0, 0, (None,) * 32)
    assert similarity_error(nothing, those) is None
