"""Recipes: complete, checked, and with errors that name the field."""

from dataclasses import replace

import pytest

from training.errors import RecipeError
from training.recipe import RECIPES, load_recipe, parse_recipe

DEFAULT = (RECIPES / "default.toml").read_text()


@pytest.mark.parametrize("name", [path.stem for path in RECIPES.glob("*.toml")])
def test_every_recipe_loads(name):
    assert load_recipe(name).name == name


def test_the_length_can_be_set():
    assert load_recipe("default").with_epochs(3).fitting.epochs == 3


def test_bands_learn_longer():
    recipe = load_recipe("default").for_band()
    assert (recipe.codec, recipe.fitting.epochs) == ("bandtuple", 20)
    assert load_recipe("default").with_epochs(3).for_band().fitting.epochs == 3


def test_without_band_epochs_a_band_learns_as_long_as_a_piano():
    recipe = parse_recipe("mine", DEFAULT.replace("band_epochs = 20", ""))
    assert recipe.for_band() == replace(recipe, codec="bandtuple")


def test_an_unknown_recipe_lists_those_there_are():
    with pytest.raises(RecipeError, match=r"no recipe '\.\./x'; available: .*default, original"):
        load_recipe("../x")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("dropout", "drop_out", "network.dropout is missing"),
        (
            "[fitting]",
            "[fitting]\nspeed = 3",
            "speed is unknown; it must be one of batch_windows",
        ),
        ("dropout = 0.2", "dropout = 1.5", "network.dropout is 1.5; it must be from 0 to 0.9"),
        ("dropout = 0.2", 'dropout = "a lot"', "network.dropout is 'a lot'; it must be float"),
        ("transpose = true", "transpose = 1", "fitting.transpose is 1; it must be bool"),
        ("lstm_units = [512, 512]", "lstm_units = []", "lstm_units .how many. is 0; it must be"),
        ("lstm_units = [512, 512]", "lstm_units = 256", "it must be a list of integers"),
        ("memory = true", 'memory = "yes"', "network.memory is 'yes'; it must be bool"),
        ("falling_share = 1", "falling_share = 0", "falling_share is 0.0; it must be from 0.01"),
        ("hidden_share = 0.5", "hidden_share = 2", "hidden_share is 2.0; it must be from 0 to 1"),
        ("[fitting]", "[fitting]\nstretch = true", "fitting.stretch is unknown"),
        ("[network]", "[network", "recipe mine: "),
        (
            'start = "base"',
            'start = "top"',
            "start is 'top'; it must be one of base, piano base, scratch",
        ),
        (
            'start = "base"',
            'start = "scratch"',
            "base_share is 0.25; without start = 'base' it is 0",
        ),
        ("base_share = 0.25", "base_share = 2", "base_share is 2.0; it must be from 0 to 1"),
        (
            'codec = "notetuple"',
            "codec = []",
            r"codec is \[\]; it must be one of notetuple, bandtuple, notes",
        ),
        (
            'codec = "notetuple"',
            'codec = "notes"',
            "codec 'notes' can only encode the learned pieces",
        ),
        ("[network]", "[net]", "network is missing"),
        ("band_epochs = 20", "band_epochs = 0", "band_epochs is 0; it must be from 1"),
        ("band_epochs = 20", "band_epochs = 1.5", "band_epochs is 1.5; it must be int"),
    ],
)
def test_an_invalid_field_is_named(old, new, message):
    assert old in DEFAULT
    with pytest.raises(RecipeError, match=message):
        parse_recipe("mine", DEFAULT.replace(old, new))
