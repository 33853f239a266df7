"""Written lengths, recovered from the lengths of sequencers."""

import numpy as np
import pytest
from hypothesis import given

from music.expression.articulation import (
    LEGATO,
    WRITTEN_TICKS,
    Articulation,
    LengthShare,
    as_written,
    learned_articulation,
)
from music.notes import Notes, join
from music.performance import Performance
from music.piece import Piece
from music.players.roles import DRUMS
from tests.music.support import gridded, raw_notes


@pytest.mark.parametrize(
    ("duration", "next_onset", "written"),
    [
        (11, 12, 12),
        (10, 12, 12),
        (5, 6, 6),
        (22, 24, 24),
        (43, 48, 48),
        (7, 8, 8),
        (13, 48, 12),
        (23, 48, 24),
        (47, 240, 48),
        (12, 13, 12),
        (9, 12, 9),
        (3, 4, 3),
        (12, 48, 12),
        (20, 48, 18),
        (21, 48, 21),
    ],
    ids="{}".format,
)
def test_an_unwritable_length_becomes_the_intended_one(duration, next_onset, written):
    notes = Notes.of([0, next_onset], [duration, 12], [60, 64])
    assert as_written(notes).duration_ticks.tolist() == [written, 12]


def test_the_last_note_gets_the_nearest_length():
    assert as_written(Notes.of([0], [11], [60])).duration_ticks.tolist() == [12]


def test_a_key_that_is_struck_again_is_released_before():
    notes = as_written(Notes.of([0, 10], [11, 11], [60, 60]))
    assert notes.duration_ticks.tolist() == [10, 12]


def test_a_note_reaches_to_the_next_onset_of_its_role():
    strings = Notes.of([0, 12], [10, 12], [60, 64], [20, 20])
    alone = as_written(strings)
    others = Notes.of([0, 0, 11, 12], [10, 3, 12, 12], [60, 72, 74, 64], [20, 36, 36, 20])
    written = as_written(others)
    assert written[written.role == 20] == alone
    assert alone.duration_ticks.tolist() == [12, 12]


def test_drums_keep_their_lengths():
    notes = Notes.of([0, 11, 24], [5, 10, 7], [36, 38, 36], [DRUMS] * 3)
    assert as_written(notes) == notes


def test_drums_do_not_count_for_the_sounding_shares():
    flute = Notes.of(range(0, 96, 12), [12] * 8, [60] * 8, [36] * 8)
    drums = Notes.of(range(8), [3] * 8, [36] * 8, [DRUMS] * 8)
    sounding = np.array([9] * 8 + [3] * 8, np.float32)
    band = Piece("x", join([flute, drums]), performance=Performance(np.full(16, 64), sounding))
    only_drums = Piece("x", drums, performance=Performance(np.full(8, 64), sounding[8:]))
    assert learned_articulation([band]) == Articulation(0.75, (LengthShare(12, 0.75),))
    assert learned_articulation([only_drums]) == LEGATO


def test_no_notes_stay_no_notes():
    assert len(as_written(Notes.of([], [], []))) == 0


@given(raw_notes)
def test_onsets_and_pitches_stay_and_written_lengths_do_too(raw):
    notes = gridded(raw)
    written = as_written(notes)
    assert np.array_equal(written.onset_ticks, notes.onset_ticks)
    assert np.array_equal(written.pitch, notes.pitch)
    was_written = np.isin(notes.duration_ticks, WRITTEN_TICKS)
    assert np.array_equal(written.duration_ticks[was_written], notes.duration_ticks[was_written])


def detached(written_ticks, sounding_ticks):
    """A piece whose notes follow each other and sound so long."""
    onset_ticks = np.cumsum([0, *written_ticks[:-1]])
    notes = Notes.of(onset_ticks, written_ticks, [60, 62] * (len(written_ticks) // 2))
    sounding = np.array(sounding_ticks, np.float32)
    return Piece("x", notes, performance=Performance(np.full(len(notes), 80, np.int32), sounding))


def test_a_sequencers_shortening_is_learned_by_length():
    piece = detached([6] * 10 + [12] * 10 + [48] * 2, [5.4] * 10 + [10.0] * 10 + [47.0] * 2)
    learned = learned_articulation([piece])
    assert learned.lengths == (LengthShare(6, 0.9), LengthShare(12, 0.833))
    sounding = learned.sounding_ticks(Notes.of([0, 6, 18], [6, 12, 48], [60] * 3))
    assert sounding.tolist() == pytest.approx([5.4, 10, 48 * 0.9], abs=0.01)


def test_no_note_sounds_longer_than_it_is_written_or_hardly_at_all():
    piece = detached([6] * 10 + [12] * 10, [9.0] * 10 + [0.01] * 10)
    assert learned_articulation([piece]).lengths == (LengthShare(6, 1), LengthShare(12, 0.25))


def test_scores_have_no_articulation():
    assert learned_articulation([Piece("score", Notes.of([0], [12], [60]))]) == LEGATO


@given(raw_notes)
def test_legato_sounds_as_written_and_anything_else_shorter(raw):
    notes = gridded(raw)
    assert np.array_equal(LEGATO.sounding_ticks(notes), notes.duration_ticks)
    shorter = Articulation(0.5, (LengthShare(6, 0.9),)).sounding_ticks(notes)
    assert (shorter > 0).all()
    assert (shorter < notes.duration_ticks).all()
