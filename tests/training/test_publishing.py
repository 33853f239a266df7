"""Publishing: whole or not at all, and never over another version."""

from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from training.errors import ExportError
from training.publishing import latest_version, promote, publish, published_games


def write(folder: Path) -> None:
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes(b"x")


def test_versions_are_whole_numbers_that_grow(tmp_path):
    assert publish(tmp_path, "bach", write) == 1
    assert publish(tmp_path, "bach", write) == 2
    (tmp_path / "bach" / "17").mkdir()
    (tmp_path / "bach" / "²").mkdir()
    assert publish(tmp_path, "bach", write) == 18
    (tmp_path / "bach" / "²").rmdir()
    assert sorted(p.name for p in (tmp_path / "bach").iterdir()) == ["1", "17", "18", "2"]
    assert latest_version(tmp_path, "bach") == 18


def test_the_servers_configuration_lists_every_game_by_its_absolute_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    publish(Path("models"), "ocarina_of_time", write)
    publish(Path("models"), "bach", write)
    text = Path("models/models.config").read_text()
    config = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    assert [(c.name, c.base_path, c.model_platform) for c in config.model_config_list.config] == [
        ("bach", str(tmp_path / "models/bach"), "tensorflow"),
        ("ocarina_of_time", str(tmp_path / "models/ocarina_of_time"), "tensorflow"),
    ]


def test_what_breaks_off_publishes_nothing_and_leaves_nothing(tmp_path):
    publish(tmp_path, "bach", write)
    config = (tmp_path / "models.config").read_text()

    def break_off(folder: Path) -> None:
        write(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish(tmp_path, "other", break_off)
    assert published_games(tmp_path) == ("bach",)
    assert (tmp_path / "models.config").read_text() == config
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".other")] == []


def served(models_dir: Path) -> dict[str, tuple[list[int], dict[str, int]]]:
    """Read off which versions of each game are served, and their labels."""
    text = (models_dir / "models.config").read_text()
    config = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    return {
        model.name: (
            list(model.model_version_policy.specific.versions),
            dict(model.version_labels),
        )
        for model in config.model_config_list.config
    }


def test_the_stable_version_stays_until_another_is_promoted(tmp_path):
    publish(tmp_path, "bach", write)
    assert served(tmp_path)["bach"] == ([1], {"stable": 1, "canary": 1})
    for _ in range(3):
        publish(tmp_path, "bach", write)
    assert served(tmp_path)["bach"] == ([1, 3, 4], {"stable": 1, "canary": 4})
    assert promote(tmp_path, "bach") == 4
    assert served(tmp_path)["bach"] == ([3, 4], {"stable": 4, "canary": 4})


def test_promoting_a_game_leaves_the_others_as_they_are(tmp_path):
    for game in ("bach", "zelda", "bach", "zelda"):
        publish(tmp_path, game, write)
    promote(tmp_path, "zelda")
    assert served(tmp_path)["bach"][1] == {"stable": 1, "canary": 2}
    assert served(tmp_path)["zelda"][1] == {"stable": 2, "canary": 2}


def test_a_game_without_a_version_cannot_be_promoted(tmp_path):
    with pytest.raises(ExportError, match="has no version of bach; train it first"):
        promote(tmp_path, "bach")


@pytest.mark.parametrize("text", ["nonsense {", "model_config_list { config { name: 'bach' } }"])
def test_a_list_that_says_nothing_of_labels_is_written_anew(tmp_path, text):
    publish(tmp_path, "bach", write)
    (tmp_path / "models.config").write_text(text)
    publish(tmp_path, "bach", write)
    assert served(tmp_path)["bach"] == ([1, 2], {"stable": 2, "canary": 2})


def test_a_stable_version_that_was_removed_gives_way_to_the_newest(tmp_path):
    for _ in range(2):
        publish(tmp_path, "bach", write)
    (tmp_path / "bach" / "1" / "saved_model.pb").unlink()
    (tmp_path / "bach" / "1").rmdir()
    publish(tmp_path, "bach", write)
    assert served(tmp_path)["bach"] == ([2, 3], {"stable": 3, "canary": 3})
