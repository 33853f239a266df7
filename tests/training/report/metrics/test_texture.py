"""Texture: melody over accompaniment, octaves, repeated keys, silent hands."""

import numpy as np
import pytest

from music.notes import Notes
from music.piece import Piece, TimeSignature
from music.players.roles import DRUMS, role_of
from training.report.metrics.texture import Hands, Texture, texture, texture_summary, top_line


def piece(*notes: tuple[int, int, int]) -> Piece:
    """Notes of onset, duration and pitch."""
    return Piece("x", Notes.of(*zip(*sorted(notes), strict=True)))


def line(pitches, ticks=6, start=0) -> list[tuple[int, int, int]]:
    return [(start + n * ticks, ticks, pitch) for n, pitch in enumerate(pitches)]


HELD_MELODY = [(n * 24, 24, 76 + n) for n in range(4)]
BROKEN_CHORDS = line([43, 47, 50, 47] * 4)


@pytest.mark.parametrize(
    ("notes", "share"),
    [
        ([*HELD_MELODY, *BROKEN_CHORDS], 1),
        (line([60, 62, 64, 65]), 0),
        ([*line([72, 74, 76, 77]), *line([48, 50, 52, 53])], 0),
        ([*line([72, 74, 76, 77], 24), *line([76, 77, 79, 81], 24), *BROKEN_CHORDS], 0),
        ([*HELD_MELODY[:2], *BROKEN_CHORDS], 1 / 2),
    ],
    ids=["melody over chords", "one line", "hands in unison", "two upper notes", "half of it"],
)
def test_melody_over_accompaniment(notes, share):
    found = texture(piece(*notes)).hands.melody_over_accompaniment_share
    assert found == pytest.approx(share)


@pytest.mark.parametrize(
    ("notes", "share"),
    [
        ([*line([60, 62, 64]), *line([72, 74, 76])], 1),
        ([*line([60, 60, 62]), *line([72, 72, 74])], 1 / 2),
        ([*line([60, 62, 64]), *line([67, 69, 71])], 0),
        (line([60]), 0),
    ],
    ids=["octaves", "one of them repeated", "fifths", "one note"],
)
def test_parallel_octaves(notes, share):
    assert texture(piece(*notes)).parallel_octaves_share == pytest.approx(share)


@pytest.mark.parametrize(
    ("notes", "onsets"),
    [
        (line([60]), 1),
        (line([60, 62, 60, 62]), 1),
        (line([62, 60, 60, 60, 62]), 3),
        ([*line([60] * 4), *line([72] * 2)], 2),
        ([*line([60] * 4), *line([72] * 4)], 0),
    ],
    ids=["one note", "a trill", "three in a row", "a chord is not one key", "chords alone"],
)
def test_the_longest_run_of_a_single_repeated_key(notes, onsets):
    assert texture(piece(*notes)).longest_single_key_onsets == onsets


def test_silences_of_a_hand_are_counted_in_beats():
    hand_rests = piece(*line([76] * 8, 12), *line([48] * 2, 12), *line([48], 12, start=60))
    found = texture(hand_rests).hands
    assert found.empty_hand_share == pytest.approx(5 / 8)
    assert found.longest_empty_hand_beats == 3


def test_notes_per_beat():
    assert texture(piece(*line([60] * 8))).notes_per_beat == 2


def test_a_pickup_does_not_change_the_texture():
    pickup = Piece(
        "x", piece(*line([76] * 8, 12)).notes, time_signatures=(TimeSignature(-12, 3, 4),)
    )
    found = texture(pickup).hands
    assert (found.empty_hand_share, found.longest_empty_hand_beats) == (1, 8)


def test_a_summary_has_the_mean_the_median_and_the_worst():
    found = texture_summary([Texture(n, n / 5, n, Hands(n / 10, n / 4, 2 * n)) for n in (1, 2, 9)])
    assert found.notes_per_beat_mean == 4
    assert found.melody_over_accompaniment_share_mean == pytest.approx(0.4)
    assert (found.longest_single_key_onsets_median, found.longest_single_key_onsets_max) == (2, 9)
    assert (found.longest_empty_hand_beats_median, found.longest_empty_hand_beats_max) == (4, 18)
    assert np.isclose(found.empty_hand_share_mean, 1)


def test_a_band_has_the_texture_of_the_piano_that_would_play_it_and_no_hands():
    flute, bass = role_of(9, 0), role_of(4, 0)
    band = Notes.of(
        [0, 0, 0, 6, 6, 12],
        [6] * 6,
        [36, 60, 42, 62, 62, 64],
        [bass, flute, DRUMS, bass, flute, flute],
    )
    found = texture(Piece("x", band), has_hands=False)
    assert found == Texture(4 * 12 / 18, 0.0, 1, None)
    assert texture_summary([found]).empty_hand_share_mean is None


def test_drums_alone_have_a_texture_of_nothing():
    drums = Piece("x", Notes.of([0, 6], [6, 6], [36, 38], [DRUMS] * 2))
    assert texture(drums, has_hands=False) == Texture(0.0, 0.0, 0, None)


def test_the_top_line_has_one_pitch_for_each_onset():
    assert top_line(Notes.of([0, 0, 6, 12, 12], [6] * 5, [60, 64, 62, 50, 55])).tolist() == [
        64,
        62,
        55,
    ]
    assert top_line(Notes.of([], [], [])).tolist() == []
