"""The context of each note of a piece: by small examples, and by slow arithmetic."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from music.notes import Notes
from tests.training.memory.music import (
    CODEC,
    as_arrays,
    evidence_of,
    fields_of,
    melody,
    random_fields,
    slow_guesses,
    slow_key_weights,
    slow_sounding,
)
from training.memory.candidates import EVIDENCE_SIZES, LONGEST_RUN, MATCH, TRANSPOSED, run_buckets
from training.memory.context import KEYS, context, folded, moved, sounding

ONE_BAR, TWO_BARS, FOUR_BARS, EIGHT_BARS = range(1, 5)  # of the candidates


def known(fields, bar_ticks=48, place_ticks=0):
    """Work out the context of field values in one meter."""
    onsets = np.cumsum(CODEC.shift_ticks[fields[:, 0]])
    places = (onsets + place_ticks) % bar_ticks
    return context(fields, places, np.full(len(fields), bar_ticks), CODEC)


def candidate(found, note, which):
    """Return a candidate as shift in ticks, MIDI note number and duration in ticks."""
    shift, pitch, duration = found.candidates[note, which]
    return (
        int(CODEC.shift_ticks[shift]),
        int(CODEC.pitch[pitch]),
        int(CODEC.duration_ticks[duration]),
    )


def test_the_match_is_the_note_after_the_longest_equal_run():
    #             0   1   2   3   4   5   6   7
    found = known(melody(60, 62, 64, 65, 50, 60, 62, 64))
    assert candidate(found, 7, MATCH) == (6, 65, 6)
    assert found.evidence[7, MATCH] == evidence_of(
        2, 5
    )  # the piece's first note waited for nothing
    assert candidate(found, 6, MATCH) == (6, 64, 6)
    assert found.evidence[6, MATCH] == evidence_of(1, 5)
    assert not found.evidence[:6, MATCH].any()
    assert not found.candidates[:6, MATCH].any()


def test_runs_are_compared_by_shifts_and_pitches_not_durations():
    onsets, pitches = [0, 6, 12, 24, 30, 36, 48, 54], [60, 62, 64, 65, 60, 62, 64, 70]
    found = known(fields_of(onsets, pitches, [6, 6, 9, 12, 6, 3, 2, 1]))
    assert candidate(found, 5, MATCH) == (6, 64, 9)
    assert not found.evidence[6, MATCH]  # 64 waits for twelve ticks now


def test_of_equally_long_runs_the_latest_counts():
    found = known(melody(50, 60, 62, 51, 60, 64, 52, 60))
    assert candidate(found, 7, MATCH) == (6, 64, 6)
    assert found.evidence[7, MATCH] == evidence_of(1, 3)


def test_a_longer_run_counts_more_than_a_later_one():
    found = known(melody(50, 59, 60, 62, 51, 60, 64, 59, 60))
    assert candidate(found, 8, MATCH) == (6, 62, 6)
    assert found.evidence[8, MATCH] == evidence_of(2, 6)


def test_evidence_says_how_often_a_figure_has_turned():
    figure = [60, 64, 67]
    found = known(melody(*figure * 5))
    # The first note waited for nothing, and so is equal to none.
    half_turns = [int(found.evidence[n, MATCH]) % 8 for n in range(15)]
    assert half_turns == [0, 0, 0, 0, 0, 1, 2, 2, 3, 4, 4, 5, 6, 6, 7]
    assert candidate(found, 14, MATCH) == (6, 60, 6)


def test_runs_are_told_apart_up_to_twelve_notes_and_coarser_above():
    buckets = run_buckets()
    assert buckets[:13].tolist() == list(range(13))
    assert (np.diff(buckets) >= 0).all()
    assert len(buckets) == LONGEST_RUN + 1
    assert buckets[-1] == buckets.max() <= 23


def test_the_transposed_match_is_moved_to_the_current_key():
    found = known(melody(60, 62, 64, 65, 50, 67, 69, 71))
    assert candidate(found, 7, TRANSPOSED) == (6, 72, 6)
    assert found.evidence[7, TRANSPOSED] == evidence_of(2, 5)
    assert not found.evidence[7, MATCH]


def test_a_single_interval_is_no_transposed_match():
    found = known(melody(60, 62, 50, 67, 69))
    assert not found.evidence[:, TRANSPOSED].any()


def test_a_run_in_the_same_key_is_no_transposed_match():
    found = known(melody(60, 62, 64, 65, 50, 60, 62, 64))
    assert not found.evidence[:, TRANSPOSED].any()


def test_a_transposed_match_that_leaves_the_piano_is_none():
    found = known(melody(60, 62, 64, 76, 50, 102, 104, 106))
    assert not found.evidence[7, TRANSPOSED]
    assert not found.candidates[7, TRANSPOSED].any()


def test_candidates_some_bars_back_follow_the_same_position():
    onsets = [0, 12, 24, 36, 48, 54, 60]
    found = known(fields_of(onsets, [60, 62, 64, 65, 60, 61, 62]))
    assert candidate(found, 4, ONE_BAR) == (12, 62, 6)
    assert candidate(found, 5, ONE_BAR) == (6, 62, 6)  # half a beat after, the next one is near
    assert candidate(found, 6, ONE_BAR) == (12, 64, 6)
    assert not found.evidence[:4, ONE_BAR].any()
    assert not found.evidence[:, TWO_BARS:TRANSPOSED].any()


def test_candidates_some_bars_back_come_in_the_order_of_onset_and_pitch():
    found = known(fields_of([0, 0, 0, 12, 48, 48], [60, 64, 67, 50, 60, 64]))
    assert candidate(found, 4, ONE_BAR) == (0, 64, 6)
    assert candidate(found, 5, ONE_BAR) == (0, 67, 6)


@pytest.mark.parametrize(
    ("which", "bars"), [(ONE_BAR, 1), (TWO_BARS, 2), (FOUR_BARS, 4), (EIGHT_BARS, 8)]
)
@pytest.mark.parametrize("bar_ticks", [48, 36])
def test_candidates_reach_back_whole_bars_of_the_meter(which, bars, bar_ticks):
    pitches = 40 + np.arange(9 * bar_ticks // 12)  # a beat each, none twice
    found = known(melody(*pitches, shift=12), bar_ticks)
    begins = bars * bar_ticks // 12
    assert not found.evidence[:begins, which].any()
    # The key of now is above those of back then, but onsets count before keys.
    given = [candidate(found, n, which) for n in range(begins, len(pitches))]
    assert given == [(12, int(pitch), 6) for pitch in pitches[1 : len(pitches) - begins + 1]]


def test_evidence_counts_the_last_eight_predictions_that_were_right():
    bar = [60, 62, 64, 65]
    right = known(melody(*bar * 5, shift=12)).evidence[:, ONE_BAR].tolist()
    assert right == [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, *[9] * 8]
    wrong_once = [*bar, *bar, 61, *bar[1:], *bar, *bar]
    hits = known(melody(*wrong_once, shift=12)).evidence[:, ONE_BAR].tolist()
    assert hits[7:12] == [4, 4, 5, 6, 7]
    assert hits[12] == 7  # 61 came back then, 60 now


def test_a_pickup_moves_the_places_and_not_the_candidates():
    fields = melody(*[60, 62, 64, 65] * 4, shift=12)
    plain, pickup = known(fields), known(fields, place_ticks=36)
    assert plain.place[:5].tolist() == [0, 12, 24, 36, 0]
    assert pickup.place[:5].tolist() == [36, 0, 12, 24, 36]
    assert np.array_equal(plain.candidates, pickup.candidates)
    assert pickup.bar.tolist() == [48] * 16


def test_bars_longer_than_there_are_places_count_as_the_longest():
    found = known(melody(*[60] * 30, shift=12), bar_ticks=240)
    assert found.bar.tolist() == [191] * 30
    assert found.place.tolist() == [min(12 * n % 240, 191) for n in range(30)]
    assert found.evidence[19, ONE_BAR] == 0
    assert found.evidence[20, ONE_BAR] > 0


def test_key_weights_sum_sounding_times_with_half_lives():
    fields = fields_of([0, 48, 48], [60, 62, 64], [48, 24, 12])
    weights = known(fields).key_weights
    short = np.array([48 / 2, 24, 12])
    long = np.array([48 * 0.5 ** (48 / 384), 24, 12])
    assert weights[2, [0, 2, 4]] == pytest.approx(3 * short / short.sum(), rel=1e-5)
    assert weights[2, [12, 14, 16]] == pytest.approx(3 * long / long.sum(), rel=1e-5)
    assert weights[0].tolist() == [3.0, *[0.0] * 11] * 2


@pytest.mark.parametrize("seed", range(3))
def test_key_weights_are_the_direct_sum_in_pieces_longer_than_a_block(seed):
    fields = random_fields(seed, 300)
    fields[150, 0] = len(CODEC.shift_ticks) - 1  # a long silence
    np.testing.assert_allclose(known(fields).key_weights, slow_key_weights(fields), atol=1e-4)


def test_no_silence_is_too_long_for_key_weights():
    weights = known(melody(*[60, 64] * 200, shift=192)).key_weights
    assert np.isfinite(weights).all()
    np.testing.assert_allclose(weights.reshape(-1, 12).sum(axis=1), 3, rtol=1e-5)


def keys_of(found, fields, note):
    row = sounding(found, fields[:, 1], note, 1)[0]
    sounds, struck = np.flatnonzero(row[:KEYS]) + 21, np.flatnonzero(row[KEYS:]) + 21
    return sounds.tolist(), struck.tolist()


def test_sounding_and_struck_keys_are_distinguished():
    fields = fields_of([0, 12, 12, 12, 24], [40, 60, 64, 67, 50], [24, 6, 24, 12, 6])
    found = known(fields)
    assert keys_of(found, fields, 0) == ([], [])
    assert keys_of(found, fields, 1) == ([40], [])
    assert keys_of(found, fields, 3) == ([40], [60, 64])
    assert keys_of(found, fields, 4) == ([64], [])  # 40 and 67 have just ended


def test_a_key_that_is_struck_again_sounds_as_long_as_its_last_note():
    fields = fields_of([0, 12, 24, 24], [60, 60, 62, 64], [48, 6, 6, 6])
    found = known(fields)
    assert keys_of(found, fields, 1) == ([60], [])
    assert keys_of(found, fields, 2) == ([], [])  # the long note ended with the short one
    struck_now = fields_of([0, 12, 12], [60, 60, 62], [48, 6, 6])
    assert keys_of(known(struck_now), struck_now, 2) == ([], [60])


def test_every_number_is_one_that_the_network_has_a_row_for():
    found = known(random_fields(5, 400), bar_ticks=36)
    assert (found.evidence < EVIDENCE_SIZES).all()
    assert (found.candidates < CODEC.field_sizes).all()
    assert found.candidates.min() == found.evidence.min() == 0


@given(st.integers(0, 2**32), st.integers(1, 90), st.integers(2, 12), st.sampled_from([36, 48, 30]))
@settings(max_examples=40)
def test_candidates_are_those_of_slow_arithmetic(seed, notes, keys, bar_ticks):
    fields = random_fields(seed, notes, keys)
    found = known(fields, bar_ticks)
    candidates, evidence = as_arrays(slow_guesses(fields, bar_ticks))
    np.testing.assert_array_equal(found.evidence, evidence)
    np.testing.assert_array_equal(found.candidates, candidates)


@given(st.integers(0, 2**32), st.integers(1, 90))
@settings(max_examples=20)
def test_sounding_keys_are_those_of_slow_arithmetic(seed, notes):
    fields = random_fields(seed, notes)
    found = known(fields)
    for n in range(notes):
        sounds, struck = keys_of(found, fields, n)
        expected = slow_sounding(fields, n)
        assert ({key - 21 for key in sounds}, {key - 21 for key in struck}) == expected


def test_candidates_are_transposed_with_the_music_unless_absent():
    candidates = np.array([[[3, 40, 5], [0, 0, 0], [1, 86, 2]]])
    evidence = np.array([[9, 0, 1]])
    assert moved(candidates, 1, evidence > 0, 3).tolist() == [[[3, 43, 5], [0, 0, 0], [1, 77, 2]]]


@pytest.mark.parametrize("semitones", range(-6, 6))
def test_keys_are_folded_as_notes_are(semitones):
    keys = np.arange(KEYS)
    notes = Notes.of(keys, np.ones(KEYS), keys + 21).transposed(semitones)
    assert np.array_equal(folded(keys + semitones) + 21, notes.pitch)
