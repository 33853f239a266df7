"""What a model does with the bounds of a call, for models of the tests."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike

from music.codec import FIRST
from music.codec.notetuple import NoteTuple
from music.composing.model import DecodeRow, Draw, SongState


def draws_after(
    states: Sequence[SongState], tokens: Sequence[Sequence[int]], per_token: ArrayLike
) -> tuple[Draw, ...]:
    """Read tokens that are all equally likely; each adds the same to the hidden state."""
    return tuple(
        Draw(
            np.array(row, np.int32),
            np.zeros(len(row), np.float32),
            SongState(
                state.hidden + np.float32(len(row)) * np.asarray(per_token, np.float32),
                [state.token, *row][-1],
            ),
        )
        for state, row in zip(states, tokens, strict=True)
    )


def bounded(
    codec: NoteTuple, rows: Sequence[DecodeRow], tokens: Sequence[Sequence[int]]
) -> list[list[int]]:
    """Let the first note of each row wait as long as it must, and end each row where it stops."""
    return [list(_bounded(codec, row, those)) for row, those in zip(rows, tokens, strict=True)]


def _bounded(codec: NoteTuple, row: DecodeRow, tokens: Sequence[int]) -> Iterator[int]:
    fields = codec.split_fields(list(tokens))
    fields[0, 0] = max(fields[0, 0], int(np.searchsorted(codec.shift_ticks, row.start_ticks)))
    waited = codec.shift_ticks[fields[:, 0]]
    if row.state.token < FIRST:  # a song's first note waits for none
        waited[0] = 0
    for token, moved_ticks in zip(codec.merge_fields(fields), np.cumsum(waited), strict=True):
        if moved_ticks >= row.stop_ticks:
            return
        yield int(token)
