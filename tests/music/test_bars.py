"""The positions of notes in their bars: by time signatures, or inferred."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from music.bars import COMMON_TIME, inferred_signature, places, with_pickup
from music.errors import MusicError
from music.notes import NO_NOTES, Notes
from music.piece import Piece, TimeSignature
from music.reading import read_piece

MIDI = Path(__file__).parents[3] / "shared" / "midi"
WALTZ_TICKS = 36


def beats(count: int) -> Notes:
    """A note on every beat."""
    return Notes.of(np.arange(count) * 12, np.full(count, 12), np.full(count, 60))


@pytest.mark.parametrize(
    ("signatures", "place_ticks", "bar_ticks"),
    [
        ([(0, 4, 4)], [0, 12, 24, 36, 0, 12, 24, 36], [48] * 8),
        ([(0, 3, 4)], [0, 12, 24, 0, 12, 24, 0, 12], [36] * 8),
        ([(0, 6, 8)], [0, 12, 24, 0, 12, 24, 0, 12], [36] * 8),
        ([(0, 5, 4)], [0, 12, 24, 36, 48, 0, 12, 24], [60] * 8),
        ([(-36, 4, 4)], [36, 0, 12, 24, 36, 0, 12, 24], [48] * 8),  # a pickup of one beat
        ([(-30, 3, 4)], [30, 6, 18, 30, 6, 18, 30, 6], [36] * 8),
        ([(0, 4, 4), (48, 3, 4)], [0, 12, 24, 36, 0, 12, 24, 0], [*[48] * 4, *[36] * 4]),
        ([(-24, 3, 4), (12, 4, 4)], [24, 0, 12, 24, 36, 0, 12, 24], [36, *[48] * 7]),
        ([(0, 4, 4), (24, 4, 4)], [0, 12, 0, 12, 24, 36, 0, 12], [48] * 8),  # bar lines move
        ([(24, 3, 4)], [12, 24, 0, 12, 24, 0, 12, 24], [36] * 8),  # the first one holds before it
    ],
)
def test_places_are_counted_from_the_bar_line(signatures, place_ticks, bar_ticks):
    piece = Piece("x", beats(8), time_signatures=tuple(TimeSignature(*s) for s in signatures))
    found = places(piece)
    assert found.place_ticks.tolist() == place_ticks
    assert found.bar_ticks.tolist() == bar_ticks
    assert found.place_ticks.dtype == found.bar_ticks.dtype == np.int32


@pytest.mark.parametrize(
    ("signatures", "expected"),
    [
        ([(0, 1, 4), (12, 4, 4)], [(-36, 4, 4)]),
        ([(0, 3, 4), (36, 4, 4)], [(-12, 4, 4)]),
        ([(0, 1, 8), (6, 3, 4)], [(-30, 3, 4)]),
        ([(0, 4, 4), (4, 4, 4)], [(-44, 4, 4)]),  # a triplet, for which no time signature is
        ([(12, 4, 4)], [(-36, 4, 4)]),  # 4/4 holds before the first one
        ([(-12, 2, 4), (12, 4, 4)], [(-36, 4, 4)]),  # it begins with a rest
        ([(0, 1, 4), (12, 4, 4), (108, 3, 4)], [(-36, 4, 4), (108, 3, 4)]),
        ([(0, 4, 4)], [(0, 4, 4)]),
        ([(-36, 4, 4)], [(-36, 4, 4)]),
        ([(0, 4, 4), (48, 3, 4)], [(0, 4, 4), (48, 3, 4)]),  # the longer bar is no pickup
        ([(0, 3, 8), (18, 3, 8), (30, 4, 4)], [(0, 3, 8), (18, 3, 8), (30, 4, 4)]),
        ([(0, 2, 4), (48, 4, 4)], [(0, 2, 4), (48, 4, 4)]),  # nor are two bars
        ([(96, 3, 4)], [(96, 3, 4)]),
    ],
)
def test_a_first_bar_that_is_shorter_than_the_next_is_a_pickup(signatures, expected):
    given, wanted = ([TimeSignature(*each) for each in some] for some in (signatures, expected))
    assert with_pickup(given) == tuple(wanted)


def accompaniment(meter_beats: int, bars: int, pickup_beats: int = 0) -> Notes:
    """A long bass note and short chords on the other beats; the bass goes round every four bars."""
    onset, duration, pitch = [], [], []
    for bar in range(bars):
        start = (bar * meter_beats + pickup_beats) * 12
        onset.append(start)
        duration.append(meter_beats * 12)
        pitch.append((36, 43, 41, 38)[bar % 4])
        for beat in range(1, meter_beats):
            for key in (60 + bar % 4, 64):
                onset.append(start + beat * 12)
                duration.append(6)
                pitch.append(key)
    if pickup_beats:
        onset.insert(0, 0)
        duration.insert(0, 6)
        pitch.insert(0, 72)
    return Notes.of(onset, duration, pitch)


@pytest.mark.parametrize("beats_a_bar", [3, 4])
@pytest.mark.parametrize("pickup_beats", [0, 1, 2])
def test_meter_and_bar_line_are_inferred(beats_a_bar, pickup_beats):
    notes = accompaniment(beats_a_bar, 16, pickup_beats)
    start_ticks = (pickup_beats - beats_a_bar) * 12 if pickup_beats else 0
    assert inferred_signature(notes) == TimeSignature(start_ticks, beats_a_bar, 4)
    found = places(Piece("x", notes))
    long = notes.duration_ticks > 6
    assert not found.place_ticks[long].any()
    assert set(found.bar_ticks.tolist()) == {beats_a_bar * 12}


@pytest.mark.parametrize("notes", [NO_NOTES, beats(1), beats(3)])
def test_a_piece_of_unknown_meter_is_in_four_four(notes):
    assert inferred_signature(notes) == COMMON_TIME
    assert len(places(Piece("x", notes)).place_ticks) == len(notes)


def test_no_meter_is_inferred_if_a_file_has_one():
    waltz = Piece("x", accompaniment(3, 16), time_signatures=(COMMON_TIME,))
    assert set(places(waltz).bar_ticks.tolist()) == {48}
    assert set(places(replace(waltz, time_signatures=())).bar_ticks.tolist()) == {36}


@pytest.mark.skipif(not MIDI.is_dir(), reason="the five games' files are not beside the repository")
def test_meters_of_real_pieces_are_inferred_without_their_signatures():
    right = []
    for path in sorted(MIDI.glob("*/*.mid")):
        try:
            piece = read_piece(path)
        except MusicError:
            continue
        bars = {signature.bar_ticks for signature in piece.time_signatures}
        if len(bars) == 1:
            is_in_threes = bars.pop() % WALTZ_TICKS == 0
            right.append((inferred_signature(piece.notes).numerator == 3) == is_in_threes)
    assert len(right) >= 100
    assert np.mean(right) >= 0.9
