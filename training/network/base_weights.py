"""The bases' weights: half precision, in small files that need no Keras to read.

There are two: one for piano music, and one for bands, whose network has more layers.
"""

import hashlib
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np

from music.codec.notetuple import ROLE_FIELD
from training.errors import RecipeError
from training.network.network import has_roles
from training.writing import stream_whole

_FOLDER = Path(__file__).parents[1] / "base"
WEIGHTS = _FOLDER / "weights.npz"
BAND_WEIGHTS = _FOLDER / "band_weights.npz"

_OF_FIELDS = re.compile(r"(.*?)((?:_\d+)+)")
_CANDIDATE = re.compile(r"(.*_candidate_\d+)(_\d+)")
_NUMBERED_OTHERWISE = re.compile(r"lstm_\d+|dense_\d+|.*_evidence_\d+")


def base_for(sizes: tuple[int, ...]) -> Path:
    """Return the file of the base for tokens with fields of these sizes."""
    return BAND_WEIGHTS if has_roles(sizes) else WEIGHTS


def save_base(model: keras.Model, to: Path) -> None:
    """Write a network's weights, named by their layers, rounded to half precision."""
    halves: dict[str, Any] = {name: w.astype(np.float16) for name, w in _named(model)}
    stream_whole(to, lambda file: np.savez_compressed(file, **halves))


def load_base(model: keras.Model, of: Path) -> None:
    """Load a base's weights into a network.

    Raises:
        RecipeError: The network's shape differs from the base's; the message says where.
    """
    with np.load(of, allow_pickle=False) as kept:
        for layer in model.layers:
            _set_weights(layer, layer.name, kept)


def load_piano_base(model: keras.Model, of: Path = WEIGHTS) -> None:
    """Load the base for piano music into a network for bands, but for layers about roles.

    Raises:
        RecipeError: As from `load_base`.
    """
    with np.load(of, allow_pickle=False) as kept:
        for layer in model.layers:
            name = _piano_name(layer.name)
            if any(key.startswith(f"{name}/") for key in kept.files):
                _set_weights(layer, name, kept)


def base_digest(of: Path) -> str:
    """Return the SHA-256 of a base's weights, hexadecimal."""
    return hashlib.sha256(of.read_bytes()).hexdigest()


def _set_weights(layer: keras.layers.Layer, name: str, kept: Any) -> None:
    """Set a layer's weights to those that a base has under a name."""
    weights = [kept[key].astype(np.float32) for key in kept.files if key.startswith(f"{name}/")]
    wanted = [tuple(w.shape) for w in layer.weights]
    found = [w.shape for w in weights]
    if wanted != found:
        raise RecipeError(
            f"layer {layer.name} has the shapes {wanted}, but the base's has {found}; "
            'give the recipe the base\'s [network], or start = "scratch"'
        )
    layer.set_weights(weights)


def _piano_name(name: str) -> str:
    """Return what a layer of a network for bands is called in one for piano music.

    Names end with the indices of the fields that a layer is about. A piano's tokens lack the field
    of roles, so that later fields have lower indices; a layer about roles has no other name.
    """
    match = _CANDIDATE.fullmatch(name) or _OF_FIELDS.fullmatch(name)
    if not match or _NUMBERED_OTHERWISE.fullmatch(name):
        return name
    fields = [int(index) for index in match[2].split("_")[1:]]
    if ROLE_FIELD in fields:
        return f"{name} (roles)"
    return match[1] + "".join(f"_{field - (field > ROLE_FIELD)}" for field in fields)


def _named(model: keras.Model) -> list[tuple[str, np.ndarray]]:
    return [
        (f"{layer.name}/{n}", weight)
        for layer in model.layers
        for n, weight in enumerate(layer.get_weights())
    ]
