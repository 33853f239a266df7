"""What the API asks of a model server, whichever it is.

The server keeps nothing between calls: a song's whole state travels with its calls, so any replica
can go on with any song.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from api.deadline import Deadline
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


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn.

    Attributes:
        temperature: 0 or more; 0 means the most likely token.
        top_k: How many of the likeliest tokens stay in the draw; 0 means all.
        top_p: The share of the probability that stays in the draw; 1 means all.
        seed: 0 or more, below 2 to the 64.
    """

    temperature: float
    top_k: int
    top_p: float
    seed: int


@dataclass(frozen=True)
class Prompt:
    """What a model reads before the first note of a song.

    Attributes:
        tokens: One or more.
        bar_ticks: Length of the song's bars, on the grid of `music.notes`, 1 or more.
        place_ticks: Where in its bar the first note of `tokens` starts or, where they hold none,
            the first note of the song: 0 to `bar_ticks` - 1.
    """

    tokens: tuple[int, ...]
    bar_ticks: int
    place_ticks: int


@dataclass(frozen=True, eq=False)
class SongState:
    """Where a song stands, all that is needed to go on with it.

    Attributes:
        hidden: float32[S], the model's state after the tokens read so far.
        token: The last token, which the network has not read yet.
    """

    hidden: NDArray[np.float32]
    token: int


@dataclass(frozen=True, eq=False)
class Draw:
    """Tokens of one song that one call has sampled or read.

    Attributes:
        tokens: int32[steps].
        log_probability: float32[steps], of each token before temperature and filters.
        state: Where the song stands after them.
    """

    tokens: NDArray[np.int32]
    log_probability: NDArray[np.float32]
    state: SongState


class ModelServer(Protocol):
    """The calls; each may come from any thread and ends by its deadline.

    Every call raises a ModelServerError: UnavailableError, OverloadedError, OutOfTimeError,
    NoSuchModelError or BrokenContractError.
    """

    def versions(self, game: str, deadline: Deadline) -> tuple[VersionStatus, ...]:
        """Say what versions of a game's model there are."""
        ...

    def describe(self, model: Model, deadline: Deadline) -> Description:
        """Let a model say what it is."""
        ...

    def prefill(self, model: Model, prompt: Prompt, deadline: Deadline) -> SongState:
        """Read what a song continues."""
        ...

    def decode(
        self,
        model: Model,
        states: Sequence[SongState],
        *,
        positions: Sequence[int],
        steps: int,
        sampling: Sampling,
        deadline: Deadline,
    ) -> tuple[Draw, ...]:
        """Sample the next `steps` tokens of one or more songs.

        Args:
            model: Which.
            states: Where each song stands.
            positions: For each song, the number of its next token, which with the seed decides on
                the random numbers.
            steps: 1 or more.
            sampling: How.
            deadline: When the call ends at the latest.
        """
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
