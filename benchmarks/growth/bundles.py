"""Bundles of made-up games with a small network, published without training."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import keras

from api.model_server.port import Model
from benchmarks.growth.pieces import made_up_corpus
from training.export.quantised_matmul import FLOAT32
from training.export.saved_model import export_bundle
from training.network.network import build_network
from training.pipeline import describe
from training.publishing import publish
from training.recipe import DEFAULT, SCRATCH, Recipe, load_recipe

_UNITS = 32  # of every layer; the curves that use it do not depend on the network's size


def small_recipe() -> Recipe:
    """Return the default recipe with a small network, which starts from random weights."""
    recipe = load_recipe(DEFAULT)
    layers = tuple(_UNITS for _ in recipe.network.lstm_units)
    network = replace(recipe.network, lstm_units=layers, embedding_units=_UNITS)
    return replace(recipe, network=network, start=SCRATCH, base_share=0)


def publish_made_up(models_dir: Path, pieces: int, notes: int) -> Model:
    """Publish a game of made-up pieces.

    Args:
        models_dir: The folder of models.
        pieces: How many pieces it has.
        notes: Notes of each piece.
    """
    game, recipe = f"pieces_{pieces}", small_recipe()
    corpus = made_up_corpus(game, pieces, notes)
    codec = corpus.codec(recipe.codec)
    keras.utils.set_random_seed(0)
    network = build_network(recipe.network, codec.field_sizes)
    description = describe(corpus, recipe, codec)
    return Model(
        game,
        publish(
            models_dir, game, lambda folder: export_bundle(network, description, folder, FLOAT32)
        ),
    )


def publish_copies(bundle: Path, models_dir: Path, games: int) -> tuple[Model, ...]:
    """Publish a bundle as several games.

    Args:
        bundle: The folder of the bundle. Its files are linked, not copied.
        models_dir: Another folder of models, on the same file system.
        games: How many.
    """

    def write(folder: Path) -> None:
        shutil.copytree(bundle, folder, copy_function=os.link)

    names = [f"game_{number}" for number in range(games)]
    return tuple(Model(name, publish(models_dir, name, write)) for name in names)
