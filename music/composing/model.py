"""The interface of a model that composing uses, in any process."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from music.codec import PAD

NO_STOP = 2**31 - 1  # ticks


@dataclass(frozen=True)
class Sampling:
    """How tokens are sampled.

    Attributes:
        temperature: 0 or more; 0 means the most likely token.
        top_k: How many of the most likely pitches may be sampled; 0 means all.
        top_p: The total probability of the pitches that may be sampled; 1 means all.
        seed: 0 or more, below 2 to the 64.
    """

    temperature: float
    top_k: int
    top_p: float
    seed: int

    @property
    def seed_words(self) -> tuple[int, int]:
        """The low and the high 32 bits of the seed, as int32 holds them."""
        low, high = np.array([self.seed], "<u8").view("<i4").tolist()
        return low, high


@dataclass(frozen=True)
class Prompt:
    """What a model reads before the first note of a song.

    Attributes:
        tokens: One or more.
        bar_ticks: Length of the song's bars, on the grid of `music.notes`, 1 or more.
        place_ticks: Where in its bar the first note of `tokens` starts or, where they hold none,
            the first note of the song: 0 to `bar_ticks` - 1.
        roles: The roles that play, as in `music.players.roles`; empty for a model of one piano.
    """

    tokens: tuple[int, ...]
    bar_ticks: int
    place_ticks: int
    roles: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class SongState:
    """The state of a song: all that is needed to continue it.

    Attributes:
        hidden: float32[S], the model's state after the tokens read so far.
        token: The last token, which the network has not read yet.
    """

    hidden: NDArray[np.float32]
    token: int


@dataclass(frozen=True, eq=False)
class DecodeRow:
    """A song whose next tokens are to be sampled: a row of a call.

    Attributes:
        state: Of the song.
        position: The number of its next token, which with the seed decides on the random numbers.
        steps: How many tokens at most, 1 or more.
        sampling: How they are sampled.
        start_ticks: The first token moves the song so far ahead or farther; 0 where any will do.
        stop_ticks: The song stops before the first token that moves it so far ahead, counted from
            its last token; `NO_STOP` where it does not.
    """

    state: SongState
    position: int
    steps: int
    sampling: Sampling
    start_ticks: int = 0
    stop_ticks: int = NO_STOP


@dataclass(frozen=True, eq=False)
class Draw:
    """Tokens of one song that one call has sampled or read.

    Attributes:
        tokens: int32[N].
        log_probability: float32[N], of each token before temperature and filters.
        state: The song's state after them.
    """

    tokens: NDArray[np.int32]
    log_probability: NDArray[np.float32]
    state: SongState


def drawn_lengths(tokens: NDArray[np.int32]) -> list[int]:
    """Return how many tokens each row of int32[B, N] has before PAD follows."""
    lengths: list[int] = np.count_nonzero(tokens != PAD, axis=1).tolist()
    return lengths


def draws_of(
    tokens: NDArray[np.int32],
    log_probability: NDArray[np.float32],
    states: Sequence[SongState],
    lengths: Sequence[int],
) -> tuple[Draw, ...]:
    """Cut the rows of a call into the draws of its songs.

    Args:
        tokens: int32[B, T].
        log_probability: float32[B, T].
        states: After the tokens of each row.
        lengths: How many tokens each row has; PAD follows them.
    """
    return tuple(
        Draw(tokens[row, :length], log_probability[row, :length], state)
        for row, (state, length) in enumerate(zip(states, lengths, strict=True))
    )


class Model(Protocol):
    """A trained network; it keeps nothing between calls. It may raise errors of its own."""

    def prefill(self, prompt: Prompt) -> SongState:
        """Read what a song continues."""
        ...

    def decode(self, rows: Sequence[DecodeRow]) -> tuple[Draw, ...]:
        """Sample the next tokens of one or more songs, of each in its own way."""
        ...

    def read(
        self, states: Sequence[SongState], tokens: Sequence[Sequence[int]]
    ) -> tuple[Draw, ...]:
        """Read the next tokens of one or more songs, which are known already.

        Args:
            states: Of each song.
            tokens: For each song one or more.

        Returns:
            As `decode` after sampling the same tokens.
        """
        ...
