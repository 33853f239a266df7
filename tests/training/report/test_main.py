"""`make evaluate` and `make reproduce` refuse invalid input in one line."""

from dataclasses import replace

import numpy as np
import pytest

from music.midi import to_midi
from music.players.line_up import LineUp
from music.players.roles import PIANO, role_of
from tests.training.conftest import scale
from training.report import __main__ as report
from training.report import reproduction

FLUTE = role_of(9, 0)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"GAME": ""}, "report: GAME is not set; it must name a collection\n"),
        (
            {"GAME": "zelda", "RECIPE": "original"},
            (
                "report: recipe original can only write chords of the learned pieces, so it "
                "cannot predict held-out pieces; use another recipe\n"
            ),
        ),
    ],
)
def test_a_report_that_cannot_be_made_is_refused_in_one_line(
    monkeypatch, capsys, variables, message
):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert report.main() == 1
    assert capsys.readouterr().err == message


def test_reproduce_names_every_model_without_pieces(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("GAME", "")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert reproduction.main() == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 5
    for line, game in zip(lines, reproduction.PUBLISHED, strict=True):
        assert line.startswith(
            f"reproduction: {game}: {game} has no pieces yet: put its MIDI files"
        )


def write_game(tmp_path, monkeypatch, role: int = PIANO) -> None:
    """Write four pieces, which quote each other, as the collection `my_game`."""
    folder = tmp_path / "my_game"
    folder.mkdir()
    for n in range(4):
        piece = scale(f"{n}", 55 + n, notes=40 + n)
        notes = replace(piece.notes, role=np.full_like(piece.notes.role, role))
        line_up = LineUp.usual([role])
        midi = to_midi(notes, tempos=piece.tempos, name="", text="", line_up=line_up)
        (folder / f"{n}.mid").write_bytes(midi)
    monkeypatch.setenv("GAME", "my_game")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def test_pieces_that_all_quote_each_other_are_too_few_groups(monkeypatch, capsys, tmp_path):
    write_game(tmp_path, monkeypatch)
    assert report.main() == 1
    assert capsys.readouterr().err == (
        "report: my_game has 4 pieces. Pieces that quote each other form one group, which leaves "
        "1; a report needs at least 3 groups\n"
    )


def test_music_for_bands_is_not_measured(monkeypatch, capsys, tmp_path):
    write_game(tmp_path, monkeypatch, role=FLUTE)
    assert report.main() == 1
    assert capsys.readouterr().err == (
        "report: my_game is music for bands; a report measures music for one piano only\n"
    )
