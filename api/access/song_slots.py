"""How many songs are composed and sent at once: more than that many are refused at once."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import BoundedSemaphore

from api.errors import TooManySongsError
from api.telemetry.metrics import Metrics


class SongSlots:
    """Places for the songs that a process composes and sends at once; safe among threads."""

    def __init__(self, most: int, metrics: Metrics) -> None:
        """Let `most` songs be composed at once."""
        self._free = BoundedSemaphore(most)
        self._in_flight = metrics.songs_in_flight

    @contextmanager
    def taken(self) -> Iterator[ExitStack]:
        """Hold a place while a song is composed and sent.

        Yields:
            What gives the place back on the way out, unless `pop_all` has handed that on.

        Raises:
            TooManySongsError: All are taken.
        """
        if not self._free.acquire(blocking=False):
            raise TooManySongsError("As many songs as fit are being composed; try again soon.")
        self._in_flight.inc()
        with ExitStack() as place:
            place.callback(self._free.release)
            place.callback(self._in_flight.dec)
            yield place
