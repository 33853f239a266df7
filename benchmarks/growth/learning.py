"""The time of a training over the notes that it learns."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.growth.curve import Curve, Point
from benchmarks.growth.pieces import made_up_corpus
from benchmarks.growth.sizes import GrowthSizes
from benchmarks.timing import seconds_of
from training.corpus.corpus import Corpus
from training.fitting.checkpoint import locked_checkpoint
from training.fitting.fit import Split, fit_to_the_end
from training.pipeline import describe
from training.recipe import DEFAULT, SCRATCH, Recipe, load_recipe

_UNITS = 32  # of every layer, so that what does not depend on the network counts


def curve_of_learning(folder: Path, sizes: GrowthSizes, done: Callable[[], object]) -> Curve:
    """Fit and describe collections of more and more pieces.

    Args:
        folder: The folder for checkpoints.
        sizes: The sizes of the curves.
        done: Called after each point.
    """
    recipe = _recipe(sizes.epochs)
    points = []
    for pieces in sizes.learned_pieces:
        corpus = made_up_corpus(f"learned_{pieces}", pieces, sizes.piece_notes)
        seconds = seconds_of(partial(_train, corpus, recipe, folder / corpus.collection.game))
        points.append(Point(corpus.notes, seconds))
        done()
    return Curve("training_seconds_over_notes", "notes", "seconds for a training", tuple(points))


def _recipe(epochs: int) -> Recipe:
    """Return the default recipe with a small network, which starts from random weights."""
    recipe = load_recipe(DEFAULT)
    layers = tuple(_UNITS for _ in recipe.network.lstm_units)
    return replace(
        recipe,
        network=replace(recipe.network, lstm_units=layers, embedding_units=_UNITS),
        fitting=replace(recipe.fitting, epochs=epochs, patience_epochs=epochs),
        start=SCRATCH,
        base_share=0,
    )


def _train(corpus: Corpus, recipe: Recipe, folder: Path) -> None:
    codec = corpus.codec(recipe.codec)
    with locked_checkpoint(folder) as checkpoint:
        fit_to_the_end(Split(corpus.pieces, ()), recipe, codec, checkpoint)
    describe(corpus, recipe, codec)
