"""The time that a request has, shared by all the calls made for it."""

import time
from dataclasses import dataclass
from typing import Self

from api.errors import OutOfTimeError


@dataclass(frozen=True)
class Deadline:
    """A moment on the monotonic clock.

    Attributes:
        moment_s: Seconds, as `time.monotonic` counts them.
    """

    moment_s: float

    @classmethod
    def after(cls, seconds: float) -> Self:
        """Set a deadline so many seconds from now."""
        return cls(time.monotonic() + seconds)

    def left_s(self) -> float:
        """Return how many seconds are left, more than none.

        Raises:
            OutOfTimeError: None is left.
        """
        left = self.moment_s - time.monotonic()
        if left <= 0:
            raise OutOfTimeError("The time for this request is up; ask for fewer notes.")
        return left
