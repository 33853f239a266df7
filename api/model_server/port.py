"""What the API asks of a model server, whichever it is.

The server keeps nothing between calls: a song's whole state travels with its calls, so any replica
can continue any song.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from api.deadline import Deadline
from music.composing.model import DecodeRow, Draw, Prompt, SongState
from music.description import Description

SLUG = re.compile(r"[a-z0-9_]{1,64}")  # a game's name


class Label(StrEnum):
    """What a version of a model is called, whatever its number.

    Attributes:
        STABLE: The one that was promoted last; there is none before the first promotion.
        CANARY: The newest.
    """

    STABLE = "stable"
    CANARY = "canary"


class State(StrEnum):
    """What a version of a model is doing, in TensorFlow Serving's words."""

    UNKNOWN = "UNKNOWN"
    START = "START"
    LOADING = "LOADING"
    AVAILABLE = "AVAILABLE"
    UNLOADING = "UNLOADING"
    END = "END"


@dataclass(frozen=True)
class VersionStatus:
    """One version of a model and its state.

    Attributes:
        version: The version's number.
        state: Its state.
        failure: Why it could not be loaded; empty where nothing went wrong.
    """

    version: int
    state: State
    failure: str = ""


@dataclass(frozen=True)
class Model:
    """A version of a game's model."""

    game: str
    version: int


class ModelServer(Protocol):
    """The calls; each may come from any thread and ends by its deadline.

    Every call raises a ModelServerError: UnavailableError, OverloadedError, OutOfTimeError,
    NoSuchModelError or BrokenContractError.
    """

    def versions(self, game: str, deadline: Deadline) -> tuple[VersionStatus, ...]:
        """Return what versions of a game's model there are."""
        ...

    def describe(self, model: Model, deadline: Deadline) -> Description:
        """Let a model say what it is."""
        ...

    def prefill(self, model: Model, prompt: Prompt, deadline: Deadline) -> SongState:
        """Read what a song continues."""
        ...

    def decode(
        self, model: Model, rows: Sequence[DecodeRow], deadline: Deadline
    ) -> tuple[Draw, ...]:
        """Sample the next tokens of one or more songs, of each in its own way."""
        ...

    def read(
        self,
        model: Model,
        states: Sequence[SongState],
        tokens: Sequence[Sequence[int]],
        deadline: Deadline,
    ) -> tuple[Draw, ...]:
        """Read the next tokens of one or more songs, which are known already.

        Args:
            model: Which.
            states: Where each song stands.
            tokens: For each song one or more.
            deadline: When the call ends at the latest.

        Returns:
            As `decode` after sampling the same tokens.
        """
        ...
