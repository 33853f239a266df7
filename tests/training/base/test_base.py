"""The base: weights that round-trip, and a program that reports what is missing."""

from dataclasses import replace

import numpy as np
import pytest

from tests.training.conftest import CODEC, TINY
from training.base.__main__ import main
from training.errors import RecipeError
from training.network.base_weights import WEIGHTS, load_base, save_base
from training.network.network import build_network
from training.recipe import load_recipe

SIZES = CODEC.field_sizes


def test_weights_come_back_in_half_precision(tmp_path):
    first, second = build_network(TINY.network, SIZES), build_network(TINY.network, SIZES)
    save_base(first, tmp_path / "weights.npz")
    load_base(second, tmp_path / "weights.npz")
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


def test_a_network_of_another_shape_is_refused(tmp_path):
    save_base(build_network(TINY.network, SIZES), tmp_path / "weights.npz")
    other = build_network(replace(TINY.network, lstm_units=(16, 13)), SIZES)
    with pytest.raises(RecipeError, match="layer lstm_1 has the shapes"):
        load_base(other, tmp_path / "weights.npz")


def test_every_recipe_that_starts_from_the_base_fits_it():
    model = build_network(load_recipe("default").network, SIZES)
    load_base(model)
    assert load_recipe("default").start == "base"


def test_the_weights_are_small_enough_for_the_repository():
    assert WEIGHTS.stat().st_size < 20 * 2**20


@pytest.mark.parametrize(
    ("base_dir", "message"),
    [
        ("no", "base: BASE_DIR is '{}/no'; there is no such folder\n"),
        (
            "",
            (
                "base: openscore_lieder: 1459 of 1459 files are not fetched yet, and FETCH=0 "
                "forbids it; BASE_DIR=folder reads it from a folder that has it\n"
            ),
        ),
    ],
)
def test_music_that_is_not_there_is_one_clear_line(
    tmp_path, monkeypatch, capsys, base_dir, message
):
    monkeypatch.chdir(tmp_path)  # where nothing was fetched yet
    monkeypatch.setenv("FETCH", "0")
    monkeypatch.setenv("BASE_DIR", str(tmp_path / base_dir))
    assert main() == 1
    assert capsys.readouterr().err == message.format(tmp_path)
