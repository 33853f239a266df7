"""From files to a published version, whole or not at all; fitting itself is tested elsewhere."""

import numpy as np
import pytest

from music.midi import to_midi
from tests.training.conftest import CODEC, TINY, scale
from training import pipeline
from training.checkpoint import locked_checkpoint
from training.collections import Collection
from training.errors import CheckpointError, ExportError
from training.fitting import Fitted
from training.journal import Epoch, Journal
from training.network import build_network
from training.pipeline import train
from training.products import FLOAT32


@pytest.fixture
def model(monkeypatch, tmp_path):
    """What fitting gives."""
    monkeypatch.chdir(tmp_path)
    model = build_network(TINY.network, CODEC.field_sizes)
    journal = Journal("f", (Epoch(1.0, 2.0, 3.0),))
    monkeypatch.setattr(pipeline, "fit", lambda *_: Fitted(model, journal, 5.0, interrupted=False))
    return model


@pytest.fixture
def scales(tmp_path):
    files = [tmp_path / f"scale {n}.mid" for n in range(3)]
    for n, file in enumerate(files):
        file.write_bytes(to_midi(scale("x", 60 + n).notes, tempo_bpm=100, name="x", text=""))
    return Collection("scales", "Scales", tuple(files))


def published(models_dir) -> list[str]:
    names = [path.relative_to(models_dir).as_posix() for path in models_dir.glob("*/*/")]
    return [name for name in names if not name.startswith(".")]


def test_a_bundle_that_no_model_server_could_use_is_not_published(model, scales, tmp_path):
    model.set_weights([np.full(w.shape, np.nan) for w in model.get_weights()])
    models_dir = tmp_path / "models"
    with pytest.raises(ExportError, match="nothing is published"):
        train(scales, TINY, models_dir, FLOAT32, print)
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
        with pytest.raises(CheckpointError, match="under way"), locked_checkpoint(folder):
            pytest.fail("two trainings share a checkpoint")
        return publish(*args)

    monkeypatch.setattr(pipeline, "publish", publish_after_another_training_was_refused)
    assert train(scales, TINY, models_dir, FLOAT32, print).version == 1
    assert published(models_dir) == ["scales/1"]
    assert not folder.exists()
