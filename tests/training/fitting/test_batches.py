"""Batches: every step is a target, and every token is learned once in each key of an epoch."""

from dataclasses import replace

import numpy as np
import pytest

from music.piece import Piece
from tests.training.conftest import CODEC, TINY, scale
from training.fitting.batches import KEYS, Epochs, whole_batches
from training.fitting.encoded import ENDS, UNKNOWN, encode
from training.fitting.evaluation import targets_in
from training.memory.candidates import MATCH, TRANSPOSED

ONE_KEY = replace(TINY.fitting, transpose=False, tokens_per_epoch=10**9, hidden_share=0)


def encoded(*pieces: Piece):
    return [encode(piece, CODEC, memory=True) for piece in pieces]


@pytest.fixture(scope="module")
def collection(pieces):
    return encoded(*pieces)


def music(fields) -> np.ndarray:
    """Return the tokens of rows int32[..., F] that are not empty."""
    return CODEC.merge_fields(fields[fields[..., 0] > 0] - 1)


def cut(epochs: Epochs, epoch: int = 0) -> list:
    return list(epochs.batches(epoch))


def test_a_target_is_the_next_token(pieces, collection):
    (batch,) = whole_batches(collection[:1])
    tokens = batch.inputs["tokens"]
    assert np.array_equal(tokens[0, 1:40], batch.following[0, :39])
    assert not tokens[0, 0].any()
    assert CODEC.decode(music(batch.following[0]))[0] == pieces[0].notes


def test_targets_are_the_tokens_and_the_endings(collection):
    (batch,) = whole_batches(collection[:1])
    assert np.array_equal(batch.targets[..., :3], batch.following)
    assert np.array_equal(batch.targets[..., 3], batch.ending)
    assert batch.ending[0, 40] == ENDS


def test_every_token_is_a_target_once_in_a_pass(collection):
    targets = np.concatenate([music(batch.following) for batch in cut(Epochs(collection, ONE_KEY))])
    expected = np.concatenate([CODEC.merge_fields(piece.fields) for piece in collection])
    assert np.array_equal(np.sort(targets), np.sort(expected))


def test_every_token_is_a_target_once_in_every_key(pieces, collection):
    everything = replace(ONE_KEY, transpose=True)
    targets = np.concatenate(
        [music(batch.following) for batch in cut(Epochs(collection, everything))]
    )
    expected = np.concatenate(
        [CODEC.encode(piece.notes.transposed(key)) for piece in pieces for key in KEYS]
    )
    assert np.array_equal(np.sort(targets), np.sort(expected))


def test_no_piece_ends_more_than_once_in_a_pass(collection):
    for epoch in range(5):
        batches = cut(Epochs(collection, ONE_KEY), epoch)
        assert 0 < sum((batch.ending == ENDS).sum() for batch in batches) <= len(collection)


def test_batches_have_the_recipes_size_so_that_nothing_is_compiled_twice(collection):
    batches = cut(Epochs(collection, TINY.fitting))
    shapes = {name: values.shape for name, values in batches[0].inputs.items()}
    assert shapes["tokens"] == (8, 32, 3)
    for batch in batches:
        assert {name: values.shape for name, values in batch.inputs.items()} == shapes
        assert batch.ending.shape == (8, 32)
    assert (batches[-1].ending[-1] == UNKNOWN).all(), "no batch was filled up"


def test_batches_are_counted_before_they_are_cut(collection):
    epochs = Epochs(collection, TINY.fitting)
    assert [epochs.count(n) for n in range(3)] == [len(cut(epochs, n)) for n in range(3)]


def test_a_small_collection_is_read_in_several_keys_within_an_epoch(collection):
    tokens = sum(map(len, collection))
    twice = replace(TINY.fitting, tokens_per_epoch=2 * tokens)
    assert targets_in(cut(Epochs(collection, twice))) == 2 * tokens
    endless = replace(TINY.fitting, tokens_per_epoch=10**9)
    assert targets_in(cut(Epochs(collection, endless))) == 12 * tokens


def test_a_large_collection_is_read_in_parts_and_every_epoch_reads_another(collection):
    whole = len(cut(Epochs(collection, ONE_KEY))) * ONE_KEY.batch_windows
    quarter = replace(ONE_KEY, tokens_per_epoch=sum(map(len, collection)) // 4)
    epochs = Epochs(collection, quarter)
    parts = [
        {row.tobytes() for batch in epochs.batches(n) for row in batch.inputs["tokens"]}
        for n in (0, 1)
    ]
    assert all(len(part) <= whole / 2 for part in parts)
    assert parts[0] != parts[1]


def test_pieces_of_more_weight_are_read_more_often():
    light, heavy = encoded(scale("light", 40, notes=400), scale("heavy", 80, notes=400))
    recipe = replace(ONE_KEY, tokens_per_epoch=160)
    epochs = Epochs([light, heavy], recipe, weights=[1, 20])
    read = [batch.following[..., 1] for n in range(10) for batch in epochs.batches(n)]
    keys = np.concatenate([each[each > 0] for each in read])
    assert (keys > 60 - 20).mean() > 0.8
    assert (keys < 60 - 20).any()
    alike = Epochs([light, heavy], recipe)
    read = [batch.following[..., 1] for n in range(10) for batch in alike.batches(n)]
    assert 0.3 < (np.concatenate([each[each > 0] for each in read]) > 60 - 20).mean() < 0.7


def test_an_epoch_is_always_cut_the_same_way_and_the_next_one_another(collection):
    first, again, other = (cut(Epochs(collection, TINY.fitting), n)[0].inputs for n in (0, 0, 1))
    for name, values in first.items():
        assert np.array_equal(values, again[name]), name
    assert not np.array_equal(first["tokens"], other["tokens"])


def test_another_seed_cuts_another_way(collection):
    one, other = (cut(Epochs(collection, TINY.fitting, seed=seed))[0] for seed in (0, 1))
    assert not np.array_equal(one.inputs["tokens"], other.inputs["tokens"])


def evidence(collection, hidden_share: float) -> np.ndarray:
    """Return the evidence of every window of some epochs, int32[windows, T, C]."""
    recipe = replace(ONE_KEY, hidden_share=hidden_share, window_tokens=256, batch_windows=4)
    epochs = Epochs(collection, recipe)
    return np.concatenate([b.inputs["evidence"] for n in range(4) for b in epochs.batches(n)])


def test_candidates_are_hidden_over_spans_of_some_windows_kind_by_kind():
    collection = encoded(*(scale(f"{n}", 60 + n, notes=900) for n in range(3)))
    shown, half, always = (evidence(collection, share) for share in (0, 0.5, 1))
    bars_back = slice(MATCH + 1, TRANSPOSED)
    for kind in (slice(MATCH, MATCH + 1), bars_back):
        there = shown[:, :, kind] > 0
        for hidden, share in ((half, 0.25), (always, 0.5)):
            is_hidden = there & (hidden[:, :, kind] == 0)
            assert is_hidden.sum() / there.sum() == pytest.approx(share, abs=0.15)
            assert np.array_equal(hidden[:, :, kind][~is_hidden], shown[:, :, kind][~is_hidden])
    together = (always[:, :, bars_back] == 0) & (shown[:, :, bars_back] > 0)
    everywhere = (shown[:, :, bars_back] > 0).all(axis=2)
    assert np.array_equal(together.any(axis=2)[everywhere], together.all(axis=2)[everywhere])
    match_hidden = (always[:, :, MATCH] == 0) & (shown[:, :, MATCH] > 0)
    changes = np.abs(np.diff(match_hidden.astype(int), axis=1)).sum(axis=1)
    assert changes.max() <= 256 / 16
    assert changes.any()
    untouched = [np.array_equal(*rows) for rows in zip(half, shown, strict=True)]
    assert 0.2 < np.mean(untouched) < 0.8


def test_whole_pieces_lose_nothing_in_batches_of_few_shapes():
    lengths = [50, 100, 220, 225, 480, 1000, 1010, 1020]
    batches = whole_batches(encoded(*(scale("x", 60, notes=n) for n in lengths)))
    assert targets_in(batches) == sum(lengths)
    assert sum((batch.ending == ENDS).sum() for batch in batches) == len(lengths)
    shapes = {batch.inputs["tokens"].shape[:2] for batch in batches}
    assert shapes == {(4, 256), (1, 512), (3, 1024)}
