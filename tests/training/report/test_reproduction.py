"""The old experiment in small: its figures are written and told."""

import json
from dataclasses import replace

import pytest

from music.midi import to_midi
from music.piece import constant_tempo
from tests.training.conftest import TINY, scale
from training.report import reproduction
from training.report.result import Sampling

pytestmark = pytest.mark.slow


def test_loss_and_quotes_are_written_and_told(tmp_path, monkeypatch, capsys):
    (tmp_path / "midi" / "my_game").mkdir(parents=True)
    for n in range(3):
        piece = scale(f"scale {n}", 55 + n, notes=60)
        midi = to_midi(piece.notes, tempos=constant_tempo(90), name=piece.name, text="")
        (tmp_path / "midi" / "my_game" / f"{n}.mid").write_bytes(midi)
    fitting = replace(TINY.fitting, transpose=False, held_out_share=0.0, tokens_per_epoch=1)
    network = replace(TINY.network, memory=False)
    recipe = replace(TINY, codec="notes", network=network, fitting=fitting)
    monkeypatch.setattr(reproduction, "load_recipe", lambda _: recipe)
    monkeypatch.setattr(reproduction, "SAMPLINGS", {"argmax": Sampling(20, 0.0, 0, 1.0, (1,))})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GAME", "my_game")
    monkeypatch.setenv("DATA_DIR", "midi")
    assert reproduction.main() == 0
    figures = json.loads((tmp_path / "reports" / "my_game" / "reproduction.json").read_text())
    assert figures["events"] == 180
    assert figures["lowest_train_loss"] == min(figures["train_losses"])
    assert len(figures["train_losses"]) == figures["epochs"] == 3
    assert figures["longest_quote_notes"]["argmax"]["collection_max"] == 60
    assert "lowest training loss" in capsys.readouterr().out
