"""Chunks that quote too much, and the attempts to replace them."""

import numpy as np
import pytest

from music.notes import Notes, join
from music.piece import Piece, constant_tempo
from music.players.roles import DRUMS, role_of
from music.quotes.bound import ATTEMPTS, BAND_ATTEMPTS, QuoteBound, is_degenerate, usual_quote_notes
from music.quotes.finder import QuoteFinder


def piece(name, *pitches):
    onset_ticks = np.arange(len(pitches)) * 6
    return Piece(
        name, Notes.of(onset_ticks, np.full(len(pitches), 6), pitches), constant_tempo(100.0)
    )


TUNE = piece("tune", 60, 64, 62, 65, 67, 72, 71, 69, 60, 61)


def test_every_attempt_has_its_own_random_numbers():
    added = [attempt.position_added for attempt in ATTEMPTS]
    assert added[0] == 0
    assert np.diff(added).min() > 4000 * 8 + 256  # more tokens than any song has
    assert max(added) < 2**31 - 2**20


def test_the_first_attempts_keep_the_temperature_and_the_last_ones_raise_it():
    warmer = [attempt.temperature_added for attempt in ATTEMPTS]
    assert warmer[:2] == [0, 0]
    assert warmer == sorted(warmer)
    assert warmer[-1] > 0
    assert [attempt.is_filtered for attempt in ATTEMPTS] == [added == 0 for added in warmer]


def test_a_run_may_be_as_long_as_the_bound():
    bound = QuoteBound(QuoteFinder([TUNE]), 5)
    five, six = (bound.finder.listen(TUNE.notes[:count]) for count in (5, 6))
    assert bound.is_kept(five)
    assert not bound.is_kept(six)


def test_a_run_that_exceeded_the_bound_does_not_raise_it_for_later_chunks():
    bound = QuoteBound(QuoteFinder([TUNE]), 3)
    too_long = bound.finder.listen(TUNE.notes[:6])
    assert not bound.is_kept(too_long)
    own = bound.finder.listen(TUNE.notes[:2].shifted(100), too_long)
    assert bound.is_kept(own)  # what is over is not judged again
    assert not bound.is_kept(bound.finder.listen(TUNE.notes[:5].shifted(200), own))


def test_a_run_that_continues_is_checked_in_every_chunk():
    bound = QuoteBound(QuoteFinder([TUNE]), 5)
    begun = bound.finder.listen(TUNE.notes[:4])
    assert bound.is_kept(begun)
    assert not bound.is_kept(bound.finder.listen(TUNE.notes[4:7], begun))


def test_a_chunk_without_notes_keeps_the_bound():
    bound = QuoteBound(QuoteFinder([TUNE]), 3)
    too_long = bound.finder.listen(TUNE.notes[:6])
    assert bound.is_kept(bound.finder.listen(TUNE.notes[:0], too_long))


def test_without_learned_pieces_nothing_is_quoted():
    bound = QuoteBound(QuoteFinder(()), 0)
    assert bound.is_kept(bound.finder.listen(TUNE.notes))


def test_as_much_is_usual_as_most_pieces_share():
    theme = (60, 67, 64, 65, 71, 62, 69, 66)
    alike = [piece("first", *theme, 50, 80), piece("second", 81, *(p + 5 for p in theme))]
    assert usual_quote_notes(alike) == len(theme)


def test_two_versions_of_a_piece_make_no_long_run_usual():
    melody = [60 + step * step % 23 for step in range(40)]
    versions = [piece("original", *melody, 40, 90), piece("variation", 41, 91, *melody)]
    assert usual_quote_notes(versions) == len(melody)
    assert usual_quote_notes([*versions, piece("other", *range(60, 100))]) < 8


def test_a_few_notes_are_always_usual():
    assert usual_quote_notes([TUNE]) == 5


@pytest.mark.parametrize(
    ("onset_ticks", "pitch", "steps", "expected"),
    [
        (range(64), [*range(30, 62), *range(62, 30, -1)], 64, False),
        (range(64), [60, 62] * 32, 64, True),
        (range(64), [*range(30, 66), *[60, 62, 64, 65] * 7], 64, True),
        (range(64), [60, 62, 64, 65, 67, 69, 71, 72] * 8, 64, False),  # a scale
        (range(64), [*range(30, 70), *[60, 62, 64, 65] * 6], 64, False),
        (range(64), [60] * 64, 64, True),
        (range(64), [*range(30, 62), *[60, 62, 60, 60, 62, 62, 60, 62] * 4], 64, True),
        (range(64), [*range(31, 64), *[60, 62, 60, 60, 62, 62, 60, 62] * 4][:64], 64, False),
        (
            range(64),
            [60, 62, 64, 62, 65, 60, 64, 60] * 8,
            64,
            True,
        ),  # four keys in a cycle of eight
        (range(64), [60, 62, 64, 62, 67, 60, 64, 65] * 8, 64, False),  # five
        (range(64), [60] * 25 + [*range(30, 69)], 64, True),
        (range(64), [*[60] * 24, *range(30, 70)], 64, False),
        (range(31), range(30, 61), 64, True),  # of 64 tokens, most struck keys that sounded
        (range(7), [60] * 7, 7, False),  # too few to tell
    ],
)
def test_a_chunk_that_repeats_itself_for_ever_is_degenerate(onset_ticks, pitch, steps, expected):
    notes = Notes.of(list(onset_ticks), [1] * len(onset_ticks), list(pitch))
    assert is_degenerate(notes, steps) is expected


def test_a_cycle_that_the_previous_chunk_began_counts_when_it_continues():
    before, more = (Notes.of(range(n, n + 20), [1] * 20, [60, 64] * 10) for n in (0, 20))
    other = Notes.of(range(20, 40), [1] * 20, range(40, 60))
    assert not is_degenerate(more, 20)
    assert is_degenerate(more, 20, before)
    assert not is_degenerate(other, 20, before)


def test_a_steady_beat_is_no_degenerate_repetition():
    drums = Notes.of(np.arange(64) * 6, [3] * 64, np.resize([36, 42, 38, 42], 64), [DRUMS] * 64)
    assert not is_degenerate(drums, 64)
    piano = Notes.of(drums.onset_ticks, drums.duration_ticks, drums.pitch)
    assert is_degenerate(piano, 64)


def test_drums_do_not_hide_the_cycle_that_a_chunk_continues():
    """The last onsets before the chunk are of drums alone; the flute's lie before them."""
    flute, bar = role_of(9, 0), np.arange(20)
    before = Notes.of(bar, [1] * 20, [60, 64] * 10, [flute] * 20)
    drums = Notes.of(20 + np.arange(100), [1] * 100, [42] * 100, [DRUMS] * 100)
    more = before.shifted(120)
    assert is_degenerate(more, 20, join([before, drums]))
    assert not is_degenerate(more, 20, drums)


def test_a_band_may_quote_what_two_bars_have():
    melody = np.resize([60, 64, 62, 65, 67, 72, 71], 64)
    flute = Notes.of(np.arange(64) * 6, [6] * 64, melody, [role_of(9, 0)] * 64)
    alone = Piece("alone", flute, constant_tempo(100.0))
    assert usual_quote_notes([alone]) == 16
    on_piano = Piece("on piano", flute.as_piano(), constant_tempo(100.0))
    assert usual_quote_notes([on_piano]) == 5


def test_attempts_at_a_band_stay_cool_and_filtered():
    assert len(BAND_ATTEMPTS) == len(ATTEMPTS)
    for gentle, attempt in zip(BAND_ATTEMPTS, ATTEMPTS, strict=True):
        assert gentle.is_filtered
        assert gentle.position_added == attempt.position_added
        assert gentle.temperature_added == pytest.approx(attempt.temperature_added / 5)
