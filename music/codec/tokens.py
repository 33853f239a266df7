"""What all codecs share.

A token is a number. It stands for one value of each of a codec's fields, written as the digits of
one number whose places are as large as the fields; the numbers below `FIRST` are special.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from music.errors import TokenError
from music.notes import Notes

PAD, BOS = 0, 1
FIRST = 2  # of the tokens that are music
MOST_TOKENS = 2**31 - 1
HIGHEST_NOTE_NUMBER = 127  # of MIDI


def padded(rows: Sequence[Sequence[int]]) -> tuple[NDArray[np.int32], list[int]]:
    """Write rows of tokens as a matrix.

    Args:
        rows: One or more, of any lengths.

    Returns:
        int32[B, T], where T is the longest row's length and PAD follows shorter rows, and the
        length of each row.
    """
    lengths = [len(row) for row in rows]
    matrix = np.full((len(rows), max(lengths)), PAD, np.int32)
    for line, row in zip(matrix, rows, strict=True):
        line[: len(row)] = row
    return matrix, lengths


@dataclass(frozen=True)
class Cursor:
    """Where the decoding of a song stands.

    Attributes:
        onset_ticks: The earliest onset of whatever note comes next.
        struck: The keys that already start there, as `Notes.key`; pitches, for one piano.
    """

    onset_ticks: int = 0
    struck: frozenset[int] = frozenset()


START = Cursor()


class Codec(ABC):
    """A way of writing notes as tokens, with its vocabulary."""

    name: ClassVar[str]
    has_roles: ClassVar[bool] = False
    """Whether a token has the role of a note."""

    def __init__(self, vocabulary: Sequence[Sequence[str]]) -> None:
        """Read the values' meaning off their names.

        Args:
            vocabulary: For each of F fields, the names of its values, in the order of their
                numbers.

        Raises:
            TokenError: A name is not of this codec, a field has no values, or there are more tokens
                than an int32 can number.
        """
        if not vocabulary or not all(vocabulary):
            raise TokenError("the vocabulary has a field without values")
        self.vocabulary = tuple(map(tuple, vocabulary))
        """The names of every field's values; a value's number is its place."""
        if self.vocabulary_size > MOST_TOKENS:
            raise TokenError(f"the vocabulary has more than {MOST_TOKENS} tokens")

    @property
    def field_sizes(self) -> tuple[int, ...]:
        """How many values each of the F fields has."""
        return tuple(map(len, self.vocabulary))

    @property
    def vocabulary_size(self) -> int:
        """V: how many tokens there are, the special ones counted in."""
        return FIRST + math.prod(self.field_sizes)

    def merge_fields(self, fields: NDArray[np.int32]) -> NDArray[np.int32]:
        """Write values int32[T, F] as tokens int32[T]."""
        digits = np.ravel_multi_index(tuple(fields.T), self.field_sizes)
        tokens: NDArray[np.int32] = (digits + FIRST).astype(np.int32)
        return tokens

    def split_fields(self, tokens: ArrayLike) -> NDArray[np.int32]:
        """Read tokens int[T] as values int32[T, F]; those of a special token are all -1.

        Raises:
            TokenError: A token is not in the vocabulary.
        """
        numbers = np.asarray(tokens, dtype=np.int64)
        outside = numbers[(numbers < 0) | (numbers >= self.vocabulary_size)]
        if len(outside):
            raise TokenError(f"token {outside[0]} is not in a vocabulary of {self.vocabulary_size}")
        digits = np.unravel_index(np.maximum(numbers - FIRST, 0), self.field_sizes)
        is_music = numbers >= FIRST
        return np.stack([np.where(is_music, d, -1) for d in digits], axis=1).astype(np.int32)

    @property
    def alphabet_size(self) -> int:
        """How many different letters `spelled` may give, the special tokens counted in."""
        return FIRST + sum(self.field_sizes)

    def spelled(self, tokens: ArrayLike) -> NDArray[np.int32]:
        """Write the fields of tokens int[T], all of them music, behind each other as letters.

        Returns:
            int32[T * F], each field's values with numbers of their own.
        """
        places = np.cumsum((FIRST, *self.field_sizes[:-1]))
        letters: NDArray[np.int32] = (self.split_fields(tokens) + places).ravel().astype(np.int32)
        return letters

    @classmethod
    @abstractmethod
    def over(cls, pieces: Sequence[Notes]) -> Self:
        """Make the codec that can write some pieces."""

    @property
    @abstractmethod
    def advance_ticks(self) -> NDArray[np.int32]:
        """How far each value of the first field moves the cursor: int32[n]."""

    def start_ticks(self, left_ticks: int) -> int:
        """Return how far a token must move the cursor, if its note is not to start too early.

        Args:
            left_ticks: From the cursor to the first tick that is not too early.

        Returns:
            At most as many as a token can move it.
        """
        return min(left_ticks, int(self.advance_ticks[-1]))

    def stop_ticks(self, left_ticks: int) -> int:
        """Return how far tokens must not move the cursor, if no note is to start too late.

        Args:
            left_ticks: From the cursor to the first tick that is too late.
        """
        return left_ticks

    @abstractmethod
    def encode(self, notes: Notes, cursor: Cursor | None = None) -> NDArray[np.int32]:
        """Turn notes into tokens, without BOS.

        Args:
            notes: Ordered.
            cursor: Where the tokens before these ended; None where there are none, or the first
                onset is not to be told.

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
            The notes of these tokens, ordered by onset, and the cursor behind them.

        Raises:
            TokenError: A token is not in the vocabulary.
        """
