"""What `make evaluate` and `make reproduce` refuse, in a line."""

import pytest

from music.midi import to_midi
from tests.training.conftest import scale
from training.report import __main__ as report
from training.report import reproduction


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"GAME": ""}, "report: GAME is not set; it must name a collection\n"),
        (
            {"GAME": "zelda", "RECIPE": "original"},
            (
                "report: recipe original can write nothing but what it has learned: "
                "there is nothing to score it on\n"
            ),
        ),
    ],
)
def test_what_cannot_be_scored_is_said(monkeypatch, capsys, variables, message):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert report.main() == 1
    assert capsys.readouterr().err == message


def test_every_model_of_the_experiment_without_pieces_is_named(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("GAME", "")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert reproduction.main() == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 5
    for line, game in zip(lines, reproduction.PUBLISHED, strict=True):
        assert line.startswith(
            f"reproduction: {game}: {game} has no pieces yet: put its MIDI files"
        )


def test_pieces_that_all_quote_each_other_cannot_be_split(monkeypatch, capsys, tmp_path):
    folder = tmp_path / "my_game"
    folder.mkdir()
    for n in range(4):
        piece = scale(f"{n}", 55 + n, notes=40 + n)
        midi = to_midi(piece.notes, tempos=piece.tempos, name="", text="")
        (folder / f"{n}.mid").write_bytes(midi)
    monkeypatch.setenv("GAME", "my_game")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert report.main() == 1
    assert capsys.readouterr().err == (
        "report: my_game has 4 pieces, of which those that quote each other make 1 groups; "
        "a report needs 3 or more\n"
    )
