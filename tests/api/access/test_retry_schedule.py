"""Callers who are refused for lack of a song slot retry when one may be free."""

import heapq

import pytest

from api.access.retry_schedule import RetrySchedule

SLOTS, SONG_S = 12, 0.4


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def refusals_of(callers: int) -> tuple[int, float]:
    """Let callers who want a song each come at once, and retry as told.

    Returns:
        How often they are refused, and the seconds until all have their songs.
    """
    clock = Clock()
    schedule = RetrySchedule(SLOTS, clock)
    began_s, free, refused = clock.now_s, SLOTS, 0
    events = [(began_s + n / 1000, n, "comes") for n in range(callers)]
    while events:
        clock.now_s, caller, event = heapq.heappop(events)
        if event == "has its song":
            free += 1
            schedule.finished(SONG_S)
        elif free:
            free -= 1
            heapq.heappush(events, (clock.now_s + SONG_S, caller, "has its song"))
        else:
            refused += 1
            wait_s = schedule.next_wait_s()
            heapq.heappush(events, (clock.now_s + wait_s, caller, "comes"))
    return refused, clock.now_s - began_s


@pytest.mark.parametrize("callers", [50, 500, 2000])
def test_refusals_grow_no_faster_than_callers(callers):
    refused, _ = refusals_of(callers)
    assert refused < 6 * callers


@pytest.mark.parametrize("callers", [500, 2000])
def test_slots_stay_in_use_while_callers_wait(callers):
    _, seconds = refusals_of(callers)
    assert seconds < 3 * callers * SONG_S / SLOTS


def test_a_wait_is_a_second_to_a_minute():
    schedule = RetrySchedule(1, Clock())
    waits_s = [schedule.next_wait_s() for _ in range(200)]
    assert waits_s[0] == 1
    assert waits_s == sorted(waits_s)
    assert waits_s[-1] == 60


def test_the_wait_falls_again_once_callers_have_come_back():
    clock = Clock()
    schedule = RetrySchedule(1, clock)
    waits_s = [schedule.next_wait_s() for _ in range(40)]
    assert waits_s[-1] == 20
    clock.now_s += 20
    assert schedule.next_wait_s() == 1


def test_longer_songs_make_callers_wait_longer():
    schedule = RetrySchedule(1, Clock())
    for _ in range(100):
        schedule.finished(10)
    assert [schedule.next_wait_s() for _ in range(3)] == [5, 10, 15]
