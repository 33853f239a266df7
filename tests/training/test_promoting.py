"""`make promote` and the program that writes the lists, from the command line."""

import json
from pathlib import Path

import pytest

from training import listing, promoting
from training.publishing import publish


@pytest.fixture
def models_dir(tmp_path, monkeypatch) -> Path:
    """Three versions of bach, in the folder that the environment names."""
    monkeypatch.setenv("MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("GAME", "bach")
    for _ in range(3):
        publish(tmp_path / "models", "bach", Path.mkdir)
    return tmp_path / "models"


def stable(models_dir: Path) -> int | None:
    return json.loads((models_dir / "labels.json").read_text())["bach"].get("stable")


@pytest.mark.parametrize(("version", "promoted"), [("", 3), ("1", 1), ("3", 3)])
def test_the_version_that_is_named_is_promoted_or_the_newest(
    models_dir, monkeypatch, capsys, version, promoted
):
    monkeypatch.setenv("VERSION", version)
    assert promoting.main() == 0
    assert stable(models_dir) == promoted
    assert capsys.readouterr().out == (
        f"bach: version {promoted} is stable; it composes where no label is given\n"
    )


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"VERSION": "7"}, "has no version 7 of bach; it has 1, 2, 3"),
        ({"VERSION": "newest"}, "VERSION is 'newest'; it must be a version number, such as 3"),
        ({"GAME": "zelda"}, "has no version of zelda; train it first"),
        ({"GAME": ""}, "GAME is not set"),
    ],
)
def test_a_failed_promotion_is_one_line(models_dir, monkeypatch, capsys, variables, message):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert promoting.main() == 1
    assert message in capsys.readouterr().err
    assert stable(models_dir) is None


def test_a_moved_folder_is_listed_at_its_new_path(models_dir, monkeypatch):
    moved = models_dir.rename(models_dir.with_name("moved"))
    monkeypatch.setenv("MODELS_DIR", str(moved))
    assert listing.main() == 0
    assert f'base_path: "{moved}/bach"' in (moved / "models.config").read_text()


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path, monkeypatch, capsys):
    (tmp_path / "models").write_text("not a folder")
    monkeypatch.setenv("MODELS_DIR", str(tmp_path / "models"))
    assert listing.main() == 1
    assert capsys.readouterr().err == (f"listing: cannot write in {tmp_path}/models: File exists\n")
