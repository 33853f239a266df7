"""Bundles of made-up games with a small network, published without training.

The network is one layer of the old experiment's recipe: its graph has a tenth of the operations of
the default recipe's. A hundred games of that one take a model server minutes and 10 GB.
"""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import keras

from api.model_server.port import Model
from benchmarks.growth.pieces import made_up_corpus
from benchmarks.sizes import ORIGINAL
from training.export.quantised_matmul import FLOAT32
from training.export.saved_model import export_bundle
from training.network.network import build_network
from training.pipeline import describe
from training.publishing import publish
from training.recipe import load_recipe

_UNITS = 8


def publish_made_up(models_dir: Path, pieces: int, notes: int) -> Model:
    """Publish a game of made-up pieces.

    Args:
        models_dir: The folder of models.
        pieces: How many pieces it has.
        notes: Notes of each piece.
    """
    game, recipe = f"pieces_{pieces}", load_recipe(ORIGINAL)
    shape = replace(
        recipe.network, embedding_units=_UNITS, lstm_units=(_UNITS,), dense_units=(), memory=False
    )
    corpus = made_up_corpus(game, pieces, notes)
    codec = corpus.codec(recipe.codec)
    keras.utils.set_random_seed(0)
    network = build_network(shape, codec.field_sizes)
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
