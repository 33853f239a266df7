"""A bundle that a model server could not use is refused before it is published."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from tensorflow.core.protobuf import saved_model_pb2

from music.description import Opening
from music.players.line_up import LineUp
from music.players.roles import DRUMS
from tests.training.conftest import CODEC, PLAIN, TINY
from tests.training.export.support import description
from tests.training.memory.band_music import BASS, FLUTE, STRINGS, random_band
from tests.training.memory.band_music import CODEC as BAND_CODEC
from training.errors import ExportError
from training.export.bundle_check import check_bundle
from training.export.quantised_matmul import FLOAT32, INT8, choose_weights, weights_here
from training.export.saved_model import export_bundle
from training.network.network import build_network

WARMUP = "assets.extra/tf_serving_warmup_requests"


def export(folder, weights=FLOAT32, model=None, described=None):
    model = model or build_network(PLAIN.network, CODEC.field_sizes)
    export_bundle(model, described or description(), folder, weights)
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return export(tmp_path_factory.mktemp("models") / "1")


@pytest.fixture
def bundle(whole, tmp_path):
    """A bundle to damage."""
    return shutil.copytree(whole, tmp_path / "1")


@pytest.mark.parametrize("weights", [INT8, FLOAT32])
def test_an_exported_bundle_passes_in_the_weights_that_it_is_served_with(tmp_path, weights):
    with_memory = build_network(TINY.network, CODEC.field_sizes)
    check_bundle(export(tmp_path / "1", weights, with_memory))


def test_an_exported_bundle_for_bands_passes(tmp_path):
    network = build_network(TINY.network, BAND_CODEC.field_sizes)
    tokens = tuple(BAND_CODEC.merge_fields(random_band(1, 20)).tolist())
    line_up = LineUp.usual([BASS, STRINGS, FLUTE, DRUMS])
    described = replace(
        description(),
        codec=BAND_CODEC.name,
        vocabulary=BAND_CODEC.vocabulary,
        openings=(Opening("a", tokens, 100.0, line_up=line_up),),
    )
    check_bundle(export(tmp_path / "1", weights_here(), network, described))


def without_saved_model(folder):
    (folder / "saved_model.pb").unlink()


def with_broken_saved_model(folder):
    (folder / "saved_model.pb").write_bytes(b"broken")


def without_weights(folder):
    shutil.rmtree(folder / "variables")


def with_half_of_the_weights(folder):
    (path,) = folder.glob("variables/variables.data-*")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def with_broken_warmup(folder):
    path = folder / WARMUP
    path.write_bytes(path.read_bytes().replace(b"lengths", b"LENGTHS"))


def with_empty_warmup(folder):
    (folder / WARMUP).write_bytes(b"")


def without_warmup(folder):
    (folder / WARMUP).unlink()


def change_signatures(folder, change):
    path = folder / "saved_model.pb"
    saved_model = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    change(saved_model.meta_graphs[0].signature_def)
    path.write_bytes(saved_model.SerializeToString())


def without_decode(folder):
    change_signatures(folder, lambda signatures: signatures.pop("decode"))


def with_an_unknown_tensor(folder):
    def change(signatures):
        signatures["prefill"].outputs["state"].name = "nowhere:0"

    change_signatures(folder, change)


def for_another_purpose(folder):
    path = folder / "saved_model.pb"
    saved_model = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    saved_model.meta_graphs[0].meta_info_def.tags[:] = ["train"]
    path.write_bytes(saved_model.SerializeToString())


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (without_saved_model, "it does not load: SavedModel file does not exist"),
        (with_broken_saved_model, "it does not load: .*parse"),
        (without_weights, "it does not load: "),
        (with_half_of_the_weights, "it does not load: "),
        (for_another_purpose, "it does not load: .*tags"),
        (without_decode, "it has no signature decode"),
        (with_an_unknown_tensor, "its signature prefill fails: .*nowhere"),
        (with_broken_warmup, "its warm-up requests cannot be read: "),
        (with_empty_warmup, "it has no warm-up requests"),
        (without_warmup, "its warm-up requests cannot be read: .*No such file"),
    ],
)
def test_a_damaged_bundle_is_refused_with_the_reason(bundle, damage, reason):
    damage(bundle)
    with pytest.raises(ExportError, match=f"nothing is published, .*{reason}"):
        check_bundle(bundle)


def test_weights_that_are_no_numbers_are_refused(tmp_path):
    model = build_network(PLAIN.network, CODEC.field_sizes)
    model.get_layer("logits_1").set_weights(
        [np.full(w.shape, np.nan) for w in model.get_layer("logits_1").get_weights()]
    )
    with pytest.raises(ExportError, match=r"its signature decode fails: .*is not in"):
        check_bundle(export(tmp_path / "1", model=model))


def test_a_description_that_no_api_reads_is_refused(tmp_path, monkeypatch):
    text = json.dumps(json.loads(description().to_json()) | {"format": 99})
    monkeypatch.setattr("music.description.Description.to_json", lambda _: text)
    folder = export(tmp_path / "1")
    with pytest.raises(ExportError, match=r"its description cannot be read: .*99"):
        check_bundle(folder)


def test_by_default_the_weights_suit_this_machine():
    assert choose_weights("") == weights_here()
    assert choose_weights(FLOAT32) == FLOAT32


@pytest.mark.skipif(weights_here() != INT8, reason="this TensorFlow has no product in 8 bits")
def test_8_bits_are_refused_if_they_cannot_be_checked():
    assert choose_weights(INT8) == INT8
    program = (
        "from training.export.quantised_matmul import choose_weights; "
        "print(choose_weights('')); choose_weights('int8')"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=False,
        env=os.environ | {"TF_ENABLE_ONEDNN_OPTS": "0"},
        text=True,
    )
    assert finished.stdout == "float32\n"
    assert "SettingsError: WEIGHTS is int8, which TensorFlow cannot compute" in finished.stderr
