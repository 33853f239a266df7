"""Counts what callers use of their rate limit: in this process, or in a Redis that many share."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import limits
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import FixedWindowRateLimiter

from api.access.rate_limit import Rate

REDIS_SECONDS = 0.5  # for each response of Redis
PAUSE_SECONDS = 5.0  # until Redis is tried again after it failed

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Allowance:
    """What a caller has left after a request.

    Attributes:
        rate: The limit that was counted: in a process's own memory, its share.
        cost: Of the request in units, at most the whole limit.
        left: The units that are left in this period.
        reset_s: The seconds until the period ends, rounded up, at least 1.
        is_exceeded: Whether the request needs more than there was; it then used nothing.
    """

    rate: Rate
    cost: int
    left: int
    reset_s: int
    is_exceeded: bool


class RateLimiter:
    """A rate limit for each caller, in fixed periods; safe among threads.

    Without a shared storage, each process counts its own requests and allows its share. It does the
    same while the shared storage fails.
    """

    def __init__(
        self,
        rate: Rate,
        workers: int,
        storage_url: str | None = None,
        storage_failed: Callable[[], object] = lambda: None,
    ) -> None:
        """Prepare to count; nothing is connected yet.

        Args:
            rate: The limit.
            workers: The number of processes.
            storage_url: The Redis that processes share; None for none.
            storage_failed: Called whenever it fails.
        """
        self.rate = rate
        self._own = _Counter(rate.share(workers), MemoryStorage())
        self._shared = _Counter(rate, _redis(storage_url)) if storage_url else None
        self._storage_failed = storage_failed
        self._retry_at_s = 0.0

    def spend(self, caller: str, cost: int, spent: int = 0) -> Allowance:
        """Take units from what a caller has left.

        Args:
            caller: Who is counted.
            cost: Of a request in units; more than the whole limit counts as the whole limit.
            spent: How many of them were taken already.
        """
        if self._shared is not None and time.monotonic() >= self._retry_at_s:
            try:
                return self._shared.spend(caller, cost, spent)
            except StorageError as error:
                self._fail(error)
        return self._own.spend(caller, cost, spent)

    def _fail(self, error: StorageError) -> None:
        self._retry_at_s = time.monotonic() + PAUSE_SECONDS
        self._storage_failed()
        _LOG.warning(
            "the rate storage failed, so this process counts its own requests: %s",
            type(error.storage_error).__name__,  # the message may contain the address
        )


class _Counter:
    """Counts in one storage."""

    def __init__(self, rate: Rate, storage: Storage) -> None:
        self._rate = rate
        self._item = limits.parse(str(rate))
        self._strategy = FixedWindowRateLimiter(storage)

    def spend(self, caller: str, cost: int, spent: int) -> Allowance:
        cost = min(cost, self._rate.requests)
        units = cost - spent
        # Tested first, since a hit that does not fit counts nevertheless.
        fits = self._strategy.test(self._item, caller, cost=units)
        fits = fits and self._strategy.hit(self._item, caller, cost=units)
        reset_at_s, left = self._strategy.get_window_stats(self._item, caller)
        reset_s = max(1, math.ceil(reset_at_s - time.time()))
        return Allowance(self._rate, cost, left, reset_s, is_exceeded=not fits)


def _redis(url: str) -> Storage:
    """Prepare to count in a Redis, which has one try and little time to respond."""
    from redis.backoff import NoBackoff  # noqa: PLC0415  only where a Redis is set
    from redis.retry import Retry  # noqa: PLC0415

    return RedisStorage(
        url,
        wrap_exceptions=True,
        socket_connect_timeout=REDIS_SECONDS,
        socket_timeout=REDIS_SECONDS,
        retry=Retry(NoBackoff(), 0),  # type: ignore[arg-type]  # all options go to redis
    )
