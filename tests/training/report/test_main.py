"""`make evaluate` and `make reproduce` refuse invalid input in one line."""

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


def test_pieces_that_all_quote_each_other_are_too_few_groups(monkeypatch, capsys, tmp_path):
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
        "report: my_game has 4 pieces. Pieces that quote each other form one group, which leaves "
        "1; a report needs at least 3 groups\n"
    )
