"""The variables of `make train`."""

from pathlib import Path

import pytest

from training.errors import SettingsError
from training.settings import VGMUSIC_PIANO, Settings


def test_absent_variables_have_defaults():
    empty = {
        "GAME": "",
        "EPOCHS": "",
        "DATA_DIR": "",
        "MODELS_DIR": "",
        "RECIPE": "",
        "BASE_DIR": "",
    }
    expected = Settings(
        "",
        Path("data/midi"),
        Path("models"),
        "default",
        None,
        "",
        5,
        "",
        fetch=True,
        vgmusic_url=VGMUSIC_PIANO,
        api_port="8080",
        base_dir=None,
    )
    assert Settings.of({}) == Settings.of(empty) == expected


def test_every_variable_can_be_set():
    said = {"GAME": "g", "EPOCHS": "3", "DATA_DIR": "/d", "MODELS_DIR": "m", "RECIPE": "original"}
    said |= {"WEIGHTS": "float32", "KEEP_VERSIONS": "1", "VERSION": "4"}
    said |= {"VGMUSIC_URL": "http://x/", "API_PORT": "80", "BASE_DIR": "/b"}
    expected = Settings(
        "g",
        Path("/d"),
        Path("m"),
        "original",
        3,
        "float32",
        1,
        "4",
        fetch=False,
        vgmusic_url="http://x/",
        api_port="80",
        base_dir=Path("/b"),
    )
    assert Settings.of({**said, "FETCH": "0"}) == expected


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("GAME", "../x", "GAME is '../x'; it must be 1 to 64 of a-z, 0-9 and _"),
        ("GAME", "Majora's Mask", "GAME is"),
        ("EPOCHS", "0", "EPOCHS is '0'; it must be an integer, 1 to 100000"),
        ("EPOCHS", "many", "EPOCHS is 'many'"),
        ("EPOCHS", "-1", "EPOCHS is '-1'"),
        ("WEIGHTS", "int4", "WEIGHTS is 'int4'; it must be int8 or float32"),
        ("KEEP_VERSIONS", "0", "KEEP_VERSIONS is '0'; it must be an integer, 1 to 1000"),
        ("KEEP_VERSIONS", "all", "KEEP_VERSIONS is 'all'"),
        ("FETCH", "no", "FETCH is 'no'; it must be 0 or 1"),
    ],
)
def test_invalid_values_are_refused(name, value, message):
    with pytest.raises(SettingsError, match=message):
        Settings.of({name: value})


def test_the_version_to_promote_is_a_number_or_the_newest():
    assert Settings.of({}).chosen_version is None
    assert Settings.of({"VERSION": " 12 "}).chosen_version == 12


@pytest.mark.parametrize("version", ["0", "-1", "1.2.3", "v3", "²", "9" * 19])
def test_an_invalid_version_affects_only_promoting(version):
    settings = Settings.of({"VERSION": version})
    with pytest.raises(SettingsError, match="it must be a version number, such as 3"):
        _ = settings.chosen_version
