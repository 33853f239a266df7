"""One model for songs that are composed at the same time: their calls are merged into one.

A call of eight rows costs the model server less than twice a call of one row. The model server
merges calls that wait for it, but those of eight threads seldom wait together. Here, a call is made
when no song that may share it computes anything any more, for all songs that wait for a call of its
kind. Every row has its own random numbers, so merging changes no song.

Groups of songs share the calls that sample, so that cores work on different groups. All songs share
those that read: a row costs little beside the steps, so fewer calls are less work. A row that has
its tokens costs as much as one that has not, so calls of few steps (the candidates of a last chord)
are not merged with those of many.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import Condition
from typing import Generic, Self, TypeVar

import numpy as np

from api.composing.served_model import ServedModel
from music.composing.model import DecodeRow, Draw, Prompt, SongState

# Songs that share calls that sample. Four songs have some ten rows, candidates included. Eight in
# one group took a fifth less processor time, but only one core.
MOST_SONGS = 4
MOST_ROWS = 32  # of a call; batches on the model server hold 64
# A section that returns is read in pieces, so that other songs can read with it.
MOST_READ = 48

_Row = TypeVar("_Row")
_ReadRow = tuple[SongState, Sequence[int]]


class MergedModel:
    """A `Model` for the threads of a group of songs of one request; each song has one thread."""

    def __init__(self, served: ServedModel, turn: "_Turn", reads: "_Lane[_ReadRow]") -> None:
        """Merge the calls of the threads of a turn, each of which has to be `composing`.

        Args:
            served: Is called.
            turn: Of the group.
            reads: The calls that read, which all groups share.
        """
        self._served = served
        self._turn = turn
        self._decodes: dict[int, _Lane[DecodeRow]] = {}
        self._reads = reads

    @classmethod
    def of_groups(cls, served: ServedModel, threads: int) -> list[AbstractContextManager[Self]]:
        """Return for each of some threads the model of its group, as `composing`."""
        groups = -(-threads // MOST_SONGS)
        sizes = [threads // groups + (number < threads % groups) for number in range(groups)]
        everyone = _Turn(Condition(), threads)
        reads = _Lane(everyone, partial(_read_rows, served))
        models = [cls(served, _Turn(everyone.changed, size, everyone), reads) for size in sizes]
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
        """Sample the next tokens of songs, up to equally many of each row."""
        steps = rows[0].steps
        with self._turn.changed:
            lane = self._decodes.setdefault(steps, _Lane(self._turn, self._served.decode))
        return lane.draws(rows, self._turn)

    def read(
        self, states: Sequence[SongState], tokens: Sequence[Sequence[int]]
    ) -> tuple[Draw, ...]:
        """Read the next tokens of songs."""
        read = [_Read(state, tuple(those)) for state, those in zip(states, tokens, strict=True)]
        while unread := [each for each in read if each.left]:
            rows = [(each.state, each.left[:MOST_READ]) for each in unread]
            draws = self._reads.draws(rows, self._turn)
            for each, draw in zip(unread, draws, strict=True):
                each.add(draw)
        return tuple(each.whole for each in read)


def _read_rows(served: ServedModel, rows: Sequence["_ReadRow"]) -> tuple[Draw, ...]:
    return served.read([state for state, _ in rows], [tokens for _, tokens in rows])


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


@dataclass(eq=False)
class _Turn:
    """Whose turn it is: the songs', as long as one of them computes, and then the model's.

    Attributes:
        changed: Notifies of every change, of all groups.
        computing: How many threads neither wait for a call nor have left.
        everyone: The turn of all groups, which a group is part of.
    """

    changed: Condition
    computing: int
    everyone: "_Turn | None" = None

    def count(self, threads: int) -> None:
        """Count threads that compute again; fewer than 0 where they wait. Takes the lock held."""
        self.computing += threads
        if self.everyone:
            self.everyone.computing += threads
        self.changed.notify_all()

    def leave(self) -> None:
        with self.changed:
            self.count(-1)


@dataclass(eq=False)
class _Waiting(Generic[_Row]):
    """The rows of one thread.

    Attributes:
        rows: Of its call.
        turn: Of its group.
        draws: What came of them; None until then.
        error: Why nothing came of them.
    """

    rows: Sequence[_Row]
    turn: _Turn
    draws: tuple[Draw, ...] | None = None
    error: BaseException | None = None

    @property
    def is_done(self) -> bool:
        return self.draws is not None or self.error is not None


@dataclass(eq=False)
class _Lane(Generic[_Row]):
    """The calls of one kind, one at a time; the thread that waits longest makes the next.

    Attributes:
        turn: Of the songs that share the calls.
        call: Makes a call of rows, and returns a draw for each.
        queue: What waits for the next call.
        is_calling: Whether a call is being made.
    """

    turn: _Turn
    call: Callable[[Sequence[_Row]], tuple[Draw, ...]]
    queue: list[_Waiting[_Row]] = field(default_factory=list)
    is_calling: bool = False

    def draws(self, rows: Sequence[_Row], turn: _Turn) -> tuple[Draw, ...]:
        """Return the draws of some rows, of a thread of the turn; raises as `call`."""
        own = _Waiting(rows, turn)
        with self.turn.changed:
            self.queue.append(own)
            turn.count(-1)
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
                each.turn.count(1)
            self.is_calling = False
