"""Bars: they follow from a piece's time signatures, and notes have positions in them."""

import pytest

from music.notes import Notes
from music.piece import Piece, TimeSignature
from training.report.metrics.bars import bar_ticks, bars, notes_by_bar


def piece(onsets, *signatures: TimeSignature) -> Piece:
    notes = Notes.of(onsets, [6] * len(onsets), [60] * len(onsets))
    return Piece("x", notes, time_signatures=signatures)


@pytest.mark.parametrize(
    ("found", "starts"),
    [
        (piece([0, 47], TimeSignature(0, 4, 4)), [0]),
        (piece([0, 48], TimeSignature(0, 4, 4)), [0, 48]),
        (piece([0, 36], TimeSignature(0, 3, 4)), [0, 36]),
        (piece([0, 12, 47], TimeSignature(-12, 3, 4)), [-12, 24]),
        (piece([0, 60], TimeSignature(0, 4, 4), TimeSignature(48, 6, 8)), [0, 48]),
        (piece([0, 100], TimeSignature(96, 3, 4)), [0, 48, 96]),
        (piece([0], TimeSignature(0, 4, 4), TimeSignature(480, 3, 4)), [0]),
    ],
    ids=["one bar", "on the bar line", "a waltz", "a pickup", "a change", "none at first", "later"],
)
def test_bars_begin_on_bar_lines_and_end_with_the_last_onset(found, starts):
    assert [bar.start_ticks for bar in bars(found)] == starts


def test_without_a_time_signature_long_notes_are_on_downbeats_of_4_4():
    notes = Notes.of([0, 12, 60, 108], [12, 48, 48, 48], [60] * 4)
    assert [bar.start_ticks for bar in bars(Piece("x", notes))] == [-36, 12, 60, 108]


def test_every_note_is_in_the_bar_in_which_it_starts():
    waltz = piece([0, 12, 23, 24, 100], TimeSignature(-12, 3, 4))
    cut = notes_by_bar(waltz.notes, bars(waltz))
    assert [bar.onset_ticks.tolist() for bar in cut] == [[12, 24, 35], [0], [], [4]]


def test_the_most_frequent_bar_length():
    assert bar_ticks(piece([0, 200], TimeSignature(0, 4, 4), TimeSignature(48, 3, 4))) == 36
