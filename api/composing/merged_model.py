"""One model for songs that are composed at the same time: their calls are merged into one.

A call of eight rows costs the model server less than twice a call of one row. The model server
merges calls that wait for it, but those of eight threads seldom wait together. Here, a call is made
when no song computes anything any more, for all songs that wait for a call of its kind.
Every row has its own random numbers, so merging changes no song.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from threading import Condition
from typing import Generic, Self, TypeVar

import numpy as np

from api.composing.served_model import ServedModel
from music.composing.model import DecodeRow, Draw, Prompt, SongState

# Songs that share calls. Four songs have some ten rows, candidates included. Eight in one group
# took a fifth less processor time, but only one core.
MOST_SONGS = 4
MOST_ROWS = 32  # of a call; batches on the model server hold 64
# A section that returns is read in pieces, so that other songs can read with it.
MOST_READ = 48

_Row = TypeVar("_Row")


class MergedModel:
    """A `Model` for the threads that compose songs of one request; each song has one thread."""

    def __init__(self, served: ServedModel, threads: int) -> None:
        """Merge the calls of `threads` threads, each of which has to be `composing`."""
        self._served = served
        self._turn = _Turn(threads)
        self._decodes: _Lane[DecodeRow] = _Lane(self._turn, served.decode)
        self._reads: _Lane[tuple[SongState, Sequence[int]]] = _Lane(self._turn, self._read_rows)

    @classmethod
    def of_groups(cls, served: ServedModel, threads: int) -> list[AbstractContextManager[Self]]:
        """Return for each of some threads the model of its group, as `composing`."""
        groups = -(-threads // MOST_SONGS)
        sizes = [threads // groups + (number < threads % groups) for number in range(groups)]
        models = [cls(served, size) for size in sizes]
        return [
            model.composing()
            for model, size in zip(models, sizes, strict=True)
            for _ in range(size)
        ]

    @contextmanager
    def composing(self) -> Iterator[Self]:
        """Count as a thread that may call, until the end; yields the model."""
        try:
            yield self
        finally:
            self._turn.leave()

    def prefill(self, prompt: Prompt) -> SongState:
        """Read what a song continues, once for all songs that continue the same."""
        return self._served.prefill(prompt)

    def decode(self, rows: Sequence[DecodeRow]) -> tuple[Draw, ...]:
        """Sample the next tokens of songs."""
        return self._decodes.draws(rows)

    def read(
        self, states: Sequence[SongState], tokens: Sequence[Sequence[int]]
    ) -> tuple[Draw, ...]:
        """Read the next tokens of songs."""
        read = [_Read(state, tuple(those)) for state, those in zip(states, tokens, strict=True)]
        while unread := [each for each in read if each.left]:
            draws = self._reads.draws([(each.state, each.left[:MOST_READ]) for each in unread])
            for each, draw in zip(unread, draws, strict=True):
                each.add(draw)
        return tuple(each.whole for each in read)

    def _read_rows(self, rows: Sequence[tuple[SongState, Sequence[int]]]) -> tuple[Draw, ...]:
        return self._served.read([state for state, _ in rows], [tokens for _, tokens in rows])


@dataclass(eq=False)
class _Read:
    """Tokens of a song that are read in pieces.

    Attributes:
        state: After those that were read.
        left: The others.
        draws: Of the pieces.
    """

    state: SongState
    left: tuple[int, ...]
    draws: list[Draw] = field(default_factory=list)

    def add(self, draw: Draw) -> None:
        """Take the draw of the next piece."""
        self.left = self.left[MOST_READ:]
        self.state = draw.state
        self.draws.append(draw)

    @property
    def whole(self) -> Draw:
        """The draw of all pieces."""
        return Draw(
            np.concatenate([draw.tokens for draw in self.draws]),
            np.concatenate([draw.log_probability for draw in self.draws]),
            self.state,
        )


class _Turn:
    """Whose turn it is: the songs', as long as one of them computes, and then the model's.

    Attributes:
        changed: Notifies of every change.
        computing: How many threads neither wait for a call nor have left.
    """

    def __init__(self, threads: int) -> None:
        self.changed = Condition()
        self.computing = threads

    def leave(self) -> None:
        with self.changed:
            self.computing -= 1
            self.changed.notify_all()


@dataclass(eq=False)
class _Waiting(Generic[_Row]):
    """The rows of one thread.

    Attributes:
        rows: Of its call.
        draws: What came of them; None until then.
        error: Why nothing came of them.
    """

    rows: Sequence[_Row]
    draws: tuple[Draw, ...] | None = None
    error: BaseException | None = None

    @property
    def is_done(self) -> bool:
        return self.draws is not None or self.error is not None


@dataclass(eq=False)
class _Lane(Generic[_Row]):
    """The calls of one kind, one at a time; the thread that waits longest makes the next.

    Attributes:
        turn: Of all lanes.
        call: Makes a call of rows, and returns a draw for each.
        queue: What waits for the next call.
        is_calling: Whether a call is being made.
    """

    turn: _Turn
    call: Callable[[Sequence[_Row]], tuple[Draw, ...]]
    queue: list[_Waiting[_Row]] = field(default_factory=list)
    is_calling: bool = False

    def draws(self, rows: Sequence[_Row]) -> tuple[Draw, ...]:
        """Return the draws of some rows; raises as `call`."""
        own = _Waiting(rows)
        with self.turn.changed:
            self.queue.append(own)
            self.turn.computing -= 1
            self.turn.changed.notify_all()
            self.turn.changed.wait_for(lambda: own.is_done or self._is_first(own))
            merged = [] if own.is_done else self._take()
        if merged:
            self._call(merged)
        if own.error is not None:
            raise own.error
        assert own.draws is not None
        return own.draws

    def _is_first(self, own: _Waiting[_Row]) -> bool:
        is_free = self.turn.computing == 0 and not self.is_calling
        return is_free and self.queue[0] is own

    def _take(self) -> list[_Waiting[_Row]]:
        """Take the first of the queue, and those after it that fit into the same call."""
        taken = [self.queue.pop(0)]
        room = MOST_ROWS - len(taken[0].rows)
        while self.queue and len(self.queue[0].rows) <= room:
            room -= len(self.queue[0].rows)
            taken.append(self.queue.pop(0))
        self.is_calling = True
        return taken

    def _call(self, merged: Sequence[_Waiting[_Row]]) -> None:
        try:
            draws = self.call([row for each in merged for row in each.rows])
        except BaseException as error:
            self._end(merged, error)
            raise
        first = 0
        for each in merged:
            each.draws = draws[first : first + len(each.rows)]
            first += len(each.rows)
        self._end(merged)

    def _end(self, merged: Sequence[_Waiting[_Row]], error: BaseException | None = None) -> None:
        with self.turn.changed:
            for each in merged:
                each.error = error
            self.is_calling = False
            self.turn.computing += len(merged)
            self.turn.changed.notify_all()
