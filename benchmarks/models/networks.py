"""The cost of running a network, from its shape."""

from collections.abc import Sequence
from itertools import pairwise

from training.memory.candidates import CANDIDATES, KEY_WEIGHTS
from training.memory.context import KEYS
from training.recipe import NetworkRecipe


def label(recipe: NetworkRecipe) -> str:
    """Name a network of equal LSTM layers by their number and width: 2x512."""
    return f"{len(recipe.lstm_units)}x{recipe.lstm_units[0]}"


def products_per_token(recipe: NetworkRecipe, field_sizes: Sequence[int]) -> int:
    """Count the multiplications of weights in `decode` for one token.

    This is also the number of weights that it reads: at batch 1, each is used once. The
    contribution of a token's values to the gates of the lowest layer is a table and needs no
    multiplication; the inputs of the memory need one.

    Args:
        recipe: The network's shape.
        field_sizes: How many values each of a token's fields has.
    """
    lowest, *above = recipe.lstm_units
    recurrent = 4 * lowest * lowest
    stacked = sum(
        4 * here * (below + here) for below, here in zip(recipe.lstm_units, above, strict=False)
    )
    first, *others = field_sizes
    units = recipe.embedding_units
    hidden = len(others) * units
    widths = (recipe.lstm_units[-1], *recipe.dense_units, first + hidden)
    dense = sum(before * after for before, after in pairwise(widths))
    products = recurrent + stacked + dense + units * sum(others)
    if not recipe.memory:
        return products
    heads = units * (first + hidden)  # read the context past the LSTM, too
    trust = CANDIDATES * (widths[-2] + units + hidden)
    read = units * 4 * lowest + KEY_WEIGHTS * 2 * units
    return products + heads + trust + read + 2 * KEYS * hidden


def products_per_target(recipe: NetworkRecipe, field_sizes: Sequence[int]) -> int:
    """Count the multiplications of weights in a training's forward pass for one token.

    Training multiplies the lowest layer's input, which is a table in `decode`.

    Args:
        recipe: The shape of a network without memory.
        field_sizes: How many values each of a token's fields has.
    """
    input_products = recipe.embedding_units * 4 * recipe.lstm_units[0]
    return products_per_token(recipe, field_sizes) + input_products
