"""The time of a training over the notes that it learns."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.growth.bundles import small_recipe
from benchmarks.growth.curve import Curve, Point
from benchmarks.growth.pieces import made_up_corpus
from benchmarks.growth.sizes import GrowthSizes
from benchmarks.timing import seconds_of
from training.corpus.corpus import Corpus
from training.fitting.checkpoint import locked_checkpoint
from training.fitting.fit import Split, fit_to_the_end
from training.pipeline import describe
from training.recipe import Recipe


def curve_of_learning(folder: Path, sizes: GrowthSizes, done: Callable[[], object]) -> Curve:
    """Fit and describe collections of more and more pieces.

    Args:
        folder: The folder for checkpoints.
        sizes: The sizes of the curves.
        done: Called after each point.
    """
    recipe = small_recipe()
    fitting = replace(recipe.fitting, epochs=sizes.epochs, patience_epochs=sizes.epochs)
    recipe = replace(recipe, fitting=fitting)
    _train(made_up_corpus("warm_up", 1, sizes.piece_notes), recipe, folder / "warm_up")  # compiles
    points = []
    for pieces in sizes.learned_pieces:
        corpus = made_up_corpus(f"learned_{pieces}", pieces, sizes.piece_notes)
        seconds = seconds_of(partial(_train, corpus, recipe, folder / corpus.collection.game))
        points.append(Point(corpus.notes, seconds))
        done()
    return Curve("training_seconds_over_notes", "notes", "seconds for a training", tuple(points))


def _train(corpus: Corpus, recipe: Recipe, folder: Path) -> None:
    codec = corpus.codec(recipe.codec)
    with locked_checkpoint(folder) as checkpoint:
        fit_to_the_end(Split(corpus.pieces, ()), recipe, codec, checkpoint)
    describe(corpus, recipe, codec)
