"""How typical a song is of a game's pieces."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from music.notes import Notes, cleaned
from music.typicality import MEASURES, Usual, measures


def melody(seed, notes=64, step=6):
    """A walk up and down a major scale over a bass, with a phrase that returns."""
    random = np.random.default_rng(seed)
    degrees = np.cumsum(random.integers(-2, 3, notes // 2)).clip(-7, 7)
    scale = np.array([0, 2, 4, 5, 7, 9, 11])
    pitch = 72 + 12 * (degrees // 7) + scale[degrees % 7]
    top = np.concatenate([pitch, pitch])
    onset = step * np.arange(notes)
    bass = onset[::4]
    return cleaned(
        Notes.of(
            np.concatenate([onset, bass]),
            np.concatenate([np.full(notes, step), np.full(len(bass), 4 * step)]),
            np.concatenate([top, np.full(len(bass), 48)]),
        )
    )


PIECES = [melody(seed) for seed in range(8)]
USUAL = Usual.of(PIECES)


def score(notes):
    return USUAL.typicality(notes).score


def test_the_scores_of_pieces_left_out_are_above_those_of_other_music():
    left_out = [
        Usual.of(PIECES[:n] + PIECES[n + 1 :]).typicality(piece).score
        for n, piece in enumerate(PIECES)
    ]
    random = np.random.default_rng(0)
    others = {
        "random pitches": Notes.of(6 * np.arange(64), np.full(64, 6), random.integers(40, 90, 64)),
        "one key for ever": Notes.of(6 * np.arange(64), np.full(64, 6), np.full(64, 60)),
        "clusters": cleaned(
            Notes.of(np.repeat(12 * np.arange(16), 4), np.full(64, 12), list(range(60, 64)) * 16)
        ),
    }
    for name, notes in others.items():
        assert score(notes) < min(left_out), name


def test_a_piece_in_another_density_has_a_lower_score():
    assert score(melody(3, step=2)) < score(melody(3))


def test_the_mean_piece_has_the_score_1_and_another_less():
    measured = measures(PIECES[0])
    exact = Usual(measured, dict.fromkeys(MEASURES, 0.1))
    assert exact.typicality(PIECES[0]).score == 1
    assert exact.typicality(PIECES[1]).score < 1


@pytest.mark.parametrize("pieces", [[], PIECES[:2], [*PIECES[:2], PIECES[0][:15]]])
def test_too_few_pieces_are_not_compared_with(pieces):
    assert Usual.of(pieces) is None


def test_pieces_that_are_all_alike_leave_songs_some_room():
    alike = Usual.of([PIECES[0]] * 3)
    assert 0 < alike.typicality(PIECES[1]).score < alike.typicality(PIECES[0]).score == 1


@given(st.integers(-20, 15))
def test_transposition_changes_nothing(semitones):
    moved = measures(PIECES[0].transposed(semitones))
    assert moved == pytest.approx(measures(PIECES[0]))


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(1, 48), st.integers(21, 108)), min_size=1)
)
def test_every_music_has_a_score(rows):
    notes = cleaned(Notes.of(*zip(*rows, strict=True)))
    found = USUAL.typicality(notes)
    assert 0 <= found.score <= 1
    assert list(found.measures) == list(MEASURES)
    assert np.isfinite(list(found.measures.values())).all()


@pytest.mark.parametrize(
    ("name", "notes", "value"),
    [
        ("repeated_share", Notes.of(range(16), [1] * 16, [*range(60, 68)] * 2), 0.5),
        ("repeated_share", Notes.of(range(7), [1] * 7, [60] * 7), 0),
        ("notes_per_beat", Notes.of([0, 6, 12, 18], [6] * 4, [60] * 4), 2),
        ("notes_per_onset", Notes.of([0, 0, 12], [12] * 3, [60, 64, 62]), 1.5),
        ("note_beats", Notes.of([0, 12], [6, 24], [60, 62]), 1),
        ("rhythm_bits", Notes.of([0, 6, 18, 24, 36], [6] * 5, [60] * 5), 1),
        ("pitch_bits", Notes.of([0, 1, 2, 3], [1] * 4, [60, 62, 64, 65]), 2),
        ("leap_share", Notes.of([0, 1, 2], [1] * 3, [60, 67, 75]), 0.5),
        ("same_chord_share", Notes.of([0, 1, 2], [1] * 3, [60, 60, 62]), 0.5),
    ],
)
def test_each_measure_counts_what_its_name_says(name, notes, value):
    assert measures(notes)[name] == pytest.approx(value)
