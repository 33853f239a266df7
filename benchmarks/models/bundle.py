"""The measured bundles, published as a training publishes them."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import keras

from api.model_server.port import Model
from benchmarks.sizes import ORIGINAL
from music.codec import Codec
from music.description import Description
from training.corpus.collections import EMBEDDED, find_collection
from training.corpus.corpus import Corpus, read_corpus
from training.export.quantised_matmul import FLOAT32, weights_here
from training.export.saved_model import export_bundle
from training.network.base_weights import WEIGHTS, load_base
from training.network.network import build_network
from training.pipeline import describe
from training.publishing import publish
from training.recipe import DEFAULT, SCRATCH, NetworkRecipe, Recipe, load_recipe

PIECES = 9


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


def publish_default(models_dir: Path, weights: str = "") -> Published:
    """Publish the default recipe's network with the base's weights, without training.

    Args:
        models_dir: The folder of models.
        weights: Of the bundle, as `export_bundle` takes them; "" for the best on this machine.
    """
    recipe = load_recipe(DEFAULT)
    network = _fresh(recipe)
    load_base(network, WEIGHTS)
    return _publish("default_network", network, recipe, models_dir, weights)


def publish_original(shape: NetworkRecipe, models_dir: Path) -> Published:
    """Publish a network with the experiment's tokens and fresh, deterministic weights."""
    recipe = replace(load_recipe(ORIGINAL), network=shape)
    return _publish("original_network", _fresh(recipe), recipe, models_dir)


def publish_without_memory(models_dir: Path) -> Published:
    """Publish the default recipe's network without memory, with fresh weights."""
    recipe = without_memory(load_recipe(DEFAULT))
    return _publish("network_without_memory", _fresh(recipe), recipe, models_dir)


def without_memory(recipe: Recipe) -> Recipe:
    """Return the recipe for the same network without memory, which has no base to begin with."""
    network = replace(recipe.network, memory=False)
    return replace(recipe, network=network, start=SCRATCH, base_share=0)


def export_float32(published: Published, folder: Path) -> Path:
    """Export the same network with float32 weights; returns the folder."""
    export_bundle(published.network, published.description, folder, FLOAT32)
    return folder


def _fresh(recipe: Recipe) -> keras.Model:
    keras.utils.set_random_seed(0)
    return build_network(recipe.network, _codec(recipe).field_sizes)


def _publish(
    game: str, network: keras.Model, recipe: Recipe, models_dir: Path, weights: str = ""
) -> Published:
    """Publish as a training does; the pieces are chorales, which are in the public domain."""
    described = replace(describe(chorales(), recipe, _codec(recipe)), game=game)
    version = publish(
        models_dir,
        game,
        lambda folder: export_bundle(network, described, folder, weights or weights_here()),
    )
    model = Model(game, version)
    return Published(model, models_dir / game / str(version), network, recipe.network, described)


def _codec(recipe: Recipe) -> Codec:
    return chorales().codec(recipe.codec)


@cache
def chorales(pieces: int = PIECES) -> Corpus:
    """Read the first chorales, which are in the public domain."""
    collection = find_collection(EMBEDDED, Path())
    return read_corpus(replace(collection, files=collection.files[:pieces]))
