"""The speed of training on a GPU: targets per second of each recipe."""

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import keras

from benchmarks.gpu.sizes import GpuSizes, Training
from benchmarks.models.bundle import chorales
from training.fitting.batches import Epochs
from training.fitting.checkpoint import locked_checkpoint
from training.fitting.encoded import encode
from training.fitting.evaluation import targets_in
from training.fitting.fit import Split, fit_to_the_end


@dataclass(frozen=True)
class LearningRate:
    """The speed of one training.

    Attributes:
        recipe: The recipe: a game's, the base's, or the old experiment's.
        precision: Of products and activations; weights are float32 in any case.
        targets_per_second: Targets per second, without the first epoch.
    """

    recipe: str
    precision: str
    targets_per_second: float


def measure_learning(folder: Path, sizes: GpuSizes) -> tuple[LearningRate, ...]:
    """Train on the chorales.

    Args:
        folder: The folder for checkpoints.
        sizes: The sizes of the measurements.
    """
    return tuple(
        LearningRate(each.name, each.precision, _targets_per_second(each, folder, sizes))
        for each in sizes.trainings
    )


def _targets_per_second(training: Training, folder: Path, sizes: GpuSizes) -> float:
    epochs, precision = sizes.epochs, training.precision
    fitting = replace(training.recipe.fitting, epochs=epochs, patience_epochs=epochs)
    recipe = replace(training.recipe, fitting=fitting)
    corpus = chorales(sizes.pieces)
    codec = corpus.codec(recipe.codec)
    encoded = [encode(piece, codec, memory=recipe.network.memory) for piece in corpus.pieces]
    batches = Epochs(encoded, fitting)
    with (
        _policy(precision),
        locked_checkpoint(folder / f"{training.name}_{precision}") as checkpoint,
    ):
        fitted = fit_to_the_end(Split(tuple(corpus.pieces), ()), recipe, codec, checkpoint)
    rates = [
        targets_in(list(batches.batches(number))) / epoch.duration_s
        for number, epoch in enumerate(fitted.history.epochs)
    ]
    return statistics.median(rates[1:])


@contextmanager
def _policy(precision: str) -> Iterator[None]:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
