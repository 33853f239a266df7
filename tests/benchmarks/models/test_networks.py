"""The cost of a token, counted by hand."""

from dataclasses import replace

import pytest

from benchmarks.models.bundle import without_memory
from benchmarks.models.networks import label, products_per_target, products_per_token
from benchmarks.sizes import FULL, TINY
from training.export.decoder import MOST_STEPS
from training.recipe import NetworkRecipe, load_recipe


@pytest.mark.parametrize(
    ("recipe", "sizes", "name", "products"),
    [
        (
            replace(load_recipe("default").network, memory=False),
            (89, 88, 88),
            "2x512",
            512 * 2048 + (512 + 512) * 2048 + 512 * (89 + 192 + 192) + 192 * (88 + 88),
        ),
        (
            load_recipe("default").network,
            (89, 88, 88),
            "2x512",
            (24 * (192 + 192) + 192 * 2048)  # the key's weights on both sides, and the LSTM's input
            + (512 * 2048 + (512 + 512) * 2048)
            + (512 + 192) * (89 + 6 + 192 + 192)  # six candidates, the hidden layers of two fields
            + 176 * (192 + 192)  # the keys that sound
            + 192 * (88 + 6 + 88 + 6),
        ),
        (
            load_recipe("original").network,
            (300,),
            "3x512",
            512 * 2048 + 2 * (512 + 512) * 2048 + 512 * 256 + 256 * 300,
        ),
        (
            NetworkRecipe(5, (3, 2), (), 0.0, memory=False),
            (7,),
            "2x3",
            3 * 12 + (3 + 2) * 8 + 2 * 7,
        ),
    ],
)
def test_every_weight_but_the_tables_is_multiplied_once(recipe, sizes, name, products):
    assert label(recipe) == name
    assert products_per_token(recipe, sizes) == products


@pytest.mark.parametrize("sizes", [FULL, TINY])
def test_sizes_have_the_required_values(sizes):
    assert {1, 32} <= set(sizes.callers)
    assert sizes.song_tokens <= MOST_STEPS
    assert sizes.train_epochs >= 2
    assert len(set(sizes.original_network.lstm_units)) == 1


@pytest.mark.parametrize("recipe", FULL.peer_recipes.values(), ids=FULL.peer_recipes)
def test_training_without_memory_multiplies_the_input_too(recipe):
    network = without_memory(recipe).network
    sizes = (89, 88, 88)
    assert products_per_target(network, sizes) == products_per_token(network, sizes) + 192 * 2048
