"""A bound on the songs composed at once; requests beyond it are refused immediately."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from threading import BoundedSemaphore

from api.access.retry_schedule import RetrySchedule
from api.errors import TooManySongsError
from api.telemetry.metrics import Metrics


class SongSlots:
    """Slots for the songs that a process composes and sends at once; thread-safe."""

    def __init__(self, most: int, metrics: Metrics) -> None:
        """Allow `most` songs at once."""
        self._free = BoundedSemaphore(most)
        self._retries = RetrySchedule(most)
        self._in_flight = metrics.songs_in_flight

    @contextmanager
    def taken(self) -> Iterator[ExitStack]:
        """Hold a slot while a song is composed and sent.

        Yields:
            A stack that frees the slot on exit, unless `pop_all` has moved that elsewhere.

        Raises:
            TooManySongsError: All are taken.
        """
        if not self._free.acquire(blocking=False):
            wait_s = self._retries.next_wait_s()
            raise TooManySongsError(
                f"All song slots are taken; try again in {wait_s} seconds.", wait_s
            )
        self._in_flight.inc()
        began_s = time.monotonic()
        with ExitStack() as place:
            place.push(partial(self._finished, began_s))
            place.callback(self._free.release)
            place.callback(self._in_flight.dec)
            yield place

    def _finished(self, began_s: float, failure: type[BaseException] | None, *_: object) -> None:
        """Learn how long a song takes; a request that is refused says nothing of that."""
        if failure is None:
            self._retries.finished(time.monotonic() - began_s)

    @contextmanager
    def more(self, most: int) -> Iterator[int]:
        """Hold up to `most` further slots for the songs of a request that has one; yields how many.

        None may be free: such a request composes one song after the other.
        """
        with ExitStack() as places:
            taken = 0
            while taken < most and self._free.acquire(blocking=False):
                places.callback(self._free.release)
                self._in_flight.inc()
                places.callback(self._in_flight.dec)
                taken += 1
            yield taken
