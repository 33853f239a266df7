"""The base: weights that round-trip, and a program that reports what is missing."""

from dataclasses import replace

import numpy as np
import pytest

from music.codec.notetuple import BandTuple
from tests.training.conftest import CODEC, TINY
from training.base.__main__ import main
from training.errors import RecipeError
from training.network.base_weights import (
    BAND_WEIGHTS,
    WEIGHTS,
    load_base,
    load_piano_base,
    save_base,
)
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
    load_base(model, WEIGHTS)
    assert load_recipe("default").start == "base"


def test_the_weights_are_small_enough_for_the_repository():
    assert WEIGHTS.stat().st_size + BAND_WEIGHTS.stat().st_size < 20 * 2**20


def test_the_base_for_bands_is_read_by_the_codec_with_roles():
    model = build_network(load_recipe("default").network, BandTuple.over().field_sizes)
    load_base(model, BAND_WEIGHTS)
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


def test_a_band_starts_from_the_piano_but_for_its_roles(tmp_path):
    piano = build_network(TINY.network, SIZES)
    save_base(piano, tmp_path / "weights.npz")
    band = build_network(TINY.network, BandTuple.over().field_sizes)
    fresh = {layer.name: layer.get_weights() for layer in band.layers}
    load_piano_base(band, tmp_path / "weights.npz")

    def weights(model, name):
        return model.get_layer(name).get_weights()[0]

    half = {"rtol": 1e-3, "atol": 1e-4}
    names = [("lstm_0", "lstm_0"), ("logits_3", "logits_2"), ("given_3_2", "given_2_1")]
    names += [("input_candidate_4_2", "input_candidate_4_1"), ("embedding_2", "embedding_1")]
    for of_band, of_piano in names:
        np.testing.assert_allclose(weights(band, of_band), weights(piano, of_piano), **half)
    for of_roles in ("embedding_1", "logits_1", "given_2_1", "input_line_up", "role_pitch_2"):
        np.testing.assert_array_equal(weights(band, of_roles), fresh[of_roles][0])


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
    assert main([]) == 1
    assert capsys.readouterr().err == message.format(tmp_path)
