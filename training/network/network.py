"""The network: embeddings, LSTM layers, and logits for each field of the next token.

B is the batch size, T time, F the number of fields of a token, C of candidates, L of the values of
all fields. A token is F numbers here: for each field the index of its value plus 1, or 0 for none.
"""

from typing import Any

import keras
from keras import ops

from music.codec.notetuple import ROLE_FIELD, BandTuple
from training.memory.candidates import CANDIDATES, EVIDENCE_SIZES, KEY_WEIGHTS, PLACES
from training.memory.context import KEYS
from training.network.lstm import LSTM
from training.recipe import NetworkRecipe

SIDES = INPUT, OUTPUT = "input", "output"  # of the LSTM; names of layers begin with them
_COPIED = 1.0  # a fresh network's trust in candidates: most music is repetition


def build_network(recipe: NetworkRecipe, field_sizes: tuple[int, ...]) -> keras.Model:
    """Build the network with fresh weights.

    The first field is predicted from the previous tokens, each other one also from the earlier
    fields of the same token, as in sampling. The export reads layers by name.

    A network with memory (`recipe.memory`) reads more than the notes: the position in the bar, the
    candidates for the next note with their evidence, and the key of the last bars. These inputs go
    to the LSTM, like the notes, and also directly to the logits. Each candidate also adds to the
    logits of its own values, weighted by the network's trust in it; for later fields only if it
    agrees with the token's earlier ones. The network also predicts the ends of pieces.

    A network for bands, whose tokens have a role (`training.network.network.has_roles`), also reads
    the line-up and, once the role is predicted, the key that this role struck last.

    Args:
        recipe: The shape.
        field_sizes: How many values each field has.

    Returns:
        A model from a dict of inputs to float32[B, T, L] logits, followed by the logit of the
        ending in a network with memory. The inputs are those of
        `training.fitting.batches.Batch`; `following` is not read if there is only one field.
    """
    inputs = _inputs(recipe, field_sizes)
    x = _sum(_read(inputs, recipe, field_sizes))
    for n, units in enumerate(recipe.lstm_units):
        x = keras.layers.Dropout(recipe.dropout)(x)
        x = LSTM(units, name=f"lstm_{n}")(x)
    for n, units in enumerate(recipe.dense_units):
        x = keras.layers.Dropout(recipe.dropout)(x)
        x = keras.layers.Dense(units, activation="relu", name=f"dense_{n}")(x)
    if recipe.memory:
        known = keras.layers.Activation("tanh")(
            _sum(_context(inputs, OUTPUT, recipe.embedding_units, field_sizes))
        )
        x = keras.layers.Concatenate(name="state")([x, known])
    x = keras.layers.Dropout(recipe.dropout)(x)
    logits = _logits(x, inputs, recipe, field_sizes)
    if recipe.memory:
        logits.append(keras.layers.Dense(1, name="ending")(x))
    together = keras.layers.Concatenate(name="logits")(logits) if len(logits) > 1 else logits[0]
    return keras.Model(inputs, together, name="leitmotif")


def field_sizes(network: keras.Model) -> tuple[int, ...]:
    """Return the number of values of each field of a network."""
    heads = {layer.name: int(layer.units) for layer in network.layers if _is_head(layer)}
    return tuple(heads[f"logits_{f}"] for f in range(len(heads)))


def has_memory(network: keras.Model) -> bool:
    """Whether a network reads candidates and the position in the bar."""
    return any(layer.name == "trust_0" for layer in network.layers)


def has_roles(field_sizes: tuple[int, ...]) -> bool:
    """Whether the tokens' fields are those of notes with roles: shift, role, pitch, duration."""
    return len(field_sizes) == len(BandTuple.fields)


def _is_head(layer: keras.layers.Layer) -> bool:
    return isinstance(layer, keras.layers.Dense) and layer.name.startswith("logits_")


def _inputs(recipe: NetworkRecipe, field_sizes: tuple[int, ...]) -> dict[str, Any]:
    fields = len(field_sizes)

    def one(name: str, *shape: int, dtype: str = "int32") -> Any:
        return keras.Input((None, *shape), dtype=dtype, name=name)

    inputs = {"tokens": one("tokens", fields), "following": one("following", fields)}
    if recipe.memory:
        inputs |= {
            "place": one("place"),
            "bar": one("bar"),
            "candidates": one("candidates", CANDIDATES, fields),
            "evidence": one("evidence", CANDIDATES),
            "key_weights": one("key_weights", KEY_WEIGHTS, dtype="float32"),
            "next_place": one("next_place"),
            "sounding": one("sounding", 2 * KEYS, dtype="float32"),
        }
        if has_roles(field_sizes):
            roles = field_sizes[ROLE_FIELD]
            inputs["line_up"] = keras.Input((roles,), dtype="float32", name="line_up")
            inputs["role_pitch"] = one("role_pitch")
    return inputs


def _read(inputs: dict[str, Any], recipe: NetworkRecipe, field_sizes: tuple[int, ...]) -> list[Any]:
    """Return the vectors whose sum is the input of the lowest LSTM layer."""
    units = recipe.embedding_units
    tokens = [
        _embedding(size + 1, units, f"embedding_{f}", inputs["tokens"][..., f])
        for f, size in enumerate(field_sizes)
    ]
    return [*tokens, *(_context(inputs, INPUT, units, field_sizes) if recipe.memory else ())]


def _context(
    inputs: dict[str, Any], side: str, units: int, field_sizes: tuple[int, ...]
) -> list[Any]:
    """Return the vectors of the memory's inputs."""
    key_weights = keras.layers.Dense(units, use_bias=False, name=f"{side}_key")
    parts = [
        _embedding(PLACES, units, f"{side}_place", inputs["place"]),
        _embedding(PLACES, units, f"{side}_bar", inputs["bar"]),
        key_weights(inputs["key_weights"]),
    ]
    for c, evidences in enumerate(EVIDENCE_SIZES):
        parts.append(
            _embedding(evidences, units, f"{side}_evidence_{c}", inputs["evidence"][..., c])
        )
        for f, size in enumerate(field_sizes):
            name, values = f"{side}_candidate_{c}_{f}", inputs["candidates"][..., c, f]
            parts.append(_embedding(size + 1, units, name, values))
    if has_roles(field_sizes):
        line_up = keras.layers.Dense(units, use_bias=False, name=f"{side}_line_up")
        parts[0] = parts[0] + line_up(inputs["line_up"])[:, None, :]
    return parts


def _logits(
    x: Any, inputs: dict[str, Any], recipe: NetworkRecipe, field_sizes: tuple[int, ...]
) -> list[Any]:
    """Predict the fields one after the other: float32[B, T, values] each."""
    agrees = ops.cast(inputs["candidates"][..., 0] > 0, "float32") if recipe.memory else None
    logits = []
    for f, size in enumerate(field_sizes):
        below = x
        if f:
            if agrees is not None:
                agrees = agrees * _same(inputs, f - 1)
            below = _hidden(x, inputs, f, agrees, recipe, field_sizes)
        field_logits = keras.layers.Dense(size, name=f"logits_{f}")(below)
        if agrees is not None:
            field_logits = field_logits + _copied(below, inputs, f, agrees, size)
        logits.append(field_logits)
    return logits


def _hidden(
    x: Any,
    inputs: dict[str, Any],
    f: int,
    agrees: Any,
    recipe: NetworkRecipe,
    field_sizes: tuple[int, ...],
) -> Any:
    """Return the hidden layer of a field after the first: float32[B, T, units]."""
    units = recipe.embedding_units
    parts = [keras.layers.Dense(units, name=f"hidden_{f}")(x)]
    parts += [
        _embedding(field_sizes[g] + 1, units, f"given_{f}_{g}", inputs["following"][..., g])
        for g in range(f)
    ]
    if recipe.memory:
        parts += [
            keras.layers.Dense(units, use_bias=False, name=f"agree_{f}")(agrees),
            keras.layers.Dense(units, use_bias=False, name=f"sounding_{f}")(inputs["sounding"]),
            _embedding(PLACES, units, f"next_place_{f}", inputs["next_place"]),
        ]
        if f > ROLE_FIELD and has_roles(field_sizes):
            parts.append(_embedding(KEYS + 1, units, f"role_pitch_{f}", inputs["role_pitch"]))
    hidden = keras.layers.Activation("tanh")(_sum(parts))
    return keras.layers.Dropout(recipe.dropout)(hidden)


def _same(inputs: dict[str, Any], f: int) -> Any:
    """Return which candidates have the next token's value of a field: float32[B, T, C]."""
    same = ops.equal(inputs["candidates"][..., f], inputs["following"][..., f : f + 1])
    return ops.cast(same, "float32")


def _copied(below: Any, inputs: dict[str, Any], f: int, agrees: Any, size: int) -> Any:
    """Return what candidates add to a field's logits, each to its own value, by the trust in it."""
    trust = keras.layers.Dense(
        CANDIDATES, name=f"trust_{f}", bias_initializer=keras.initializers.Constant(_COPIED)
    )
    values = ops.one_hot(inputs["candidates"][..., f] - 1, size)
    return ops.sum(values * (trust(below) * agrees)[..., None], axis=-2)


def _embedding(values: int, units: int, name: str, numbers: Any) -> Any:
    return keras.layers.Embedding(values, units, name=name)(numbers)


def _sum(parts: list[Any]) -> Any:
    return keras.layers.Add()(parts) if len(parts) > 1 else parts[0]
