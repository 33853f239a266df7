"""What a network costs to run, from its shape."""

from itertools import pairwise

from training.recipe import NetworkRecipe


def label(recipe: NetworkRecipe) -> str:
    """Name a network of equal LSTM layers by their number and width: 2x384."""
    return f"{len(recipe.lstm_units)}x{recipe.lstm_units[0]}"


def products_per_token(recipe: NetworkRecipe, vocabulary_size: int) -> int:
    """Count the multiplications of weights that `decode` does for one token.

    As many are the weights it reads: at batch 1 each is used once, four bytes a product. The lowest
    layer's inputs are a table and cost none.
    """
    lowest, *above = recipe.lstm_units
    recurrent = 4 * lowest * lowest
    stacked = sum(
        4 * here * (below + here) for below, here in zip(recipe.lstm_units, above, strict=False)
    )
    widths = (recipe.lstm_units[-1], *recipe.dense_units, vocabulary_size)
    return recurrent + stacked + sum(before * after for before, after in pairwise(widths))
