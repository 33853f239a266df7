"""What all codecs share."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from music.errors import TokenError
from music.notes import Notes

PAD, BOS, EOS = 0, 1, 2
SPECIAL_TOKENS = ("PAD_None", "BOS_None", "EOS_None")


@dataclass(frozen=True)
class Cursor:
    """Where the decoding of a song stands.

    Attributes:
        onset_ticks: The onset of whatever note comes next.
        pending_pitch: A pitch whose duration has not come yet, or -1.
        struck: The pitches that already start at this onset.
    """

    onset_ticks: int = 0
    pending_pitch: int = -1
    struck: frozenset[int] = frozenset()


START = Cursor()


class Codec(ABC):
    """A way of writing notes as tokens, with its vocabulary."""

    name: ClassVar[str]

    def __init__(self, vocabulary: Sequence[str]) -> None:
        """Read the tokens' meaning off their names.

        Args:
            vocabulary: V names, in the order of the tokens' numbers.

        Raises:
            TokenError: A name is not of this codec, or PAD, BOS and EOS do not have the numbers
                that everything else counts on.
        """
        if tuple(vocabulary[: len(SPECIAL_TOKENS)]) != SPECIAL_TOKENS:
            raise TokenError(f"the vocabulary does not begin with {', '.join(SPECIAL_TOKENS)}")
        self.vocabulary = tuple(vocabulary)
        """Every token's name, the special ones first; a token's number is its place."""

    @classmethod
    @abstractmethod
    def over(cls, pieces: Sequence[Notes]) -> Self:
        """Make the codec that can write some pieces."""

    @abstractmethod
    def encode(self, notes: Notes) -> NDArray[np.int32]:
        """Turn notes into tokens, without BOS and EOS.

        Returns:
            int32[T].

        Raises:
            TokenError: The vocabulary cannot say it.
        """

    @abstractmethod
    def decode(self, tokens: ArrayLike, cursor: Cursor = START) -> tuple[Notes, Cursor]:
        """Decode the next tokens of a song; special ones are passed over.

        Args:
            tokens: int[T].
            cursor: Where the tokens before these ended.

        Returns:
            The notes that these tokens complete, ordered by onset, and the cursor behind them.

        Raises:
            TokenError: A token is not in the vocabulary.
        """

    @abstractmethod
    def followers(self) -> NDArray[np.bool_]:
        """Say which token may follow which.

        Returns:
            bool[V, V]: row by the token before, column by the token after. Special tokens follow
            none.
        """


def numbers(tokens: ArrayLike, vocabulary_size: int) -> list[int]:
    """Check that tokens are of a vocabulary.

    Raises:
        TokenError: One is not.
    """
    checked: list[int] = np.asarray(tokens).tolist()
    for token in checked:
        if not 0 <= token < vocabulary_size:
            raise TokenError(f"token {token} is not in a vocabulary of {vocabulary_size}")
    return checked
