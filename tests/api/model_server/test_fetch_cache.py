"""A value is fetched once for any number of threads."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.deadline import Deadline
from api.errors import OutOfTimeError, UnavailableError
from api.model_server.fetch_cache import FetchCache

LONG = 30.0


@pytest.fixture
def pool():
    with ThreadPoolExecutor(8) as pool:
        yield pool


class Fetch:
    """A call that waits until it is let go, and then returns its number or raises."""

    def __init__(self):
        self.began = threading.Semaphore(0)
        self.calls = 0
        self.ending = threading.Event()
        self.error = None

    def __call__(self):
        self.calls += 1
        number = self.calls
        self.began.release()
        assert self.ending.wait(LONG)
        if self.error is not None:
            raise self.error
        return number


def get(cache, fetch, key="key", seconds=LONG):
    return cache.get(key, fetch, Deadline.after(seconds))


def test_threads_that_want_a_value_at_the_same_time_share_one_call(pool):
    cache, fetch = FetchCache(), Fetch()
    results = [pool.submit(get, cache, fetch) for _ in range(8)]
    fetch.ending.set()
    assert [result.result() for result in results] == [1] * 8
    assert get(cache, fetch) == 1


def test_two_values_are_fetched_at_the_same_time(pool):
    cache, fetch = FetchCache(), Fetch()
    results = [pool.submit(get, cache, fetch, key) for key in "ab"]
    for _ in range(2):
        assert fetch.began.acquire(timeout=LONG)
    fetch.ending.set()
    assert sorted(result.result() for result in results) == [1, 2]


def test_a_failure_is_raised_in_all_threads_that_wait_and_is_not_kept(pool):
    cache, fetch = FetchCache(), Fetch()
    fetch.error = UnavailableError("gone")
    first = pool.submit(get, cache, fetch)
    assert fetch.began.acquire(timeout=LONG)
    others = [pool.submit(get, cache, fetch) for _ in range(3)]
    fetch.ending.set()
    for result in (first, *others):
        with pytest.raises(UnavailableError, match="gone"):
            result.result()
    fetch.error = None
    assert get(cache, fetch) == fetch.calls


def test_a_thread_waits_no_longer_than_its_own_deadline(pool):
    cache, fetch = FetchCache(), Fetch()
    first = pool.submit(get, cache, fetch)
    assert fetch.began.acquire(timeout=LONG)
    with pytest.raises(OutOfTimeError):
        get(cache, fetch, seconds=0.01)
    fetch.ending.set()
    assert first.result() == 1


def test_a_waiting_thread_fetches_when_the_first_one_is_out_of_time(pool):
    cache, late, fetch = FetchCache(), Fetch(), Fetch()
    late.error = OutOfTimeError("up")
    fetch.ending.set()
    first = pool.submit(get, cache, late)
    assert late.began.acquire(timeout=LONG)
    second = pool.submit(get, cache, fetch)
    late.ending.set()
    with pytest.raises(OutOfTimeError):
        first.result()
    assert second.result() == 1


def test_a_value_that_is_kept_needs_no_time():
    cache = FetchCache()
    cache.get("key", lambda: 1, Deadline.after(LONG))
    assert cache.get("key", lambda: 2, Deadline.after(-1)) == 1


def test_values_are_dropped_by_their_keys():
    cache = FetchCache()
    for key in "abc":
        cache.get(key, lambda: "old", Deadline.after(LONG))
    cache.drop(lambda key: key in "ac")
    kept = [cache.get(key, lambda: "new", Deadline.after(LONG)) for key in "abc"]
    assert kept == ["new", "old", "new"]


def test_of_too_many_values_the_one_used_longest_ago_is_dropped():
    cache = FetchCache(most_values=2)
    calls = []

    def fetch(key):
        return cache.get(key, lambda: calls.append(key), Deadline.after(LONG))

    for key in "abacab":
        fetch(key)
    assert calls == ["a", "b", "c", "b"]
