"""The sampling loop: the next tokens of songs, resampled where a song cannot continue from them."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from music.codec import Cursor
from music.composing.brief import Brief
from music.composing.game_music import GameMusic
from music.composing.model import DecodeRow, Draw, Model, Prompt, Sampling, SongState
from music.composing.observer import Observer, Work
from music.errors import NotMusicError, TokenError
from music.notes import Notes
from music.quotes.bound import ATTEMPTS, BAND_ATTEMPTS, Attempt, QuoteBound
from music.quotes.finder import QuoteState


class Chunk(Protocol):
    """A song after the tokens that were sampled last."""

    @property
    def quote_state(self) -> QuoteState:
        """What it shares with the pieces."""

    @property
    def is_degenerate(self) -> bool:
        """Whether these tokens are degenerate repetition."""

    @property
    def sampled_notes(self) -> int:
        """How many notes were sampled; of attempts that all fail equally, more are better."""


_Chunk = TypeVar("_Chunk", bound=Chunk)


class Sampler:
    """Samples the tokens of one song."""

    def __init__(
        self,
        model: Model,
        music: GameMusic,
        brief: Brief,
        observer: Observer,
        drums: frozenset[int] | None = None,
    ) -> None:
        """Prepare to sample as a brief says.

        Args:
            model: Samples the tokens.
            music: Of the game.
            brief: Of the song.
            observer: Receives what is timed and counted.
            drums: The drums that the band has, as keys of a kit; None for all.
        """
        self._model = model
        self._brief = brief
        self._observer = observer
        self._finder = music.finder
        self._codec = music.codec
        self._drums = drums
        self._attempts = BAND_ATTEMPTS if music.codec.has_roles else ATTEMPTS
        requested = brief.max_quote
        self._bound = QuoteBound(
            music.finder, music.quote_notes if requested is None else requested
        )

    def prefill(self, prompt: Prompt) -> SongState:
        """Read what the song continues."""
        return self._model.prefill(prompt)

    def read(
        self, states: Sequence[SongState], tokens: Sequence[Sequence[int]]
    ) -> tuple[Draw, ...]:
        """Read tokens that are known already, one or more after each state."""
        return self._model.read(states, tokens)

    def sampling(self, attempt: Attempt, temperature_added: float = 0.0) -> Sampling:
        """Return how tokens are sampled in the way of an attempt."""
        brief = self._brief
        temperature = brief.temperature + temperature_added
        how = attempt.sampling(temperature, brief.top_k, brief.top_p)
        return Sampling(*how, brief.seed)

    def sample(self, rows: Sequence[DecodeRow]) -> tuple[Draw, ...]:
        """Sample the next tokens of rows."""
        return self._model.decode(rows)

    def until_right(
        self,
        attempted: Callable[[int, Attempt], Sequence[_Chunk]],
        *,
        may_drop_all: bool = False,
    ) -> list[_Chunk]:
        """Sample until a song can continue; the attempts are bounded.

        Args:
            attempted: Samples by the attempt of a number, one chunk or more.
            may_drop_all: Whether to do without a chunk where the first attempt gives no right one.

        Returns:
            The right ones of an attempt or, where no attempt has any, the one that comes closest.
        """
        wrong: list[_Chunk] = []
        for number, attempt in enumerate(self._attempts):
            if wrong:
                self._observer.resampled()
            tried = attempted(number, attempt)
            right = [chunk for chunk in tried if self.is_right(chunk)]
            if right or may_drop_all:
                return right
            wrong += tried
        return [min(wrong, key=_rank)]

    def decoded(
        self, tokens: Sequence[int] | NDArray[np.int32], cursor: Cursor
    ) -> tuple[Notes, Cursor]:
        """Decode tokens of the model.

        Raises:
            NotMusicError: One is not in the vocabulary.
        """
        try:
            return self._codec.decode(tokens, cursor)
        except TokenError as error:
            raise NotMusicError(f"a draw in which {error}") from error

    def chunk_decoded(self, draw: Draw, cursor: Cursor) -> tuple[Notes, Cursor]:
        """Decode what was sampled, timed; raises as `decoded`.

        Strokes on drums that the band does not have are left out.
        """
        with self._observer.timed(Work.CODEC):
            notes, cursor = self.decoded(draw.tokens, cursor)
            if self._drums is not None:
                notes = notes[notes.is_melodic | np.isin(notes.pitch, list(self._drums))]
            return notes, cursor

    def encoded(self, notes: Notes, cursor: Cursor) -> tuple[list[int], Cursor]:
        """Write known notes as tokens; gives the cursor after them as the codec counts it."""
        with self._observer.timed(Work.CODEC):
            tokens = self._codec.encode(notes, cursor).tolist()
            read, after = self._codec.decode(tokens, cursor)
        # A rest that the vocabulary does not have is read as the nearest; the bar line stays.
        drift_ticks = int(notes.onset_ticks[-1] - read.onset_ticks[-1])
        return tokens, Cursor(after.onset_ticks + drift_ticks, after.struck)

    def quoted(self, notes: Notes, quote_state: QuoteState) -> QuoteState:
        """Add notes to what the song shares with the pieces."""
        with self._observer.timed(Work.QUOTES):
            return self._finder.listen(notes, quote_state)

    def is_right(self, chunk: Chunk) -> bool:
        """Whether a song can continue after a chunk: without a long quote and degeneration."""
        return not chunk.is_degenerate and self._bound.is_kept(chunk.quote_state)


def _rank(chunk: Chunk) -> tuple[bool, int, int]:
    """Rank chunks that all failed, best first."""
    return chunk.is_degenerate, chunk.quote_state.latest_notes, -chunk.sampled_notes
