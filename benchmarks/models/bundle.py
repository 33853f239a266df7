"""The measured bundles, published as a training publishes them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import keras
import tensorflow as tf

from api.model_server.port import Model
from benchmarks.sizes import ORIGINAL
from music.codec import Codec, as_encoded
from music.description import Description, LearnedPiece, ModelCard, PieceForm
from music.form.analysis import form_of
from music.quotes.bound import usual_quote_notes
from training.corpus.collections import EMBEDDED, find_collection
from training.corpus.corpus import Corpus, read_corpus
from training.export.prompts import opening
from training.export.quantised_matmul import FLOAT32, weights_here
from training.export.saved_model import export_bundle
from training.network.base_weights import load_base
from training.network.network import build_network
from training.publishing import publish
from training.recipe import DEFAULT, NetworkRecipe, Recipe, load_recipe

_PIECES = 9


@dataclass(frozen=True)
class Published:
    """A bundle in a folder of models.

    Attributes:
        model: Its name and version on a server.
        folder: The folder of the bundle.
        network: The Keras network.
        recipe: The network's shape.
        description: The bundle's description.
    """

    model: Model
    folder: Path
    network: keras.Model
    recipe: NetworkRecipe
    description: Description


def publish_default(models_dir: Path) -> Published:
    """Publish the default recipe's network with the base's weights, without training."""
    recipe = load_recipe(DEFAULT)
    codec = _codec(recipe)
    network = build_network(recipe.network, codec.field_sizes)
    load_base(network)
    return _publish("default_network", network, codec, recipe.network, models_dir)


def publish_original(shape: NetworkRecipe, models_dir: Path) -> Published:
    """Publish a network with the experiment's tokens and fresh, deterministic weights."""
    return _publish_fresh("original_network", _codec(load_recipe(ORIGINAL)), shape, models_dir)


def publish_without_memory(models_dir: Path) -> Published:
    """Publish the default recipe's network without memory, with fresh weights."""
    recipe = load_recipe(DEFAULT)
    shape = replace(recipe.network, memory=False)
    return _publish_fresh("network_without_memory", _codec(recipe), shape, models_dir)


def export_float32(published: Published, folder: Path) -> Path:
    """Export the same network with float32 weights; returns the folder."""
    export_bundle(published.network, published.description, folder, FLOAT32)
    return folder


def _publish_fresh(game: str, codec: Codec, shape: NetworkRecipe, models_dir: Path) -> Published:
    keras.utils.set_random_seed(0)
    return _publish(game, build_network(shape, codec.field_sizes), codec, shape, models_dir)


def _publish(
    game: str, network: keras.Model, codec: Codec, shape: NetworkRecipe, models_dir: Path
) -> Published:
    described = _description(game, codec)
    version = publish(
        models_dir, game, lambda folder: export_bundle(network, described, folder, weights_here())
    )
    model = Model(game, version)
    return Published(model, models_dir / game / str(version), network, shape, described)


def _codec(recipe: Recipe) -> Codec:
    return _corpus().codec(recipe.codec)


def _description(game: str, codec: Codec) -> Description:
    """Describe a model of some of the embedded chorales, which are in the public domain."""
    corpus = _corpus()
    learned = tuple(LearnedPiece(p.name, as_encoded(codec, p.notes)) for p in corpus.pieces)
    return Description(
        game=game,
        title=corpus.collection.title,
        codec=codec.name,
        vocabulary=codec.vocabulary,
        tempo_bpm=corpus.tempo_bpm,
        openings=tuple(opening(piece, codec) for piece in corpus.pieces),
        forms=tuple(PieceForm(piece.name, form_of(piece)) for piece in corpus.pieces),
        learned=learned,
        quote_notes=usual_quote_notes(learned),
        card=ModelCard(
            recipe=DEFAULT,
            pieces=len(corpus.pieces),
            notes=corpus.notes,
            held_out_bits_per_note=None,
            trained_at=datetime.now(UTC).isoformat(timespec="seconds"),
            tensorflow=tf.__version__,
        ),
    )


@cache
def _corpus() -> Corpus:
    collection = find_collection(EMBEDDED, Path())
    return read_corpus(replace(collection, files=collection.files[:_PIECES]))
