"""When callers who are refused for lack of a song slot are to retry."""

import math
import time
from collections.abc import Callable
from threading import Lock

_SHORTEST_S, _LONGEST_S = 1, 60
_FIRST_SONG_S = 1.0  # until a song has finished
_WEIGHT = 0.1  # of the newest song in the mean of their durations
_OVERBOOKING = 2  # retries per song that can finish: some callers give up, and slots stay in use


class RetrySchedule:
    """Spreads retries over the time in which the songs of the callers before can finish.

    If all of N callers retried after the same time, refusals would grow with the square of N: so
    many callers are refused each time, and their songs take N times as long. So each refusal makes
    the next caller wait a little longer. Thread-safe.
    """

    def __init__(self, slots: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Schedule for a number of slots; `clock` gives seconds."""
        self._slots = slots
        self._clock = clock
        self._lock = Lock()
        self._song_s = _FIRST_SONG_S
        self._booked_until_s = -math.inf

    def finished(self, duration_s: float) -> None:
        """Learn how long a song has held its slot."""
        with self._lock:
            self._song_s += _WEIGHT * (duration_s - self._song_s)

    def next_wait_s(self) -> int:
        """Return how long the next refused caller is to wait, in whole seconds: 1 to 60."""
        with self._lock:
            now_s = self._clock()
            each_s = self._song_s / (_OVERBOOKING * self._slots)
            last_s = now_s + _LONGEST_S
            self._booked_until_s = min(max(now_s, self._booked_until_s) + each_s, last_s)
            return max(_SHORTEST_S, math.ceil(self._booked_until_s - now_s))
