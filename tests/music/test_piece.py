"""Tempo maps and time signatures of a piece, counted from its first note."""

import pytest

from music.notes import NO_NOTES, Notes
from music.piece import (
    Piece,
    TempoChange,
    TimeSignature,
    constant_tempo,
    meter_map,
    tempo_map,
)

TWO_BARS = Notes.of([0, 48], [48, 48], [60, 62])


def tempos(*changes):
    return tuple(TempoChange(*change) for change in changes)


def signatures(*changes):
    return tuple(TimeSignature(*change) for change in changes)


@pytest.mark.parametrize(
    ("changes", "first_note_ticks", "expected"),
    [
        ((), 0, [(0, 120)]),
        (((0, 90),), 0, [(0, 90)]),
        (((24, 90),), 0, [(0, 120), (24, 90)]),
        (((24, 90),), 24, [(0, 90)]),
        (((0, 60), (12, 90), (36, 180)), 24, [(0, 90), (12, 180)]),
        (((36, 180), (0, 60)), 0, [(0, 60), (36, 180)]),  # in any order
        (((0, 60), (0, 70)), 0, [(0, 70)]),  # the later one wins
        (((0, 60), (12, 60), (24, 60.004)), 0, [(0, 60)]),  # repeated
        (((0, 60e6 / 333_333),), 0, [(0, 180)]),
    ],
)
def test_tempo_map_counts_from_the_first_note(changes, first_note_ticks, expected):
    assert tempo_map(tempos(*changes), first_note_ticks) == tempos(*expected)


@pytest.mark.parametrize(
    ("changes", "first_note_ticks", "expected"),
    [
        ((), 7, []),
        (((0, 3, 4),), 0, [(0, 3, 4)]),
        (((0, 3, 4),), 36, [(0, 3, 4)]),
        (((0, 4, 4),), 36, [(-36, 4, 4)]),  # a pickup of one beat
        (((0, 4, 4),), 48 * 3 + 42, [(-42, 4, 4)]),
        (((0, 4, 4), (12, 3, 4)), 12, [(0, 3, 4)]),  # the pickup is a bar of its own
        (((0, 4, 4), (48, 3, 4)), 36, [(-36, 4, 4), (12, 3, 4)]),
        (((24, 3, 4),), 12, [(12, 3, 4)]),  # unknown before it
        (((0, 3, 4), (0, 6, 8)), 0, [(0, 6, 8)]),
        (((0, 3, 4), (36, 3, 4), (72, 4, 4)), 0, [(0, 3, 4), (72, 4, 4)]),
        (((0, 4, 4), (60, 4, 4)), 0, [(0, 4, 4), (60, 4, 4)]),  # bar lines move
    ],
)
def test_meter_map_keeps_the_bar_lines(changes, first_note_ticks, expected):
    assert meter_map(signatures(*changes), first_note_ticks) == signatures(*expected)


@pytest.mark.parametrize(
    ("numerator", "denominator", "bar_ticks"),
    [(4, 4, 48), (3, 4, 36), (6, 8, 36), (2, 2, 48), (5, 16, 15), (1, 128, 1)],
)
def test_length_of_a_bar(numerator, denominator, bar_ticks):
    assert TimeSignature(0, numerator, denominator).bar_ticks == bar_ticks


@pytest.mark.parametrize(
    ("changes", "most", "last"),
    [
        (((0, 100),), 100, 100),
        (((0, 60), (60, 180)), 60, 60),
        (((0, 60), (48, 180)), 60, 180),  # the last note starts with the change
        (((0, 60), (24, 180)), 180, 180),
        (((0, 60), (12, 90), (48, 60), (84, 200)), 60, 60),  # 60 for 48 ticks in all
        (((0, 60), (96, 300)), 60, 60),  # after the end
    ],
)
def test_the_tempo_is_that_of_most_beats_and_the_last_that_of_the_last_note(changes, most, last):
    piece = Piece("x", TWO_BARS, tempos(*changes))
    assert (piece.tempo_bpm, piece.last_tempo_bpm) == (most, last)


def test_a_piece_without_notes_has_a_tempo():
    piece = Piece("x", NO_NOTES, constant_tempo(77))
    assert (piece.tempo_bpm, piece.last_tempo_bpm) == (77, 77)
