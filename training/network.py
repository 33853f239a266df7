"""The network: embeddings, LSTM layers, and logits for each field of the token that comes next.

B batch, T time, F fields of a token, L all fields' values together. A token is F numbers here: of
each field 0, where there is none, or a value's number and 1.
"""

from typing import Any

import keras

from training.lstm import LSTM
from training.recipe import NetworkRecipe


def build_network(recipe: NetworkRecipe, field_sizes: tuple[int, ...]) -> keras.Model:
    """Build the network with fresh weights.

    The first field is foretold from what came before; each other one from that and from the
    fields before it of the same token, as it is drawn later. Layers are named `embedding_<f>`,
    `lstm_<n>`, `dense_<n>`, `hidden_<f>`, `given_<f>_<g>` and `logits_<f>`, as the export reads
    them.

    Args:
        recipe: The shape.
        field_sizes: How many values each field has.

    Returns:
        A model of `tokens` int32[B, T, F] and, at every step, the token that comes next,
        `following` int32[B, T, F], to float32[B, T, L] logits; `following` is not read where
        there is one field.
    """
    tokens = keras.Input((None, len(field_sizes)), dtype="int32", name="tokens")
    following = keras.Input((None, len(field_sizes)), dtype="int32", name="following")
    x = _sum(
        keras.layers.Embedding(size + 1, recipe.embedding_units, name=f"embedding_{f}")(
            tokens[..., f]
        )
        for f, size in enumerate(field_sizes)
    )
    for n, units in enumerate(recipe.lstm_units):
        x = keras.layers.Dropout(recipe.dropout)(x)
        x = LSTM(units, name=f"lstm_{n}")(x)
    for n, units in enumerate(recipe.dense_units):
        x = keras.layers.Dropout(recipe.dropout)(x)
        x = keras.layers.Dense(units, activation="relu", name=f"dense_{n}")(x)
    x = keras.layers.Dropout(recipe.dropout)(x)
    logits = [_logits(x, following, f, recipe, field_sizes) for f in range(len(field_sizes))]
    together = keras.layers.Concatenate(name="logits")(logits) if len(logits) > 1 else logits[0]
    return keras.Model([tokens, following], together, name="leitmotif")


def field_sizes(network: keras.Model) -> tuple[int, ...]:
    """Read off a network how many values each field has."""
    fields = network.input_shape[0][-1]
    return tuple(int(network.get_layer(f"logits_{f}").units) for f in range(fields))


def _logits(
    x: Any, following: Any, f: int, recipe: NetworkRecipe, field_sizes: tuple[int, ...]
) -> Any:
    """Foretell one field: float32[B, T, its values]."""
    if f:
        units = recipe.embedding_units
        given = [
            keras.layers.Embedding(field_sizes[g] + 1, units, name=f"given_{f}_{g}")(
                following[..., g]
            )
            for g in range(f)
        ]
        hidden = keras.layers.Dense(units, name=f"hidden_{f}")(x)
        x = keras.layers.Activation("tanh")(_sum([hidden, *given]))
        x = keras.layers.Dropout(recipe.dropout)(x)
    return keras.layers.Dense(field_sizes[f], name=f"logits_{f}")(x)


def _sum(parts: Any) -> Any:
    parts = list(parts)
    return keras.layers.Add()(parts) if len(parts) > 1 else parts[0]
