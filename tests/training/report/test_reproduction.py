"""The old experiment at a small scale: its figures are written and printed."""

import json
from dataclasses import replace

import pytest

from music.midi import to_midi
from music.piece import constant_tempo
from tests.training.conftest import TINY, scale
from training.report import reproduction
from training.report.result import Sampling

pytestmark = pytest.mark.slow


@pytest.fixture
def in_small(tmp_path, monkeypatch):
    """Shorten the experiment to seconds; the fixture adds pieces for a game."""
    fitting = replace(TINY.fitting, transpose=False, held_out_share=0.0, tokens_per_epoch=1)
    network = replace(TINY.network, memory=False)
    recipe = replace(TINY, codec="notes", network=network, fitting=fitting)
    monkeypatch.setattr(reproduction, "load_recipe", lambda _: recipe)
    song = Sampling(20, 0.0, 0, 1.0, (1,))
    monkeypatch.setattr(reproduction, "SAMPLINGS", {"argmax": song, "drawn": song})
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GAME", raising=False)
    monkeypatch.setenv("DATA_DIR", "midi")

    def with_pieces(game):
        (tmp_path / "midi" / game).mkdir(parents=True)
        for n in range(3):
            piece = scale(f"scale {n}", 55 + n, notes=60)
            midi = to_midi(piece.notes, tempos=constant_tempo(90), name=piece.name, text="")
            (tmp_path / "midi" / game / f"{n}.mid").write_bytes(midi)

    return with_pieces


def test_loss_and_quotes_are_written_and_printed(in_small, tmp_path, monkeypatch, capsys):
    in_small("my_game")
    monkeypatch.setenv("GAME", "my_game")
    assert reproduction.main() == 0
    figures = json.loads((tmp_path / "reports" / "my_game" / "reproduction.json").read_text())
    assert figures["events"] == 180
    assert figures["lowest_train_loss"] == min(figures["train_losses"])
    assert len(figures["train_losses"]) == figures["epochs"] == 3
    assert figures["longest_quote_notes"]["argmax"]["collection_max"] == 60
    assert figures["published"] is None
    said = capsys.readouterr().out
    assert "lowest training loss" in said
    loss = figures["lowest_train_loss"]
    assert f"| my_game | 3 | 180 | none | {loss:.4f} (3 of 3) |" in said


def test_without_a_game_all_five_models_run_and_those_without_pieces_are_reported(
    in_small, tmp_path, capsys
):
    in_small("wind_waker")
    assert reproduction.main() == 1
    told = capsys.readouterr()
    assert "| wind_waker | 3 | 180 | 0.0105 (210) | " in told.out
    assert "| zelda | 3 | 180 | 0.0368 (234) | " in told.out
    for game in ("ocarina_of_time", "majoras_mask", "twilight_princess"):
        assert f"reproduction: {game}: {game} has no pieces yet" in told.err
    written = tmp_path / "reports" / "wind_waker" / "reproduction.json"
    assert json.loads(written.read_text())["published"] == {
        "lowest_train_loss": 0.0105,
        "epoch": 210,
    }
