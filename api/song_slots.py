"""How many songs are composed at once: who comes when that many are is sent away at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from api.errors import TooManySongsError
from api.metrics import Metrics


class SongSlots:
    """Places for the songs that a process composes at once; safe among threads."""

    def __init__(self, most: int, metrics: Metrics) -> None:
        """Let `most` songs be composed at once."""
        self._free = BoundedSemaphore(most)
        self._in_flight = metrics.songs_in_flight

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a place while a song is composed.

        Raises:
            TooManySongsError: All are taken.
        """
        if not self._free.acquire(blocking=False):
            raise TooManySongsError("As many songs as fit are being composed; try again soon.")
        self._in_flight.inc()
        try:
            yield
        finally:
            self._in_flight.dec()
            self._free.release()
