"""Hands: every note belongs to one of them, as a pianist would play it."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from music.notes import Notes
from music.reading import read_midi
from music.reading.smf import parse_midi
from music.score.hands import hands, in_right_hand
from tests.music.support import gridded, raw_notes

GAMES = Path(__file__).parents[4] / "shared" / "midi"


def chords(*pitches, ticks=12):
    """Chords, each struck when the one before ends."""
    rows = [
        (number * ticks, ticks, pitch) for number, chord in enumerate(pitches) for pitch in chord
    ]
    return Notes.of(*zip(*rows, strict=True))


def split(*pitches):
    right, left = hands(chords(*pitches))
    return right.pitch.tolist(), left.pitch.tolist()


def test_a_chord_is_split_where_the_hands_are_apart():
    assert split([48, 55, 64, 67]) == ([64, 67], [48, 55])


def test_both_hands_above_middle_c_are_still_two():
    right, left = split(*[[67, 71, 84, 88]] * 8)
    assert (set(right), set(left)) == ({84, 88}, {67, 71})


def test_both_hands_below_middle_c_are_still_two():
    right, left = split(*[[33, 40, 55, 59]] * 8)
    assert (set(right), set(left)) == ({55, 59}, {33, 40})


def test_a_line_through_both_hands_stays_in_one():
    upwards = [[pitch] for pitch in (50, 52, 53, 55, 57, 59, 60, 62, 64)]
    right, left = split([48, 72], *upwards, [48, 72])
    assert right in ([72, 72], [72, *(pitch for [pitch] in upwards), 72])
    assert len(right) + len(left) == 13


def test_an_accompaniment_that_leaps_stays_in_the_left():
    bar = [(0, 12, 36), (0, 36, 76), (12, 12, 55), (12, 12, 60), (24, 12, 55), (24, 12, 60)]
    waltz = [(36 * n + onset, ticks, pitch) for n in range(8) for onset, ticks, pitch in bar]
    right, left = hands(Notes.of(*zip(*waltz, strict=True)))
    assert set(right.pitch.tolist()) == {76}
    assert set(left.pitch.tolist()) == {36, 55, 60}


def test_a_wide_arpeggio_is_shared():
    right, left = split(*[[36], [48], [60], [72], [84]] * 4)
    assert {36, 48} <= set(left)
    assert {72, 84} <= set(right)


@given(raw_notes)
def test_every_note_is_in_one_hand_and_hands_do_not_cross(raw):
    notes = gridded(raw)
    right, left = hands(notes)
    both = sorted(rows(right) + rows(left))
    assert both == sorted(rows(notes))
    for onset in np.unique(notes.onset_ticks).tolist():
        lowest = right.pitch[right.onset_ticks == onset].min(initial=128)
        assert left.pitch[left.onset_ticks == onset].max(initial=0) < lowest


def rows(notes):
    return list(zip(*(column.tolist() for column in notes.columns[:3]), strict=True))


@pytest.mark.skipif(not GAMES.is_dir(), reason="the games' pieces are not at hand")
@pytest.mark.parametrize(
    ("file", "least"),
    [
        ("majoras_mask/Cremias Wagon Ride.mid", 0.9),
        ("ocarina_of_time/Zeldas Lullaby.mid", 0.9),
        ("ocarina_of_time/Kakariko Village.mid", 0.9),
        ("wind_waker/Legend_Of_Zelda_The_The_Wind_Waker_WindTemple.mid", 0.9),
    ],
)
def test_real_pieces_are_in_the_hands_of_their_tracks(file, least):
    midi = (GAMES / file).read_bytes()
    notes, parsed = read_midi(midi, "x").notes, parse_midi(midi)
    is_on = (parsed.status & 0xF0 == 0x90) & (parsed.data2 > 0)
    onset = np.rint(parsed.tick[is_on] * 12 / parsed.ticks_per_beat).astype(int)
    track = dict(
        zip(
            zip((onset - onset.min()).tolist(), parsed.data1[is_on].tolist(), strict=True),
            parsed.track[is_on].tolist(),
            strict=True,
        )
    )
    tracks = np.array([track[onset, pitch] for onset, _, pitch in rows(notes)])
    upper = max(set(tracks.tolist()), key=lambda number: notes.pitch[tracks == number].mean())
    assert np.mean(in_right_hand(notes) == (tracks == upper)) >= least
