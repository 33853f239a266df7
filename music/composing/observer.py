"""What composing reports while it works, for metrics."""

from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from typing import Protocol


class Work(StrEnum):
    """The kinds of work between two calls of a model."""

    CODEC = "codec"
    QUOTES = "quotes"


class Observer(Protocol):
    """Receives the reports."""

    def timed(self, work: Work) -> AbstractContextManager[object]:
        """Time the work within."""
        ...

    def resampled(self) -> None:
        """Count a chunk that is resampled."""
        ...


class Unobserved:
    """An `Observer` that records nothing."""

    def timed(self, work: Work) -> AbstractContextManager[object]:
        """Do nothing."""
        del work
        return nullcontext()

    def resampled(self) -> None:
        """Do nothing."""


UNOBSERVED = Unobserved()
