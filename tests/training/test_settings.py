"""The variables of `make train`."""

from pathlib import Path

import pytest

from training.errors import SettingsError
from training.settings import Settings


def test_nothing_said_means_the_defaults():
    empty = {"GAME": "", "EPOCHS": "", "DATA_DIR": "", "MODELS_DIR": "", "RECIPE": ""}
    expected = Settings("", Path("data/midi"), Path("models"), "default", None, "", fetch=True)
    assert Settings.of({}) == Settings.of(empty) == expected


def test_everything_can_be_said():
    said = {"GAME": "g", "EPOCHS": "3", "DATA_DIR": "/d", "MODELS_DIR": "m", "RECIPE": "original"}
    said["WEIGHTS"] = "float32"
    expected = Settings("g", Path("/d"), Path("m"), "original", 3, "float32", fetch=False)
    assert Settings.of({**said, "FETCH": "0"}) == expected


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("GAME", "../x", "GAME is '../x'; it must be 1 to 64 of a-z, 0-9 and _"),
        ("GAME", "Majora's Mask", "GAME is"),
        ("EPOCHS", "0", "EPOCHS is '0'; it must be a whole number, 1 to 100000"),
        ("EPOCHS", "many", "EPOCHS is 'many'"),
        ("EPOCHS", "-1", "EPOCHS is '-1'"),
        ("WEIGHTS", "int4", "WEIGHTS is 'int4'; it must be int8 or float32"),
        ("FETCH", "no", "FETCH is 'no'; it must be 0 or 1"),
    ],
)
def test_what_does_not_fit_is_refused(name, value, message):
    with pytest.raises(SettingsError, match=message):
        Settings.of({name: value})
