"""Cross-validation by piece: every piece is foretold once, by networks that have not heard it."""

import hashlib
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from music.codec import Codec
from music.piece import Piece
from training.batches import sequence, whole_batches
from training.checkpoint import locked_checkpoint
from training.evaluation import nats
from training.fitting import Fitted, fit_to_the_end, split
from training.recipe import ADAM, SCRATCH, Recipe
from training.report.baselines import baselines
from training.report.result import Fold, HeldOutBits

FOLDS = 3


def cross_validate(
    pieces: Sequence[Piece],
    recipe: Recipe,
    codec: Codec,
    work_dir: Path,
    say: Callable[[str], None],
) -> tuple[Fold, ...]:
    """Fit and score every fold; fits that an interrupted call has finished are not done again.

    Within a fold, some of the learned pieces are held out for early stopping: the fold's own
    pieces play no part in the fitting.

    Args:
        pieces: Three or more.
        recipe: Whose results are wanted.
        codec: Writes the pieces as tokens.
        work_dir: Where fits are kept.
        say: Is told which fit begins.
    """
    folds = []
    for n, (learned, held_out) in enumerate(parted(pieces, FOLDS)):
        say(f"fold {n + 1} of {FOLDS}: {len(learned)} pieces learned, {len(held_out)} held out")
        folds.append(_fold(learned, held_out, recipe, codec, work_dir / f"fold-{n + 1}"))
    return tuple(folds)


def parted(
    pieces: Sequence[Piece], folds: int
) -> list[tuple[tuple[Piece, ...], tuple[Piece, ...]]]:
    """Part pieces into folds, the same ones every time: the learned and the held-out pieces."""
    by_lot = sorted(pieces, key=lambda piece: hashlib.sha256(piece.name.encode()).digest())
    parts = [by_lot[n::folds] for n in range(folds)]
    return [
        (tuple(piece for part in parts if part is not held for piece in part), tuple(held))
        for held in parts
    ]


def scratch(recipe: Recipe) -> Recipe:
    """Take base and transposition from a recipe: the network learns the game's pieces alone.

    It learns in the steps that were measured to suit it best, for as long as it gains by them.
    """
    fitting = replace(
        recipe.fitting,
        transpose=False,
        stretch=False,
        optimizer=ADAM,
        learning_rate=0.003,
        epochs=200,
        patience_epochs=25,
    )
    return replace(
        recipe, name=f"{recipe.name} from scratch", start=SCRATCH, base_share=0.0, fitting=fitting
    )


def _fold(
    learned: tuple[Piece, ...],
    held_out: tuple[Piece, ...],
    recipe: Recipe,
    codec: Codec,
    work_dir: Path,
) -> Fold:
    started = time.monotonic()
    parts = split(learned, recipe.fitting.held_out_share)
    with locked_checkpoint(work_dir / "default") as checkpoint:
        default = fit_to_the_end(parts, recipe, codec, checkpoint)
    with locked_checkpoint(work_dir / "scratch") as checkpoint:
        plain = fit_to_the_end(parts, scratch(recipe), codec, checkpoint)
    grams = baselines(learned, held_out, codec)
    return Fold(
        held_out=tuple(piece.name for piece in held_out),
        held_out_notes=sum(len(piece.notes) for piece in held_out),
        bits_per_note=HeldOutBits(
            default=_bits_per_note(default, held_out, codec),
            scratch=_bits_per_note(plain, held_out, codec),
            unigram=grams.unigram.best,
            five_gram=grams.five_gram.best,
        ),
        baselines=grams,
        default_epochs=default.journal.epochs,
        scratch_epochs=plain.journal.epochs,
        duration_s=time.monotonic() - started,
    )


def _bits_per_note(fitted: Fitted, pieces: Sequence[Piece], codec: Codec) -> float:
    notes = sum(len(piece.notes) for piece in pieces)
    batches = whole_batches([sequence(piece.notes, codec) for piece in pieces], codec)
    return nats(fitted.model, batches) / math.log(2) / notes
