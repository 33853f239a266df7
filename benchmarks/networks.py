"""What a network costs to run, from its shape."""

from collections.abc import Sequence
from itertools import pairwise

from training.recipe import NetworkRecipe


def label(recipe: NetworkRecipe) -> str:
    """Name a network of equal LSTM layers by their number and width: 2x384."""
    return f"{len(recipe.lstm_units)}x{recipe.lstm_units[0]}"


def products_per_token(recipe: NetworkRecipe, field_sizes: Sequence[int]) -> int:
    """Count the multiplications of weights that `decode` does for one token.

    As many are the weights it reads: at batch 1 each is used once. The lowest layer's inputs are a
    table and cost none.

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
    top = first + len(others) * recipe.embedding_units
    widths = (recipe.lstm_units[-1], *recipe.dense_units, top)
    dense = sum(before * after for before, after in pairwise(widths))
    return recurrent + stacked + dense + recipe.embedding_units * sum(others)
