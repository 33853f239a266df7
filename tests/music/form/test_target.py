"""What notes are to measure, and which of several candidates is nearest."""

import pytest

from music.form.candidates import Candidate, best
from music.form.target import ANYTHING, Goal, Target
from music.keys import Mode
from music.notes import Notes

BAR_TICKS = 48
C_MAJOR = frozenset({(0, Mode.MAJOR)})


def bar(*pitches: int) -> Notes:
    """Strike pitches one after the other, all within a bar."""
    ticks = BAR_TICKS // len(pitches)
    return Notes.of(range(0, ticks * len(pitches), ticks), [ticks] * len(pitches), pitches)


SPARSE, DENSE = bar(60, 67), bar(60, 64, 67, 72, 60, 64, 67, 72)
LOW, HIGH = bar(48, 52, 55, 48), bar(72, 76, 79, 72)
IN_C, IN_F_SHARP = bar(60, 64, 67, 71, 65, 60), bar(66, 70, 73, 77, 71, 66)


@pytest.mark.parametrize(
    ("target", "near", "far"),
    [
        (Target(density=Goal(2.0, 1.0)), DENSE, SPARSE),
        (Target(density=Goal(0.4, 1.0)), SPARSE, DENSE),
        (Target(register=Goal(74.0, 5.0)), HIGH, LOW),
        (Target(register=Goal(40.0, 5.0)), LOW, HIGH),
        (Target(keys=C_MAJOR), IN_C, IN_F_SHARP),
        (Target(C_MAJOR, Goal(2.0, 1.0)), DENSE, SPARSE),
    ],
)
def test_the_candidate_nearest_to_the_target_is_kept(target, near, far):
    assert target.distance(near, BAR_TICKS) < target.distance(far, BAR_TICKS)
    candidates = [
        Candidate(
            notes,
            start_ticks=0,
            end_ticks=BAR_TICKS,
            bar_ticks=BAR_TICKS,
            known_bars=frozenset(),
            following_log_probability=0.0,
            distance=target.distance(notes, BAR_TICKS),
        )
        for notes in (far, near)
    ]
    assert best(candidates, on_downbeat=True) == 1


def test_a_distance_is_counted_in_spreads():
    assert Target(density=Goal(1.5, 0.5)).distance(SPARSE, BAR_TICKS) == 2.0
    both = Target(density=Goal(1.5, 0.5), register=Goal(60.5, 3.0))
    assert both.distance(SPARSE, BAR_TICKS) == 3.0


def test_all_notes_are_equally_near_to_anything():
    assert ANYTHING.is_anything
    assert ANYTHING.distance(SPARSE, BAR_TICKS) == ANYTHING.distance(HIGH, BAR_TICKS) == 0
    assert not Target(keys=C_MAJOR).is_anything


def test_notes_in_the_wanted_key_are_on_target_however_clear_it_is():
    in_c = Target(keys=C_MAJOR)
    assert in_c.distance(IN_C, BAR_TICKS) == in_c.distance_of(0.05, 1.0, 60.0) == 0
    assert in_c.distance_of(0.04, 1.0, 60.0) > 1
    in_major = Target(keys=frozenset((tonic, Mode.MAJOR) for tonic in range(12)))
    assert in_major.distance_of(0.0, 1.0, 60.0) == 0
    assert in_major.distance_of(-0.01, 1.0, 60.0) > 0


def test_another_key_is_as_far_as_a_spread_of_density():
    sparse_in_c = Target(C_MAJOR, Goal(1.0, 1.0))
    assert sparse_in_c.distance_of(0.1, 1.9, 60.0) < sparse_in_c.distance_of(0.0, 1.0, 60.0)
