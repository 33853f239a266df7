"""The base: weights that come back, and a card that tells the truth."""

from dataclasses import replace

import numpy as np
import pytest

from tests.training.conftest import CODEC, TINY
from training.base.sources import base_collection, sources
from training.base.weights import WEIGHTS, load_base, save_base
from training.errors import RecipeError
from training.network import build_network
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


def test_the_weights_are_a_few_megabytes():
    assert WEIGHTS.stat().st_size < 8 * 2**20


def test_every_source_has_files_and_says_who_encoded_them():
    files = base_collection().files
    for source in sources():
        assert any(source.folder in path.parts for path in files), source.folder
        assert source.encoding


def test_of_the_fiddle_tunes_few_are_taken_from_all_over_the_folder():
    tunes = [path for path in base_collection().files if "ryansMammoth" in path.parts]
    there_are = sorted(tunes[0].parent.glob("*.abc"))
    assert tunes == there_are[::5]


@pytest.mark.parametrize("folder", ["palestrina", "essenFolksong"])
def test_encodings_that_reserve_rights_stay_out(folder):
    assert folder not in {source.folder for source in sources()}
    assert not [path for path in base_collection().files if path.suffix == ".krn"]
