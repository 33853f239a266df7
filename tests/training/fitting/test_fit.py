"""Fitting: it learns, holds whole pieces out, and resumes after an interruption."""

import shutil
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from music.notes import Notes
from music.piece import Piece, TimeSignature
from tests.training.conftest import CODEC, PLAIN, TINY, WITHOUT_MEMORY, scale
from training.errors import CheckpointError
from training.fitting import fit as fitting
from training.fitting.checkpoint import locked_checkpoint
from training.fitting.fit import Fitted, Split, split
from training.fitting.history import History
from training.network.base_weights import save_base
from training.network.network import build_network
from training.recipe import Recipe

pytestmark = pytest.mark.slow


def longer(epochs: int, recipe: Recipe = PLAIN) -> Recipe:
    return replace(recipe, fitting=replace(recipe.fitting, epochs=epochs, patience_epochs=epochs))


def fit(parts: Split, recipe, folder) -> Fitted:
    with locked_checkpoint(folder) as checkpoint:
        return fitting.fit(parts, recipe, CODEC, checkpoint)


@pytest.fixture(scope="module")
def parts(pieces) -> Split:
    """All pieces to learn from: where no loss of held-out ones matters, none is computed."""
    return Split(tuple(pieces), ())


@pytest.fixture(scope="module")
def two_epochs(parts, tmp_path_factory) -> Path:
    """The checkpoint of a training of two epochs, which no test writes to."""
    folder = tmp_path_factory.mktemp("fit") / "checkpoint"
    assert len(fit(parts, longer(2), folder).history.epochs) == 2
    return folder


@pytest.fixture
def checkpoint(two_epochs, tmp_path) -> Path:
    """A copy of that checkpoint."""
    return shutil.copytree(two_epochs, tmp_path / "checkpoint")


@pytest.fixture
def epochs_learned(monkeypatch) -> list[History]:
    """Collect what came before each epoch that is learned from here on."""
    learn, before = fitting._learn, []

    def counted(model, epochs, history, *others):
        before.append(history)
        return learn(model, epochs, history, *others)

    monkeypatch.setattr(fitting, "_learn", counted)
    return before


@pytest.mark.parametrize(
    ("pieces", "share", "held_out"),
    [(1, 0.2, 0), (2, 0.2, 0), (3, 0.2, 1), (9, 0.15, 1), (20, 0.15, 3), (9, 0.0, 0)],
)
def test_whole_pieces_are_held_out(pieces, share, held_out):
    collection = [scale(f"piece {n}", 60) for n in range(pieces)]
    parts = split(collection, share)
    names = {piece.name for piece in parts.learned}, {piece.name for piece in parts.held_out}
    assert (len(names[0]), len(names[1])) == (pieces - held_out, held_out)
    assert not names[0] & names[1]


def test_the_held_out_pieces_do_not_depend_on_their_order():
    collection = [scale(f"piece {n}", 60) for n in range(9)]
    assert split(collection, 0.3).held_out == split(collection[::-1], 0.3).held_out


def test_it_learns(pieces, tmp_path):
    fitted = fit(split(pieces, 0.25), longer(8, TINY), tmp_path)
    first, *_, last = fitted.history.epochs
    assert last.train_loss < 0.9 * first.train_loss
    assert last.held_out_loss < first.held_out_loss
    assert 0 < fitted.held_out_bits_per_note < 30
    assert not fitted.interrupted


def test_the_result_is_interpolated_with_the_base(parts, tmp_path, monkeypatch):
    def ones(model, _):
        model.set_weights([np.ones(w.shape) for w in model.get_weights()])

    monkeypatch.setattr(fitting, "load_base", ones)
    # The share matters only after the last epoch, so that the three are results of one training.
    monkeypatch.setattr(fitting, "_fingerprint", lambda *_: "one training")
    recipe = replace(longer(1), start="base")
    own, half, base = (
        fit(parts, replace(recipe, base_share=s), tmp_path).model for s in (0.0, 0.5, 1.0)
    )
    assert not all((weights == 1).all() for weights in own.get_weights())
    assert all((weights == 1).all() for weights in base.get_weights())
    for mixed, learned in zip(half.get_weights(), own.get_weights(), strict=True):
        np.testing.assert_allclose(mixed, (1 + learned) / 2, rtol=1e-5)


def test_a_resumed_training_has_the_result_of_an_uninterrupted_one(pieces, tmp_path, monkeypatch):
    recipe = replace(
        longer(4), network=replace(WITHOUT_MEMORY, dropout=0.0)
    )  # its dice are not kept
    parts = split(pieces, 0.25)
    whole = fit(parts, recipe, tmp_path / "whole")
    learn, calls = fitting._learn, iter(range(100))

    def interrupted_in_the_third_epoch(*args):
        if next(calls) == 2:
            raise KeyboardInterrupt
        return learn(*args)

    monkeypatch.setattr(fitting, "_learn", interrupted_in_the_third_epoch)
    first = fit(parts, recipe, tmp_path / "parts")
    monkeypatch.setattr(fitting, "_learn", learn)
    second = fit(parts, recipe, tmp_path / "parts")
    assert first.interrupted
    assert len(first.history.epochs) == 2
    assert not second.interrupted
    losses = [[e.held_out_loss for e in f.history.epochs] for f in (second, whole)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    assert losses[0][3] != pytest.approx(losses[0][1], rel=1e-2)


def test_an_interruption_before_the_first_epoch_has_nothing_to_keep(pieces, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(fitting, "_learn", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fit(split(pieces, 0.25), TINY, tmp_path)


def test_another_base_restarts_the_training(parts, tmp_path, monkeypatch):
    bases = {}
    for name, seed in (("old", 1), ("new", 2)):
        keras.utils.set_random_seed(seed)
        bases[name] = tmp_path / f"{name}.npz"
        save_base(build_network(WITHOUT_MEMORY, CODEC.field_sizes), bases[name])

    def fit_from(base: str, epochs: int, folder: str) -> Fitted:
        monkeypatch.setattr(fitting, "base_for", lambda _: bases[base])
        recipe = replace(longer(epochs), start="base", base_share=0.5)
        return fit(parts, recipe, tmp_path / folder)

    fit_from("old", 2, "resumed")
    resumed, fresh = fit_from("new", 2, "resumed"), fit_from("new", 2, "fresh")
    losses = [[epoch.train_loss for epoch in f.history.epochs] for f in (resumed, fresh)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    for weights, expected in zip(
        resumed.model.get_weights(), fresh.model.get_weights(), strict=True
    ):
        np.testing.assert_allclose(weights, expected, atol=1e-4)


SMALLER = replace(longer(2), network=replace(WITHOUT_MEMORY, lstm_units=(8,)))


@pytest.mark.parametrize(
    ("other_parts", "recipe", "epochs"),
    [
        pytest.param(lambda parts: parts, longer(2), 0, id="the same"),
        pytest.param(lambda parts: parts, SMALLER, 2, id="recipe"),
        pytest.param(
            lambda parts: replace(parts, learned=tuple(map(_as_waltz, parts.learned))),
            *(longer(2), 2),
            id="meter",
        ),
        pytest.param(
            lambda parts: replace(parts, weights=(1.0, 2.0, 1.0, 1.0, 1.0)),
            *(longer(2), 2),
            id="weights",
        ),
    ],
)
def test_only_what_is_fitted_to_something_else_restarts(
    parts, checkpoint, epochs_learned, other_parts, recipe, epochs
):
    fitted = fit(other_parts(parts), recipe, checkpoint)
    assert [len(before.epochs) for before in epochs_learned] == list(range(epochs))
    assert len(fitted.history.epochs) == 2


def _as_waltz(piece: Piece) -> Piece:
    return replace(piece, time_signatures=(TimeSignature(0, 3, 4),))


def test_a_damaged_checkpoint_says_how_to_start_over(parts, checkpoint):
    (checkpoint / "epoch-2.keras").write_bytes(b"damaged")
    with pytest.raises(CheckpointError, match="remove the folder to start over"):
        fit(parts, longer(2), checkpoint)


def test_the_best_epochs_weights_are_kept(pieces, tmp_path):
    # What helps with scales does not help for long with a piece that is none.
    held_out = Piece("odd", Notes.of(range(0, 120, 3), [2] * 40, [21, 108, 33, 97] * 10))
    parts = Split(tuple(pieces[:4]), (held_out,))
    recipe = replace(longer(8), fitting=replace(longer(8).fitting, learning_rate=0.05))
    fitted = fit(parts, recipe, tmp_path)
    losses = [epoch.held_out_loss for epoch in fitted.history.epochs]
    assert fitted.history.best < 7, "the last epoch was the best: nothing to tell apart"
    nats_per_token = fitted.held_out_bits_per_note * np.log(2)  # a token is a note
    assert nats_per_token == pytest.approx(min(losses), rel=1e-4)
