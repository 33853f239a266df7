"""From files to a published version, or nothing; fitting has its own tests."""

import json
import os
import resource
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from music.expression.articulation import Articulation, LengthShare
from music.expression.dynamics import Dynamics
from music.midi import to_midi
from music.notes import join
from music.performance import Performance
from music.piece import constant_tempo
from music.players.line_up import ONE_PIANO
from tests.music.bands import LINE_UP, NOTES
from tests.training.conftest import CODEC, PLAIN, scale
from training import pipeline
from training.corpus.collections import Collection
from training.corpus.corpus import read_corpus
from training.errors import CheckpointError, ExportError
from training.export.quantised_matmul import FLOAT32
from training.failures import expected_failures, reason
from training.fitting.checkpoint import locked_checkpoint
from training.fitting.fit import Fitted, Split
from training.fitting.history import Epoch, History
from training.network.network import build_network
from training.pipeline import describe, train
from training.recipe import load_recipe


@pytest.fixture
def model(monkeypatch, tmp_path):
    """What fitting gives."""
    monkeypatch.chdir(tmp_path)
    model = build_network(PLAIN.network, CODEC.field_sizes)
    history = History("f", (Epoch(1.0, 2.0, 3.0),))
    monkeypatch.setattr(pipeline, "fit", lambda *_: Fitted(model, history, 5.0, interrupted=False))
    return model


@pytest.fixture
def scales(tmp_path):
    files = [tmp_path / f"scale {n}.mid" for n in range(3)]
    for n, file in enumerate(files):
        file.write_bytes(
            to_midi(scale("x", 60 + n).notes, tempos=constant_tempo(100), name="x", text="")
        )
    return Collection("scales", "Scales", tuple(files))


@contextmanager
def no_file_larger_than(limit_bytes: int):
    """As on a disk that is full: what is longer cannot be written."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def published(models_dir) -> list[str]:
    names = [path.relative_to(models_dir).as_posix() for path in models_dir.glob("*/*/")]
    return [name for name in names if not name.startswith(".")]


def test_a_bundle_that_no_model_server_could_use_is_not_published(model, scales, tmp_path):
    model.set_weights([np.full(w.shape, np.nan) for w in model.get_weights()])
    models_dir = tmp_path / "models"
    with pytest.raises(ExportError, match="nothing is published"):
        train(scales, PLAIN, models_dir, FLOAT32, print)
    assert published(models_dir) == []
    assert not (models_dir / "models.config").exists()
    assert (models_dir / ".training" / "scales").is_dir(), "what was learned is lost"


@pytest.mark.usefixtures("model")
def test_a_training_keeps_its_checkpoint_from_others_until_it_is_published(
    scales, tmp_path, monkeypatch
):
    models_dir, publish = tmp_path / "models", pipeline.publish
    folder = models_dir / ".training" / "scales"

    def publish_after_another_training_was_refused(*args):
        with (
            pytest.raises(CheckpointError, match="another training is running"),
            locked_checkpoint(folder),
        ):
            pytest.fail("two trainings share a checkpoint")
        return publish(*args)

    monkeypatch.setattr(pipeline, "publish", publish_after_another_training_was_refused)
    assert train(scales, PLAIN, models_dir, FLOAT32, print).version == 1
    assert published(models_dir) == ["scales/1"]
    assert not folder.exists()


@pytest.mark.parametrize(
    ("recipe", "is_band"), [("default", True), ("original", False)], ids=["notetuple", "notes"]
)
def test_a_recipe_that_reads_no_roles_reads_a_band_as_one_piano(
    recipe, is_band, tmp_path, monkeypatch
):
    def stop(parts, *_):
        fitted.append(parts)
        raise KeyboardInterrupt

    fitted: list[Split] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pipeline, "fit", stop)
    files = [tmp_path / f"band {n}.mid" for n in range(3)]
    for n, file in enumerate(files):
        song = join([NOTES.shifted(96 * bars) for bars in range(4)]).transposed(n)
        midi = to_midi(song, tempos=constant_tempo(100), name="x", text="", line_up=LINE_UP)
        file.write_bytes(midi)
    collection = Collection("band", "Band", tuple(files))
    with pytest.raises(KeyboardInterrupt):
        train(collection, load_recipe(recipe), tmp_path / "models", FLOAT32, print)
    (parts,) = fitted
    line_ups = {piece.line_up for piece in (*parts.learned, *parts.held_out)}
    assert (ONE_PIANO not in line_ups) is is_band
    assert is_band or line_ups == {ONE_PIANO}


def test_a_bundle_has_the_dynamics_and_articulation_of_its_pieces(tmp_path):
    piece = scale("x", 60)
    performance = Performance(np.arange(50, 90, dtype=np.int32), np.full(40, 5.4, np.float32))
    file = tmp_path / "scale.mid"
    file.write_bytes(
        to_midi(piece.notes, tempos=piece.tempos, name="", text="", performance=performance)
    )
    corpus = read_corpus(Collection("scales", "Scales", (file,)))
    described = describe(corpus, PLAIN, CODEC)
    assert described.dynamics == Dynamics(69.5, 11.5)
    assert described.articulation == Articulation(0.9, (LengthShare(6, 0.9),))


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize("limit_bytes", [100, 10_000, 60_000])
def test_a_bundle_that_a_full_disk_does_not_take_is_not_published(scales, tmp_path, limit_bytes):
    train(scales, PLAIN, tmp_path / "models", FLOAT32, print)  # so that nothing else is written
    before = published(tmp_path / "models")
    with no_file_larger_than(limit_bytes), pytest.raises(expected_failures()) as failure:
        train(scales, PLAIN, tmp_path / "models", FLOAT32, print)
    assert "too large" in reason(failure.value).lower()
    assert "\n" not in reason(failure.value)
    assert published(tmp_path / "models") == before


@pytest.mark.usefixtures("model")
def test_names_that_are_not_utf_8_reach_the_bundle_readable(scales, tmp_path):
    name = os.fsdecode("Z\xfcrich\n.mid".encode("latin-1"))
    file = scales.files[0].rename(tmp_path / name)
    broken = tmp_path / os.fsdecode(b"br\xf6ken.mid")
    broken.write_bytes(b"no music")
    collection = Collection("scales", "Scales", (file, broken, *scales.files[1:]))
    said = []
    train(collection, PLAIN, tmp_path / "models", FLOAT32, said.append)
    bundle = tmp_path / "models" / "scales" / "1"
    record = json.loads((bundle / "training.json").read_text())
    assert "  set aside br\ufffdken.mid: not a MIDI file: it does not begin with MThd" in said
    assert record["pieces"]["set_aside"][0]["file"] == "br\ufffdken.mid"
    pieces = record["pieces"]["learned"] + record["pieces"]["held_out"]
    assert {"name": "Z\ufffdrich\ufffd", "notes": 40} in pieces


@pytest.mark.usefixtures("model")
def test_pieces_are_held_out_from_any_collection(scales, tmp_path):
    bach = replace(scales, game="bach")
    recipe = replace(PLAIN, start="base")
    train(bach, recipe, tmp_path / "models", FLOAT32, lambda _: None)
    record = json.loads((tmp_path / "models" / "bach" / "1" / "training.json").read_text())
    assert len(record["pieces"]["held_out"]) == 1


@pytest.mark.usefixtures("model")
def test_too_few_pieces_to_hold_one_out_are_warned_of(scales, tmp_path):
    said = []
    few = replace(scales, files=scales.files[:2])
    train(few, PLAIN, tmp_path / "models", FLOAT32, said.append)
    assert any("scales: too few pieces to hold one out" in line for line in said)
    train(scales, PLAIN, tmp_path / "models", FLOAT32, said.clear() or said.append)
    assert not any("too few" in line for line in said)
