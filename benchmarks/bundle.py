"""The two bundles that are measured, published as a training publishes them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import keras
import tensorflow as tf

from api.model_server import Model
from benchmarks.scales import TEMPO_BPM, scale
from music.codec import as_told
from music.codec.tsd import Tsd
from music.description import Description, LearnedPiece, ModelCard, Opening
from training.base.weights import load_base
from training.export import export_bundle
from training.network import build_network
from training.products import weights_here
from training.publishing import publish
from training.recipe import DEFAULT, NetworkRecipe, load_recipe

PIECES = tuple(scale(root, notes=100) for root in range(55, 64))
_OPENING_NOTES = 32


@dataclass(frozen=True)
class Published:
    """A bundle in a folder of models.

    Attributes:
        model: What a server calls it.
        folder: Where it is.
        network: What it was made of.
        recipe: That network's shape.
    """

    model: Model
    folder: Path
    network: keras.Model
    recipe: NetworkRecipe


def publish_default(models_dir: Path) -> Published:
    """Publish the default recipe's network with the base's weights: no music need be learned."""
    recipe = load_recipe(DEFAULT).network
    network = build_network(recipe, len(Tsd.over().vocabulary))
    load_base(network)
    return _publish("default_network", network, recipe, models_dir)


def publish_random(recipe: NetworkRecipe, models_dir: Path) -> Published:
    """Publish a network with fresh weights, the same ones every time."""
    keras.utils.set_random_seed(0)
    network = build_network(recipe, len(Tsd.over().vocabulary))
    return _publish("original_network", network, recipe, models_dir)


def _publish(game: str, network: keras.Model, recipe: NetworkRecipe, models_dir: Path) -> Published:
    description = _description(game)
    version = publish(
        models_dir, game, lambda folder: export_bundle(network, description, folder, weights_here())
    )
    return Published(Model(game, version), models_dir / game / str(version), network, recipe)


def _description(game: str) -> Description:
    codec = Tsd.over()
    return Description(
        game=game,
        title="Scales",
        codec=codec.name,
        vocabulary=codec.vocabulary,
        tempo_bpm=TEMPO_BPM,
        openings=tuple(
            Opening(p.name, tuple(codec.encode(p.notes[:_OPENING_NOTES]).tolist()), p.tempo_bpm)
            for p in PIECES
        ),
        learned=tuple(LearnedPiece(p.name, as_told(codec, p.notes)) for p in PIECES),
        card=ModelCard(
            recipe=DEFAULT,
            pieces=len(PIECES),
            notes=sum(len(piece.notes) for piece in PIECES),
            held_out_bits_per_note=None,
            trained_at=datetime.now(UTC).isoformat(timespec="seconds"),
            tensorflow=tf.__version__,
        ),
    )
