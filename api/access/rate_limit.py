"""How often a caller may ask."""

import re
from dataclasses import dataclass, replace

PERIODS = ("second", "minute", "hour", "day")
_RATE = re.compile(rf"([1-9][0-9]{{0,5}})/({'|'.join(PERIODS)})")


@dataclass(frozen=True)
class Rate:
    """So many requests a period.

    Attributes:
        requests: 1 to 999,999.
        period: One of `PERIODS`.
    """

    requests: int
    period: str

    @classmethod
    def parse(cls, text: str) -> "Rate | None":
        """Read it as settings say it, as 600/minute; None where it is no rate."""
        found = _RATE.fullmatch(text)
        return cls(int(found[1]), found[2]) if found else None

    def share(self, workers: int) -> "Rate":
        """Give the share of one of so many workers, which is at least one request."""
        return replace(self, requests=-(-self.requests // workers))

    def __str__(self) -> str:
        return f"{self.requests}/{self.period}"
