"""The speed of training on a GPU: targets per second of each recipe."""

import statistics
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.gpu.sizes import GpuSizes
from benchmarks.models.bundle import chorales
from training.fitting.batches import Epochs
from training.fitting.checkpoint import locked_checkpoint
from training.fitting.encoded import encode
from training.fitting.evaluation import targets_in
from training.fitting.fit import Split, fit_to_the_end
from training.recipe import Recipe


@dataclass(frozen=True)
class LearningRate:
    """The speed of one training.

    Attributes:
        recipe: The recipe: a game's, the base's, or the old experiment's.
        targets_per_second: Targets per second, without the first epoch.
    """

    recipe: str
    targets_per_second: float


def measure_learning(folder: Path, sizes: GpuSizes) -> tuple[LearningRate, ...]:
    """Train on the chorales.

    Args:
        folder: The folder for checkpoints.
        sizes: The sizes of the measurements.
    """
    return tuple(
        LearningRate(name, _targets_per_second(recipe, folder / name, sizes))
        for name, recipe in sizes.recipes.items()
    )


def _targets_per_second(recipe: Recipe, folder: Path, sizes: GpuSizes) -> float:
    fitting = replace(recipe.fitting, epochs=sizes.epochs, patience_epochs=sizes.epochs)
    recipe = replace(recipe, fitting=fitting)
    corpus = chorales(sizes.pieces)
    codec = corpus.codec(recipe.codec)
    encoded = [encode(piece, codec, memory=recipe.network.memory) for piece in corpus.pieces]
    batches = Epochs(encoded, fitting)
    with locked_checkpoint(folder) as checkpoint:
        fitted = fit_to_the_end(Split(tuple(corpus.pieces), ()), recipe, codec, checkpoint)
    rates = [
        targets_in(list(batches.batches(number))) / epoch.duration_s
        for number, epoch in enumerate(fitted.history.epochs)
    ]
    return statistics.median(rates[1:])
