"""Fitting: epochs until the held-out loss stops improving."""

import hashlib
import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras
from tqdm import tqdm

from music.codec import Codec
from music.piece import Piece
from training.errors import FittingError
from training.fitting.batches import Batch, Epochs, whole_batches
from training.fitting.checkpoint import Checkpoint
from training.fitting.encoded import encode
from training.fitting.evaluation import nats, targets_in
from training.fitting.history import Epoch, History
from training.fitting.interruption import interruptible
from training.network.base_weights import WEIGHTS, base_digest, base_for, load_base, load_piano_base
from training.network.loss import FieldsLoss
from training.network.lstm import runs_on_gpu
from training.network.network import build_network, field_sizes
from training.network.optimizer import make_optimizer
from training.recipe import BASE, PIANO_BASE, FittingRecipe, Recipe

FEWEST_TO_HOLD_OUT = 3  # pieces: of two, the one held out would be half of the music


@dataclass(frozen=True)
class Split:
    """A collection, split by pieces.

    Attributes:
        learned: The pieces for training.
        held_out: The pieces for validation.
        weights: The relative frequency of each learned piece if an epoch reads a part of them;
            None for equal weights.
    """

    learned: tuple[Piece, ...]
    held_out: tuple[Piece, ...]
    weights: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Fitted:
    """The result of fitting.

    Attributes:
        model: The model of the best epoch, interpolated with the base.
        history: The losses of every epoch.
        held_out_bits_per_note: None if no piece is held out.
        interrupted: Whether the user ended it early.
    """

    model: keras.Model
    history: History
    held_out_bits_per_note: float | None
    interrupted: bool


def split(pieces: Sequence[Piece], held_out_share: float) -> Split:
    """Hold out whole pieces, deterministically.

    With at least `FEWEST_TO_HOLD_OUT` pieces, at least one is held out; with fewer, none.
    """
    by_hash = sorted(pieces, key=lambda piece: hashlib.sha256(piece.name.encode()).digest())
    wanted = max(1, round(held_out_share * len(pieces))) if held_out_share else 0
    count = wanted if len(pieces) >= FEWEST_TO_HOLD_OUT else 0
    return Split(tuple(by_hash[count:]), tuple(by_hash[:count]))


def fit(parts: Split, recipe: Recipe, codec: Codec, checkpoint: Checkpoint) -> Fitted:
    """Fit a network, from the start or from an interrupted call's checkpoint.

    Ctrl-C ends the fitting between two batches; the checkpoint of the last complete epoch stays.

    Args:
        parts: The pieces.
        recipe: How they are learned.
        codec: Encodes them as tokens.
        checkpoint: Locked by the caller.

    Raises:
        CheckpointError: The checkpoint of an earlier call cannot be read.
        FittingError: The loss is not a finite number.
        KeyboardInterrupt: It was interrupted before the first epoch was complete.
    """
    fitting = recipe.fitting
    history = checkpoint.load(_fingerprint(parts, recipe, codec))
    memory = recipe.network.memory
    learned, held_out_pieces = (
        [encode(piece, codec, memory=memory) for piece in pieces]
        for pieces in (parts.learned, parts.held_out)
    )
    epochs = Epochs(learned, fitting, parts.weights)
    fresh = not history.epochs
    model = start_network(recipe, codec, epochs) if fresh else checkpoint.load_last(history)
    held_out = whole_batches(held_out_pieces)
    interrupted = False
    try:
        with interruptible() as check:
            while not history.is_over(fitting.epochs, fitting.patience_epochs):
                history = history.and_then(_epoch(model, epochs, held_out, history, fitting, check))
                checkpoint.save(model, history)
                check()
    except KeyboardInterrupt:
        interrupted = True
        history = checkpoint.load(history.fingerprint)
        if not history.epochs:
            raise
    model = checkpoint.load_best(history)
    if recipe.base_share:
        _interpolate_with_base(model, recipe)
    return Fitted(model, history, _bits_per_note(model, parts, held_out), interrupted)


def fit_to_the_end(parts: Split, recipe: Recipe, codec: Codec, checkpoint: Checkpoint) -> Fitted:
    """Fit as `fit` does, but raise on an interruption.

    Raises:
        KeyboardInterrupt: It was interrupted; the next call resumes.
    """
    fitted = fit(parts, recipe, codec, checkpoint)
    if fitted.interrupted:
        raise KeyboardInterrupt
    return fitted


def start_network(recipe: Recipe, codec: Codec, epochs: Epochs) -> keras.Model:
    """Build the network before its first update, with its loss and optimizer."""
    keras.utils.set_random_seed(0)
    fitting = recipe.fitting
    model = build_network(recipe.network, codec.field_sizes)
    if recipe.start == BASE:
        load_base(model, base_for(codec.field_sizes))
    elif recipe.start == PIANO_BASE:
        load_piano_base(model)
    model.compile(
        optimizer=make_optimizer(fitting, epochs.count(0) * fitting.epochs),
        loss=FieldsLoss(codec.field_sizes),
        jit_compile=not runs_on_gpu(),  # on GPUs, the fused layer is faster and does not use XLA
    )
    model.optimizer.build(model.trainable_variables)  # else a step, which does it, is traced twice
    return model


def _interpolate_with_base(model: keras.Model, recipe: Recipe) -> None:
    """Interpolate the weights with those of the base, which lowers the held-out loss.

    Source: M. Wortsman et al., Robust Fine-Tuning of Zero-Shot Models (CVPR 2022).
    """
    learned = model.get_weights()
    load_base(model, base_for(field_sizes(model)))
    share = recipe.base_share
    both = zip(model.get_weights(), learned, strict=True)
    model.set_weights([share * base + (1 - share) * own for base, own in both])


def _epoch(
    model: keras.Model,
    epochs: Epochs,
    held_out: Sequence[Batch],
    history: History,
    recipe: FittingRecipe,
    check: Callable[[], None],
) -> Epoch:
    started = time.monotonic()
    train_loss = _learn(model, epochs, history, recipe, check)
    if not math.isfinite(train_loss):
        raise FittingError("the loss is no longer a finite number; try a lower learning_rate")
    held_out_loss = nats(model, held_out) / targets_in(held_out) if held_out else None
    return Epoch(train_loss, held_out_loss, time.monotonic() - started)


def _learn(
    model: keras.Model,
    epochs: Epochs,
    history: History,
    recipe: FittingRecipe,
    check: Callable[[], None],
) -> float:
    """Train for one epoch; the progress bar counts the batches of all epochs.

    Returns:
        The mean loss, in nats per token.
    """
    number = len(history.epochs)
    batches = epochs.count(number)
    total, tokens = 0.0, 0
    with tqdm(
        desc=f"epoch {number + 1} of at most {recipe.epochs}",
        total=recipe.epochs * batches,
        initial=number * batches,
        unit="batch",
        leave=False,
        mininterval=0.5,
    ) as bar:
        for batch in epochs.batches(number):
            check()
            targets = targets_in([batch])
            loss = model.train_on_batch(batch.inputs, batch.targets)
            total += float(loss) * targets
            tokens += targets
            bar.update()
            bar.set_postfix(loss=f"{total / tokens:.3f}", held_out=_last_held_out(history))
    return total / tokens


def _last_held_out(history: History) -> str:
    loss = history.epochs[-1].held_out_loss if history.epochs else None
    return "-" if loss is None else f"{loss:.3f}"


def _bits_per_note(model: keras.Model, parts: Split, held_out: Sequence[Batch]) -> float | None:
    notes = sum(len(piece.notes) for piece in parts.held_out)
    return nats(model, held_out) / math.log(2) / notes if notes else None


def _fingerprint(parts: Split, recipe: Recipe, codec: Codec) -> str:
    """Return a hash of all inputs that affect the result; a resumed training must have the same."""
    bases = {BASE: base_for(codec.field_sizes), PIANO_BASE: WEIGHTS}
    base = base_digest(bases[recipe.start]) if recipe.start in bases else ""
    digest = hashlib.sha256(json.dumps([recipe.as_fields(), codec.vocabulary, base]).encode())
    digest.update(repr(parts.weights).encode())
    for piece in (*parts.learned, *parts.held_out):
        digest.update(repr(piece.time_signatures).encode())
        for column in piece.notes.columns:
            digest.update(column.tobytes())
    return digest.hexdigest()
