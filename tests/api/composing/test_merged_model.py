"""The calls of songs that are composed at the same time are merged into few."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
import pytest

from api.composing.merged_model import MOST_ROWS, MergedModel
from music.composing.model import DecodeRow, Draw, Sampling, SongState

STEPS = 5


@dataclass
class Served:
    """A model whose draws tell which row they are of; it keeps the rows of every call."""

    decodes: list = field(default_factory=list)
    reads: list = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    fails_at: int = -1

    def prefill(self, prompt):
        return SongState(np.zeros(1, np.float32), prompt)

    def decode(self, rows):
        with self.lock:
            self.decodes.append(len(rows))
        if len(self.decodes) == self.fails_at:
            raise ConnectionError
        return tuple(draw(row.state, row.position + row.sampling.seed) for row in rows)

    def read(self, states, tokens):
        self.reads.append(len(states))
        return tuple(draw(state, sum(those)) for state, those in zip(states, tokens, strict=True))


def draw(state, number):
    return Draw(np.array([number]), np.zeros(1), SongState(state.hidden, state.token + number))


def compose(composing, seed, rows=1, steps=STEPS):
    """Sample as a song does: it reads after every other chunk, and its length is its own."""
    with composing as model:
        states = [model.prefill(seed * 1000 + row) for row in range(rows)]
        for number in range(steps):
            positions = [number * 10 + row for row in range(rows)]
            sampling = Sampling(1.0, 0, 1.0, seed)
            draws = model.decode(
                [DecodeRow(*row, 16, sampling) for row in zip(states, positions, strict=True)]
            )
            states = [each.state for each in draws]
            if number % 2:
                states = [each.state for each in model.read(states, [[seed]] * rows)]
        return [state.token for state in states]


def together(served, songs):
    """Compose songs, each in its thread."""
    models = MergedModel.of_groups(served, len(songs))
    with ThreadPoolExecutor(len(songs)) as executor:
        futures = [
            executor.submit(compose, model, *song)
            for model, song in zip(models, songs, strict=True)
        ]
        return [future.result() for future in futures]


def test_merging_changes_no_song():
    songs = [(seed, 1 + seed % 4, 2 + seed % 3) for seed in range(8)]
    alone = [together(Served(), [song])[0] for song in songs]
    assert together(Served(), songs) == alone


def test_songs_of_the_same_length_share_every_call():
    served = Served()
    together(served, [(seed,) for seed in range(4)])
    assert served.decodes == [4] * STEPS
    assert served.reads == [4] * (STEPS // 2)


def test_all_groups_read_together():
    served = Served()

    def read_within(composing):
        with composing as model:
            model.read([model.prefill(0)], [[1]])

    with ThreadPoolExecutor(8) as executor:
        for each in MergedModel.of_groups(served, 8):
            executor.submit(read_within, each)
    assert served.reads == [8]


def test_calls_of_few_steps_are_not_merged_with_those_of_many():
    served = Served()
    models = MergedModel.of_groups(served, 4)
    with ThreadPoolExecutor(4) as executor:
        for model, steps in zip(models, (24, 8, 24, 24), strict=True):
            executor.submit(compose_within, model, steps)
    assert sorted(served.decodes) == [1, 3]


def test_a_call_has_a_bounded_number_of_rows():
    served = Served()
    together(served, [(seed, 20, 1) for seed in range(3)])
    assert served.decodes == [20] * 3
    wide = Served()
    together(wide, [(seed, MOST_ROWS + 8, 1) for seed in range(2)])  # larger, but one song's
    assert wide.decodes == [MOST_ROWS + 8] * 2


def test_the_last_songs_do_not_wait_for_those_that_have_ended():
    served = Served()
    together(served, [(1, 1, 1), (2, 1, 1), (3, 1, 4)])
    assert served.decodes == [3, 1, 1, 1]


@pytest.mark.parametrize(
    ("threads", "sizes"), [(1, [1]), (4, [4]), (5, [2, 3]), (8, [4, 4]), (16, [4] * 4)]
)
def test_songs_share_calls_in_groups_of_up_to_four(threads, sizes):
    served = Served()
    with ThreadPoolExecutor(threads) as executor:
        for each in MergedModel.of_groups(served, threads):
            executor.submit(compose_within, each)
    assert sorted(served.decodes) == sizes


def compose_within(model, steps=16):
    with model as merged:
        sampling = Sampling(1.0, 0, 1.0, 7)
        merged.decode([DecodeRow(merged.prefill(0), 0, steps, sampling)])


def test_a_long_section_is_read_in_pieces_that_give_the_same():
    served, tokens = Served(), [[1] * 100, [2] * 30]
    (composing,) = MergedModel.of_groups(served, 1)
    with composing as model:
        states = [model.prefill(0), model.prefill(1)]
        draws = model.read(states, tokens)
    assert [draw.state.token for draw in draws] == [100, 61]
    assert served.reads == [2, 1, 1]


def test_a_call_that_fails_fails_for_every_song_in_it():
    served = Served(fails_at=2)
    models = MergedModel.of_groups(served, 3)
    with ThreadPoolExecutor(3) as executor:
        futures = [executor.submit(compose, model, seed) for seed, model in enumerate(models)]
        for future in futures:
            with pytest.raises(ConnectionError):
                future.result(30)
    assert served.decodes == [3, 3]
