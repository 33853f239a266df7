"""The speed of training: every step of a window is a target, compared with one per window."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.models.window_network import window_network
from benchmarks.scales import scale
from benchmarks.sizes import BATCH, ORIGINAL, WINDOW_TOKENS, Sizes
from benchmarks.timing import interleaved
from music.codec import Codec, learn_codec
from music.codec.events import EVENT_TICKS
from music.notes import HIGHEST_PITCH, LOWEST_PITCH, Notes
from training.fitting.batches import Epochs
from training.fitting.checkpoint import locked_checkpoint
from training.fitting.encoded import encode
from training.fitting.evaluation import targets_in
from training.fitting.fit import Split, fit_to_the_end
from training.recipe import Recipe, load_recipe

_ROOT = 60  # the lowest note of the learned scale


@dataclass(frozen=True)
class TrainingFigures:
    """Targets per second of the experiment's network, in batches of 64 windows of 100 tokens.

    Attributes:
        train_targets_per_second: Our fitting, as `make train` runs it: every step is a target.
        window_train_targets_per_second: Keras's own layers and defaults: one target per window.
    """

    train_targets_per_second: float
    window_train_targets_per_second: float


def measure_training(folder: Path, sizes: Sizes) -> TrainingFigures:
    """Train the old way, then ours, then the old way again.

    Args:
        folder: The folder for checkpoints.
        sizes: The sizes of the measurements.
    """
    learn_windows = (_window_batch(sizes),)
    (before_s,) = interleaved("training on windows", learn_windows, sizes.window_train_batches)
    ours = _fitted_per_second(folder, sizes)
    (after_s,) = interleaved("training on windows", learn_windows, sizes.window_train_batches)
    return TrainingFigures(ours, 2 * BATCH / (before_s + after_s))


def _window_batch(sizes: Sizes) -> Callable[[], object]:
    """Return a function that trains as the experiment did on one batch of random windows."""
    (values,) = _codec().field_sizes
    random = np.random.default_rng(0)
    windows = random.integers(1, values + 1, (BATCH, WINDOW_TOKENS), np.int32)
    targets = random.integers(0, values, BATCH, np.int32)
    network = window_network(sizes.original_network, values)
    network.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    return lambda: network.train_on_batch(windows, targets)


def _fitted_per_second(folder: Path, sizes: Sizes) -> float:
    """Fit for a few epochs and return targets per second, without the first, which compiles."""
    recipe, codec = _recipe(sizes), _codec()
    # One piece, cut at random, fills all windows of the batches except parts of two.
    tokens = (sizes.train_batches * BATCH - 1) * WINDOW_TOKENS
    piece = scale(_ROOT, tokens)
    epochs = Epochs([encode(piece, codec, memory=False)], recipe.fitting)
    with locked_checkpoint(folder) as checkpoint:
        fitted = fit_to_the_end(Split((piece,), ()), recipe, codec, checkpoint)
    rates = [
        targets_in(list(epochs.batches(number))) / epoch.duration_s
        for number, epoch in enumerate(fitted.history.epochs)
    ]
    return statistics.median(rates[1:])


def _recipe(sizes: Sizes) -> Recipe:
    original = load_recipe(ORIGINAL)
    fitting = replace(
        original.fitting,
        epochs=sizes.train_epochs,
        patience_epochs=sizes.train_epochs,
        window_tokens=WINDOW_TOKENS,
        batch_windows=BATCH,
    )
    return replace(original, network=sizes.original_network, fitting=fitting)


def _codec() -> Codec:
    """Return the experiment's codec with an event for each key of the piano."""
    keys = range(LOWEST_PITCH, HIGHEST_PITCH + 1)
    onset_ticks = [n * EVENT_TICKS for n in range(len(keys))]
    notes = Notes.of(onset_ticks, [EVENT_TICKS] * len(keys), keys)
    return learn_codec(load_recipe(ORIGINAL).codec, [notes])
