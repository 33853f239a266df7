"""The rate limit of a caller."""

import re
from dataclasses import dataclass, replace

PERIODS = ("second", "minute", "hour", "day")
_RATE = re.compile(rf"([1-9][0-9]{{0,5}})/({'|'.join(PERIODS)})")


@dataclass(frozen=True)
class Rate:
    """A number of requests per period.

    Attributes:
        requests: 1 to 999,999.
        period: One of `PERIODS`.
    """

    requests: int
    period: str

    @classmethod
    def parse(cls, text: str) -> "Rate | None":
        """Parse a setting such as 600/minute; None if it is not a rate."""
        found = _RATE.fullmatch(text)
        return cls(int(found[1]), found[2]) if found else None

    def share(self, workers: int) -> "Rate":
        """Return one worker's share, at least one request."""
        return replace(self, requests=-(-self.requests // workers))

    def __str__(self) -> str:
        return f"{self.requests}/{self.period}"
