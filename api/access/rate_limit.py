"""The rate limit of a caller."""

import re
from dataclasses import dataclass, replace

PERIODS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}  # in seconds
_RATE = re.compile(rf"([1-9][0-9]{{0,5}})/({'|'.join(PERIODS)})")


@dataclass(frozen=True)
class Rate:
    """A number of requests per period, or of units: a large song counts as several requests.

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

    @property
    def period_s(self) -> int:
        """The period in seconds."""
        return PERIODS[self.period]

    def share(self, workers: int) -> "Rate":
        """Return one worker's share, at least one request."""
        return replace(self, requests=-(-self.requests // workers))

    def __str__(self) -> str:
        return f"{self.requests}/{self.period}"
