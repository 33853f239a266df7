"""The time that a request has, shared by all the calls made for it."""

import time
from dataclasses import dataclass, field
from threading import Event
from typing import Self

from api.errors import OutOfTimeError


@dataclass(frozen=True)
class Deadline:
    """A moment on the monotonic clock.

    Attributes:
        moment_s: Seconds, as `time.monotonic` counts them.
        cancelled: Set if the work is not wanted any more.
    """

    moment_s: float
    cancelled: Event = field(default_factory=Event, compare=False, repr=False)

    @classmethod
    def after(cls, seconds: float) -> Self:
        """Set a deadline so many seconds from now."""
        return cls(time.monotonic() + seconds)

    def of_part(self) -> "Deadline":
        """Return the same deadline for a part of the work, which can be cancelled alone."""
        return Deadline(self.moment_s)

    def cancel(self) -> None:
        """Let everything that has this deadline end at its next step."""
        self.cancelled.set()

    def left_s(self) -> float:
        """Return how many seconds are left, more than none.

        Raises:
            OutOfTimeError: None is left, or the work was cancelled.
        """
        if self.cancelled.is_set():
            raise OutOfTimeError("The request was cancelled.")
        left = self.moment_s - time.monotonic()
        if left <= 0:
            raise OutOfTimeError("The time for this request is up; ask for fewer notes.")
        return left
