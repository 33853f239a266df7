"""Notes on the grid: order, doublings, releases, transposition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from music.notes import HIGHEST_PITCH, LOWEST_PITCH, Notes, join, on_grid
from tests.music.support import gridded, raw_notes


@pytest.mark.parametrize(
    ("beats", "tick"),
    [(0.25, 3), (1 / 3, 4), (0.5, 6), (1.0, 12), (0.26, 3), (0.0, 1)],
    ids=["sixteenth", "triplet", "eighth", "quarter", "a little late", "no length at all"],
)
def test_durations_fall_on_the_grid(beats, tick):
    assert on_grid([0], [beats], [60]).duration_ticks.tolist() == [tick]


def test_notes_are_ordered_by_onset_and_then_by_pitch():
    notes = on_grid([1, 0, 0], [1, 1, 1], [60, 64, 62])
    assert notes == Notes.of([0, 0, 12], [12, 12, 12], [62, 64, 60])


def test_a_piece_begins_with_its_first_note():
    assert on_grid([2.5], [1], [60]).onset_ticks.tolist() == [0]


def test_of_two_notes_that_start_together_on_a_key_the_longer_stays():
    assert on_grid([0, 0], [1, 2], [60, 60]) == Notes.of([0], [24], [60])


def test_a_note_ends_when_its_key_is_struck_again():
    assert on_grid([0, 1], [4, 1], [60, 60]) == Notes.of([0, 12], [12, 12], [60, 60])


def test_pitches_outside_of_the_piano_are_left_out():
    assert on_grid([0, 0, 0], [1, 1, 1], [20, 60, 109]).pitch.tolist() == [60]


@given(raw_notes)
def test_notes_on_the_grid_are_clean(raw):
    notes = gridded(raw)
    strikes = list(zip(notes.onset_ticks.tolist(), notes.pitch.tolist(), strict=True))
    assert strikes == sorted(set(strikes))
    assert (notes.duration_ticks >= 1).all()
    assert not len(notes) or notes.onset_ticks[0] == 0
    for key in set(notes.pitch.tolist()):
        same = notes[notes.pitch == key]
        assert (same.onset_ticks[:-1] + same.duration_ticks[:-1] <= same.onset_ticks[1:]).all()


@given(raw_notes, st.integers(-24, 24))
def test_transposing_keeps_pitch_classes_and_the_range_of_a_piano(raw, semitones):
    notes = gridded(raw)
    moved = notes.transposed(semitones)
    assert ((moved.pitch - notes.pitch - semitones) % 12 == 0).all()
    assert ((moved.pitch >= LOWEST_PITCH) & (moved.pitch <= HIGHEST_PITCH)).all()


def test_transposing_moves_every_pitch_within_the_range():
    assert Notes.of([0], [1], [60]).transposed(-5).pitch.tolist() == [55]


def test_joining_concatenates_notes():
    a, b = Notes.of([0], [1], [60]), Notes.of([5], [2], [61])
    assert join([a, b]) == Notes.of([0, 5], [1, 2], [60, 61])
    assert len(join([])) == 0


def test_selecting_and_ending():
    notes = Notes.of([0, 6], [12, 3], [60, 61])
    assert notes[np.array([False, True])] == Notes.of([6], [3], [61])
    assert notes.end_ticks == 12
    assert Notes.of([], [], []).end_ticks == 0


def test_the_indices_of_a_part_among_all_notes():
    whole = Notes.of([0, 0, 6, 6, 12], [6] * 5, [60, 64, 62, 65, 60])
    part = whole[[4, 2, 2, 1]]
    assert whole.places_of(part).tolist() == [1, 2, 4]
    assert whole.places_of(whole).tolist() == [0, 1, 2, 3, 4]
