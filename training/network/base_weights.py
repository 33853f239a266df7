"""The base's weights: half precision, in one small file that needs no Keras to read."""

import hashlib
from pathlib import Path
from typing import Any

import keras
import numpy as np

from training.errors import RecipeError
from training.writing import stream_whole

WEIGHTS = Path(__file__).parents[1] / "base" / "weights.npz"


def save_base(model: keras.Model, to: Path = WEIGHTS) -> None:
    """Write a network's weights, named by their layers, rounded to half precision."""
    halves: dict[str, Any] = {name: w.astype(np.float16) for name, w in _named(model)}
    stream_whole(to, lambda file: np.savez_compressed(file, **halves))


def load_base(model: keras.Model, of: Path = WEIGHTS) -> None:
    """Load the base's weights into a network.

    Raises:
        RecipeError: The network's shape differs from the base's; the message says where.
    """
    with np.load(of, allow_pickle=False) as kept:
        for layer in model.layers:
            names = [name for name in kept.files if name.startswith(f"{layer.name}/")]
            weights = [kept[name].astype(np.float32) for name in names]
            wanted = [tuple(w.shape) for w in layer.weights]
            found = [w.shape for w in weights]
            if wanted != found:
                raise RecipeError(
                    f"layer {layer.name} has the shapes {wanted}, but the base's has {found}; "
                    'give the recipe the base\'s [network], or start = "scratch"'
                )
            layer.set_weights(weights)


def base_digest(of: Path = WEIGHTS) -> str:
    """Return the SHA-256 of the base's weights, hexadecimal."""
    return hashlib.sha256(of.read_bytes()).hexdigest()


def _named(model: keras.Model) -> list[tuple[str, np.ndarray]]:
    return [
        (f"{layer.name}/{n}", weight)
        for layer in model.layers
        for n, weight in enumerate(layer.get_weights())
    ]
