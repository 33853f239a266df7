"""Which candidates for some bars fit, and which of several is best."""

import pytest

from music.form.candidates import Candidate, best, struck_bars
from music.notes import NO_NOTES, Notes

BAR_TICKS = 48


def candidate(*notes: tuple[int, int, int], bars: int = 2, after: Notes = NO_NOTES) -> Candidate:
    """Put notes, each an onset, a duration and a pitch, into bars that start at tick 48."""
    columns = Notes.of(*zip(*notes, strict=True)) if notes else NO_NOTES
    start_ticks, known = BAR_TICKS, frozenset(struck_bars(after, BAR_TICKS, BAR_TICKS))
    return Candidate(columns, start_ticks, start_ticks + bars * BAR_TICKS, BAR_TICKS, known, 0.0)


FULL = candidate((48, 12, 60), (96, 12, 62))
HELD = candidate((60, 60, 60))


@pytest.mark.parametrize(
    ("one", "silent_bars"),
    [
        (candidate(), 2),
        (FULL, 0),
        (HELD, 0),
        (candidate((60, 12, 60)), 1),
        (candidate((100, 12, 60)), 1),
        (candidate((48, 48, 60), (240, 12, 60), bars=4), 3),
        (candidate((95, 1, 60)), 1),
        (candidate((95, 2, 60)), 0),
    ],
)
def test_a_bar_is_silent_in_which_nothing_sounds(one, silent_bars):
    assert one.silent_bars == silent_bars
    assert one.fits(begins=False) is (silent_bars == 0)


def test_a_song_begins_on_a_downbeat():
    assert FULL.fits(begins=True)
    assert not HELD.fits(begins=True)


def test_bars_that_the_song_has_already_do_not_fit():
    song = Notes.of([0, 48], [12, 12], [60, 62])
    assert not candidate((48, 12, 60), (96, 12, 62), after=song).fits(begins=False)
    assert candidate((48, 12, 60), (96, 12, 64), after=song).fits(begins=False)
    assert not candidate((48, 12, 64), (96, 12, 62), (144, 12, 60), bars=3, after=song).is_new


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        (candidate((48, 12, 60)), HELD),
        (candidate(), candidate((48, 12, 60))),
        (HELD, FULL),
    ],
    ids=("a silent bar", "more silent bars", "no note on the downbeat"),
)
def test_the_best_candidate_has_fewest_silent_bars_then_a_downbeat(worse, better):
    assert best([worse, better], on_downbeat=True) == 1
    assert best([better, worse], on_downbeat=True) == 0
