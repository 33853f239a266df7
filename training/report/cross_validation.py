"""Cross-validation by piece: every piece is predicted once, by networks that have not learned it.

Only this module, `generation.py` and `served.py` of the report use networks.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from music.codec import Codec
from music.notes import Notes
from music.piece import Piece
from training.export.quantised_matmul import FLOAT32, INT8, PRODUCTS, weights_here
from training.fitting.batches import whole_batches
from training.fitting.checkpoint import locked_checkpoint
from training.fitting.encoded import encode
from training.fitting.evaluation import token_nats
from training.fitting.fit import Fitted, fit_to_the_end, split
from training.fitting.history import Epoch
from training.network.base_weights import base_for, load_base
from training.network.network import build_network, has_memory
from training.recipe import ADAM, BASE, SCRATCH, Recipe
from training.report.folds import Parts
from training.report.generation import generate, learned_music
from training.report.metrics.ngrams import Baselines, ngram_bits
from training.report.metrics.repetition import follows_a_played_run
from training.report.metrics.variable_order import VariableOrderModel
from training.report.result import NOT_FOR_BANDS, Fold, HeldOutBits, Material, NoteBits, Sampling
from training.report.served import served_nats

_HELD_OUT_SHARE = 0.15  # of the pieces, so that networks from scratch stop before they memorise


@dataclass(frozen=True)
class Crossed:
    """The result of one fold.

    Attributes:
        parts: The fold's pieces.
        scores: How well the held-out ones are predicted.
        songs: Composed by the fold's network, after prompts of pieces that it has learned.
    """

    parts: Parts
    scores: Fold
    songs: tuple[Piece, ...]


def cross_validate(
    folds: Sequence[Parts],
    recipe: Recipe,
    codec: Codec,
    sampling: Sampling,
    work_dir: Path,
    say: Callable[[str], None],
) -> tuple[Crossed, ...]:
    """Fit and score every fold, without repeating fits that an interrupted call has finished.

    Within a fold, some of the learned pieces are held out for early stopping; the fold's held-out
    pieces are not used for the fits. The songs are distributed among the folds.

    Args:
        folds: One or more.
        recipe: The recipe to evaluate.
        codec: Encodes the pieces as tokens.
        sampling: How the songs are sampled.
        work_dir: The folder for finished fits.
        say: Called with a line for every fold.
    """
    crossed = []
    shares = shared(sampling, len(folds))
    for n, (parts, mine) in enumerate(zip(folds, shares, strict=True)):
        say(
            f"fold {n + 1} of {len(folds)}: {len(parts.learned)} pieces learned, "
            f"{len(parts.held_out)} held out"
        )
        crossed.append(_cross(parts, recipe, codec, mine, work_dir / f"fold-{n + 1}"))
    return tuple(crossed)


def shared(sampling: Sampling, folds: int) -> list[Sampling]:
    """Distribute the seeds of songs among folds, evenly and in turn."""
    return [replace(sampling, seeds=sampling.seeds[n::folds]) for n in range(folds)]


def scratch(recipe: Recipe) -> Recipe:
    """Return a recipe without base and transposition: the network learns only the game's pieces.

    It uses the learning rate that was measured to be best, until the held-out loss stops falling.
    """
    fitting = replace(
        recipe.fitting,
        transpose=False,
        optimizer=ADAM,
        learning_rate=0.003,
        falling_share=1,
        epochs=200,
        patience_epochs=25,
        held_out_share=_HELD_OUT_SHARE,
    )
    return replace(
        recipe, name=f"{recipe.name} from scratch", start=SCRATCH, base_share=0.0, fitting=fitting
    )


def scratch_transposed(recipe: Recipe) -> Recipe:
    """Return a recipe without the base, but with transposition.

    An epoch reads pieces in several keys, so fewer epochs suffice for early stopping.
    """
    plain = scratch(recipe)
    fitting = replace(plain.fitting, transpose=True, epochs=40, patience_epochs=4)
    return replace(plain, name=f"{plain.name}, transposed", fitting=fitting)


def variants(recipe: Recipe, codec: Codec) -> dict[str, Recipe]:
    """Return the recipes to compare, each by its field of `HeldOutBits`; of a band, only one."""
    compared = {
        "default": recipe,
        "scratch": scratch(recipe),
        "scratch_transposed": scratch_transposed(recipe),
    }
    left_out = NOT_FOR_BANDS if codec.has_roles else {}
    return {name: variant for name, variant in compared.items() if name not in left_out}


def _cross(
    parts: Parts, recipe: Recipe, codec: Codec, sampling: Sampling, work_dir: Path
) -> Crossed:
    started = time.monotonic()
    fits = {
        name: fitted(parts, variant, codec, work_dir / name)
        for name, variant in variants(recipe, codec).items()
    }
    unigram, five_gram = (ngram_bits(parts.learned, parts.held_out, codec, n) for n in (1, 5))
    bits = {
        **{name: _network_bits(f.model, parts.held_out, codec) for name, f in fits.items()},
        "unigram": unigram.note_bits,
        "five_gram": five_gram.note_bits,
        **_served_bits(fits["default"].model, parts.held_out, codec),
    }
    if not codec.has_roles:
        bits["variable_order"] = _variable_order_bits(parts, codec)
    if recipe.start == BASE:
        bits["base"] = _network_bits(_base(recipe, codec), parts.held_out, codec)
    is_repeated = np.concatenate([follows_a_played_run(piece.notes) for piece in parts.held_out])
    songs = generate(fits["default"].model, learned_music(parts.learned, codec), sampling)
    scores = Fold(
        held_out=tuple(piece.name for piece in parts.held_out),
        held_out_notes=len(is_repeated),
        bits_per_note=HeldOutBits.mean(bits, np.ones_like(is_repeated)),
        new_material=Material.of(bits, ~is_repeated),
        repeated_material=Material.of(bits, is_repeated),
        baselines=Baselines(unigram.scored, five_gram.scored),
        default_epochs=_epochs(fits, "default"),
        scratch_epochs=_epochs(fits, "scratch"),
        scratch_transposed_epochs=_epochs(fits, "scratch_transposed"),
        song_seeds=sampling.seeds,
        duration_s=time.monotonic() - started,
    )
    return Crossed(parts, scores, tuple(songs))


def _epochs(fits: Mapping[str, Fitted], name: str) -> tuple[Epoch, ...]:
    return fits[name].history.epochs if name in fits else ()


def fitted(parts: Parts, recipe: Recipe, codec: Codec, work_dir: Path) -> Fitted:
    """Fit a network to the learned pieces, or load what an earlier call has fitted to the same.

    Args:
        parts: Of the fold.
        recipe: How they are learned. Of one that starts from the base, another base is a change.
        codec: Writes the pieces as tokens.
        work_dir: Where the fit is kept.
    """
    with locked_checkpoint(work_dir) as checkpoint:
        return fit_to_the_end(
            split(parts.learned, recipe.fitting.held_out_share), recipe, codec, checkpoint
        )


def _base(recipe: Recipe, codec: Codec) -> keras.Model:
    model = build_network(recipe.network, codec.field_sizes)
    load_base(model, base_for(codec.field_sizes))
    return model


def _network_bits(model: keras.Model, pieces: Sequence[Piece], codec: Codec) -> NoteBits:
    memory = has_memory(model)
    each = [whole_batches([encode(piece, codec, memory=memory)]) for piece in pieces]
    return [
        token_nats(model, batch)[0, : len(piece.notes)] / math.log(2)
        for piece, (batch,) in zip(pieces, each, strict=True)
    ]


def _served_bits(model: keras.Model, pieces: Sequence[Piece], codec: Codec) -> dict[str, NoteBits]:
    weights = {FLOAT32, weights_here()}
    return {
        f"served_{name}": [
            nats / math.log(2) for nats in served_nats(model, PRODUCTS[name], pieces, codec)
        ]
        for name in (FLOAT32, INT8)
        if name in weights
    }


def _variable_order_bits(parts: Parts, codec: Codec) -> NoteBits:
    learned, held_out = (
        [_on_codecs_grid(piece.notes, codec) for piece in pieces]
        for pieces in (parts.learned, parts.held_out)
    )
    longest = max(int(_longest_ticks(notes)) for notes in (*learned, *held_out))
    model = VariableOrderModel(learned, longest)
    return [model.bits(notes) for notes in held_out]


def _on_codecs_grid(notes: Notes, codec: Codec) -> Notes:
    """Round notes as the codec does, so that all models predict the same notes."""
    return codec.decode(codec.encode(notes))[0]


def _longest_ticks(notes: Notes) -> int:
    shift = np.diff(notes.onset_ticks, prepend=0)
    return int(max(shift.max(), notes.duration_ticks.max()))
