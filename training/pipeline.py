"""Trains one collection, from its files to a published version."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from music.codec import Codec, as_encoded
from music.codec.notetuple import BandTuple
from music.description import Description, LearnedPiece, ModelCard, PieceForm
from music.expression.articulation import learned_articulation
from music.expression.dynamics import learned_dynamics
from music.form.analysis import form_of
from music.quotes.bound import usual_quote_notes
from training.corpus.collections import Collection
from training.corpus.corpus import Corpus, read_corpus
from training.export.prompts import opening
from training.fitting.checkpoint import locked_checkpoint
from training.fitting.fit import FEWEST_TO_HOLD_OUT, Fitted, Split, fit, split
from training.publishing import publish
from training.publishing.run_record import write_record
from training.recipe import Recipe
from training.writing import writing


@dataclass(frozen=True)
class Published:
    """The result of training one collection."""

    corpus: Corpus
    fitted: Fitted
    version: int


def train(
    collection: Collection,
    recipe: Recipe,
    models_dir: Path,
    weights: str,
    say: Callable[[str], None],
) -> Published:
    """Read, fit, export and publish a collection.

    Args:
        collection: The collection.
        recipe: How it is learned.
        models_dir: The folder to publish into.
        weights: The weights to serve, INT8 or FLOAT32; "" chooses the best for this machine.
        say: Receives messages about the progress.

    Raises:
        TrainingError: One of the stages failed.
        KeyboardInterrupt: It was interrupted before the first epoch was complete.
    """
    from training.export.quantised_matmul import choose_weights  # noqa: PLC0415  TensorFlow's job, not Keras's

    weights = choose_weights(weights)  # before hours of fitting
    reads_roles = recipe.for_band().codec == BandTuple.name
    corpus = read_corpus(collection, band=None if reads_roles else False)
    pieces = "1 piece" if len(corpus.pieces) == 1 else f"{len(corpus.pieces)} pieces"
    say(f"{collection.game}: {pieces}, {corpus.notes} notes")
    for remark in corpus.remarks:
        say(f"  {remark}")
    parts = split(corpus.pieces, recipe.fitting.held_out_share)
    if recipe.fitting.held_out_share and not parts.held_out:
        say(
            f"{collection.game}: too few pieces to hold one out, so the training cannot stop when "
            f"the model starts to memorise them; it needs at least {FEWEST_TO_HOLD_OUT} pieces"
        )
    if corpus.is_band:
        recipe = recipe.for_band()
    codec = corpus.codec(recipe.codec)
    with locked_checkpoint(models_dir / ".training" / collection.game) as checkpoint:
        fitted = fit(parts, recipe, codec, checkpoint)
        version = _publish(corpus, parts, recipe, codec, fitted, models_dir, weights)
        if not fitted.interrupted:
            checkpoint.remove()
    return Published(corpus, fitted, version)


def _publish(
    corpus: Corpus,
    parts: Split,
    recipe: Recipe,
    codec: Codec,
    fitted: Fitted,
    models_dir: Path,
    weights: str,
) -> int:
    from training.export.bundle_check import check_bundle  # noqa: PLC0415  as above
    from training.export.saved_model import export_bundle  # noqa: PLC0415  as above

    description = describe(corpus, recipe, codec, fitted.held_out_bits_per_note)

    def write(folder: Path) -> None:
        with writing(folder):
            export_bundle(fitted.model, description, folder, weights)
            write_record(corpus, parts, recipe, fitted, folder)
        check_bundle(folder)

    return publish(models_dir, corpus.collection.game, write)


def describe(
    corpus: Corpus, recipe: Recipe, codec: Codec, held_out_bits_per_note: float | None = None
) -> Description:
    """Return the description that the bundle contains."""
    import tensorflow as tf  # noqa: PLC0415  as above

    card = ModelCard(
        recipe=recipe.name,
        pieces=len(corpus.pieces),
        notes=corpus.notes,
        held_out_bits_per_note=held_out_bits_per_note,
        trained_at=datetime.now(UTC).isoformat(timespec="seconds"),
        tensorflow=tf.__version__,
    )
    learned = tuple(
        LearnedPiece(piece.name, as_encoded(codec, piece.notes)) for piece in corpus.pieces
    )
    return Description(
        game=corpus.collection.game,
        title=corpus.collection.title,
        codec=codec.name,
        vocabulary=codec.vocabulary,
        tempo_bpm=corpus.tempo_bpm,
        openings=tuple(opening(piece, codec) for piece in corpus.pieces),
        forms=tuple(PieceForm(piece.name, form_of(piece)) for piece in corpus.pieces),
        learned=learned,
        quote_notes=usual_quote_notes(learned),
        card=card,
        dynamics=learned_dynamics(corpus.pieces),
        articulation=learned_articulation(corpus.pieces),
    )
