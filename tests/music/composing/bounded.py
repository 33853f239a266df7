"""What a model does with the bounds of a call, for models of the tests."""

from collections.abc import Iterator, Sequence

import numpy as np

from music.codec import FIRST
from music.codec.notetuple import NoteTuple
from music.composing.model import SongState


def bounded(
    codec: NoteTuple,
    states: Sequence[SongState],
    rows: Sequence[Sequence[int]],
    start_ticks: Sequence[int],
    stop_ticks: Sequence[int],
) -> list[list[int]]:
    """Let the first note of each row wait as long as it must, and end each row where it stops."""
    return [
        list(_bounded(codec, state, row, start, stop))
        for state, row, start, stop in zip(states, rows, start_ticks, stop_ticks, strict=True)
    ]


def _bounded(
    codec: NoteTuple, state: SongState, row: Sequence[int], start_ticks: int, stop_ticks: int
) -> Iterator[int]:
    fields = codec.split_fields(list(row))
    fields[0, 0] = max(fields[0, 0], int(np.searchsorted(codec.shift_ticks, start_ticks)))
    waited = codec.shift_ticks[fields[:, 0]]
    if state.token < FIRST:  # a song's first note waits for none
        waited[0] = 0
    for token, moved_ticks in zip(codec.merge_fields(fields), np.cumsum(waited), strict=True):
        if moved_ticks >= stop_ticks:
            return
        yield int(token)
