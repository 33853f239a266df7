"""Batches: every step is a target, and every note is learned once a pass."""

from dataclasses import replace

import numpy as np

from music.codec import BOS
from tests.training.conftest import CODEC, TINY, scale
from training.batches import Epochs, sequence, whole_batches
from training.evaluation import targets_in

ONE_KEY = replace(TINY.fitting, transpose=False, tokens_per_epoch=10**9)


def music(fields) -> np.ndarray:
    """Give the tokens of rows int32[T, F] that are not empty."""
    return CODEC.joined(fields[fields[:, 0] > 0] - 1)


def test_a_sequence_begins_with_bos():
    tokens = sequence(scale("x", 60).notes, CODEC)
    assert tokens[0] == BOS
    assert CODEC.decode(tokens[1:])[0] == scale("x", 60).notes


def test_a_target_is_the_token_that_comes_next(pieces):
    (batch,) = whole_batches([sequence(pieces[0].notes, CODEC)], CODEC)
    assert np.array_equal(batch.tokens[0, 1:], batch.following[0, :-1])
    assert not batch.tokens[0, 0].any()
    assert CODEC.decode(music(batch.following[0]))[0] == pieces[0].notes


def test_every_token_is_a_target_once_in_a_pass(pieces):
    batches = Epochs(pieces, ONE_KEY, CODEC).batches(0)
    targets = np.concatenate([music(row) for batch in batches for row in batch.following])
    expected = np.concatenate([sequence(piece.notes, CODEC)[1:] for piece in pieces])
    assert np.array_equal(np.sort(targets), np.sort(expected))


def test_batches_have_the_recipes_size_so_that_nothing_is_compiled_twice(pieces):
    batches = Epochs(pieces, TINY.fitting, CODEC).batches(0)
    assert {batch.tokens.shape for batch in batches} == {(8, 32, 3)}


def test_a_small_collection_is_read_in_several_keys_within_an_epoch(pieces):
    tokens = sum(len(sequence(piece.notes, CODEC)) - 1 for piece in pieces)
    twice = replace(TINY.fitting, tokens_per_epoch=2 * (tokens + len(pieces)))
    assert targets_in(Epochs(pieces, twice, CODEC).batches(0)) == 2 * tokens
    endless = replace(TINY.fitting, tokens_per_epoch=10**9)
    assert targets_in(Epochs(pieces, endless, CODEC).batches(0)) == 12 * tokens


def test_a_large_collection_is_read_in_parts_and_every_epoch_reads_another(pieces):
    whole = len(Epochs(pieces, ONE_KEY, CODEC).batches(0)) * ONE_KEY.batch_windows
    quarter = sum(len(sequence(piece.notes, CODEC)) for piece in pieces) // 4
    epochs = Epochs(pieces, replace(ONE_KEY, tokens_per_epoch=quarter), CODEC)
    parts = [{row.tobytes() for batch in epochs.batches(n) for row in batch.tokens} for n in (0, 1)]
    assert all(len(part) <= whole / 2 for part in parts)
    assert parts[0] != parts[1]


def test_a_stretched_collection_is_read_in_other_note_values_at_times(pieces):
    onsets = set()
    stretching = replace(ONE_KEY, stretch=True, window_tokens=512, batch_windows=1)
    for epoch in range(20):
        for batch in Epochs(pieces[:1], stretching, CODEC).batches(epoch):
            notes, _ = CODEC.decode(music(batch.tokens[0]))
            onsets |= set(np.diff(notes.onset_ticks).tolist())
    assert onsets == {3, 6, 12}


def test_what_would_leave_the_grid_is_not_halved(pieces):
    odd = replace(pieces[0], notes=pieces[0].notes.stretched(0.5))
    stretching = replace(ONE_KEY, stretch=True, window_tokens=512, batch_windows=1)
    read = [
        CODEC.decode(music(batch.tokens[0]))[0]
        for epoch in range(20)
        for batch in Epochs([odd], stretching, CODEC).batches(epoch)
    ]
    assert {int(np.diff(notes.onset_ticks)[0]) for notes in read if len(notes) > 1} == {3, 6}


def test_an_epoch_is_always_cut_the_same_way_and_the_next_one_another(pieces):
    first, again, other = (
        Epochs(pieces, TINY.fitting, CODEC).batches(n)[0].tokens for n in (0, 0, 1)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_whole_sequences_lose_nothing_in_batches_of_few_shapes():
    lengths = [50, 100, 220, 225, 480, 1000, 1010, 1020]
    sequences = [sequence(scale("x", 60, notes=n).notes, CODEC) for n in lengths]
    batches = whole_batches(sequences, CODEC)
    assert targets_in(batches) == sum(len(s) - 1 for s in sequences)
    assert {batch.tokens.shape[:2] for batch in batches} == {(4, 256), (1, 512), (3, 1024)}
