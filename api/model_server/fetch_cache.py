"""A cache of values that take a call to fetch; each is fetched once."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

from api.deadline import Deadline
from api.errors import OutOfTimeError

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class FetchCache(Generic[Key, Value]):
    """Fetches each value once, however many threads want it at the same time.

    The first thread that wants a value fetches it, and the others wait for it. A failure is raised
    in all of them and is not kept, so the next thread fetches again. A waiting thread does not
    fail because the fetching thread had less time: it then fetches itself.
    """

    def __init__(self, most_values: int | None = None) -> None:
        """Keep up to `most_values`, those used last; by default all until they are dropped."""
        self._most_values = most_values
        self._lock = Lock()
        self._futures: OrderedDict[Key, Future[Value]] = OrderedDict()

    def get(self, key: Key, fetch: Callable[[], Value], deadline: Deadline) -> Value:
        """Return a value, fetched where it is not kept.

        Args:
            key: Names the value.
            fetch: Gives it within `deadline`.
            deadline: How long to wait for another thread that fetches it.

        Raises:
            OutOfTimeError: The other thread is not done by then.
            Exception: As `fetch`.
        """
        while True:
            future, is_ours = self._future(key)
            if is_ours:
                return self._fetched(key, future, fetch)
            wait_s = None if future.done() else deadline.left_s()
            try:
                return future.result(wait_s)
            except (OutOfTimeError, TimeoutError):
                deadline.left_s()  # raises where it is this thread's time that is up

    def drop(self, is_dropped: Callable[[Key], bool]) -> None:
        """Keep no more of the values whose keys a function picks."""
        with self._lock:
            for key in [key for key in self._futures if is_dropped(key)]:
                del self._futures[key]

    def _future(self, key: Key) -> tuple[Future[Value], bool]:
        """Return a value's future, and whether the caller has to fulfil it."""
        with self._lock:
            if key in self._futures:
                self._futures.move_to_end(key)
                return self._futures[key], False
            future = self._futures[key] = Future()
            if self._most_values is not None and len(self._futures) > self._most_values:
                self._futures.popitem(last=False)
            return future, True

    def _fetched(self, key: Key, future: Future[Value], fetch: Callable[[], Value]) -> Value:
        try:
            value = fetch()
        except BaseException as error:
            with self._lock:
                if self._futures.get(key) is future:
                    del self._futures[key]
            future.set_exception(error)
            raise
        future.set_result(value)
        return value
