"""The arithmetic of times, with a clock that the test controls."""

import pytest

from benchmarks.timing import Percentiles, interleaved, seconds_of


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def perf_counter(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("benchmarks.timing.time.perf_counter", clock.perf_counter)
    return clock


def test_percentiles_fall_between_values():
    assert Percentiles.of([4.0, 1.0, 3.0, 2.0]) == Percentiles(2.5, pytest.approx(3.85))
    assert Percentiles.of([7.0]) == Percentiles(7.0, 7.0)


def test_a_run_is_timed_by_the_clock(clock):
    def run() -> None:
        clock.now_s += 2.5

    assert seconds_of(run) == 2.5


def test_variants_take_turns_and_the_first_round_does_not_count(clock):
    ran = []

    def variant(name: str, *durations_s: float):
        left = iter(durations_s)

        def run() -> None:
            ran.append(name)
            clock.now_s += next(left)

        return run

    variants = (variant("slow", 900, 4, 6, 50), variant("fast", 800, 1, 3, 2))
    assert interleaved("test", variants, rounds=3) == (6, 2)
    assert ran == ["slow", "fast"] * 4
