"""Publishing: complete or not at all, never over another version, never with a used number."""

import json
import shutil
from pathlib import Path

import pytest
from google.protobuf import text_format
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorflow_serving.config import model_server_config_pb2

from training.errors import ExportError, WritingError
from training.publishing import (
    composing_version,
    latest_version,
    promote,
    prune,
    publish,
    published_games,
    write_lists,
)


def write(folder: Path) -> None:
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes(b"x")


def publish_many(models_dir: Path, count: int, game: str = "bach") -> None:
    for _ in range(count):
        publish(models_dir, game, write)


def listed(models_dir: Path):
    text = (models_dir / "models.config").read_text()
    config = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    return config.model_config_list.config


def served(models_dir: Path, game: str = "bach") -> list[int]:
    (model,) = (model for model in listed(models_dir) if model.name == game)
    return list(model.model_version_policy.specific.versions)


def labels(models_dir: Path, game: str = "bach") -> dict[str, int]:
    return json.loads((models_dir / "labels.json").read_text())[game]


def folders(models_dir: Path, game: str = "bach") -> list[int]:
    return sorted(int(path.name) for path in (models_dir / game).iterdir())


def test_versions_are_whole_numbers_that_grow(tmp_path):
    assert publish(tmp_path, "bach", write) == 1
    assert publish(tmp_path, "bach", write) == 2
    (tmp_path / "bach" / "17").mkdir()
    for not_a_version in ("²", "0", "018", "19.old"):
        (tmp_path / "bach" / not_a_version).mkdir()
    (tmp_path / "bach" / "20").write_text("a file")
    assert publish(tmp_path, "bach", write) == 18
    assert latest_version(tmp_path, "bach") == 18


@pytest.mark.parametrize("deleted", ["bach/3", "bach"])
def test_a_version_number_is_never_used_again(tmp_path, deleted):
    publish_many(tmp_path, 3)
    shutil.rmtree(tmp_path / deleted)
    assert publish(tmp_path, "bach", write) == 4
    assert publish(tmp_path, "zelda", write) == 1


def test_the_list_of_model_servers_has_every_game_by_its_absolute_path_and_no_labels(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    publish(Path("models"), "ocarina_of_time", write)
    publish(Path("models"), "bach", write)
    promote(Path("models"), "bach")
    assert [(c.name, c.base_path, c.model_platform) for c in listed(Path("models"))] == [
        ("bach", str(tmp_path / "models/bach"), "tensorflow"),
        ("ocarina_of_time", str(tmp_path / "models/ocarina_of_time"), "tensorflow"),
    ]
    assert not any(model.version_labels for model in listed(Path("models")))


def test_a_failed_publication_publishes_and_leaves_nothing(tmp_path):
    publish(tmp_path, "bach", write)
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*.*") if path.is_file()}

    def break_off(folder: Path) -> None:
        write(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish(tmp_path, "other", break_off)
    assert published_games(tmp_path) == ("bach",)
    assert before == {p.name: p.read_bytes() for p in tmp_path.glob("*.*") if p.is_file()}
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".other")] == []


def test_a_write_error_names_the_file(tmp_path):
    (tmp_path / "bach").write_text("not a folder")
    with pytest.raises(WritingError, match=f"cannot publish bach in {tmp_path}: .*File exists"):
        publish(tmp_path, "bach", write)


def test_a_version_is_stable_when_it_is_promoted_and_not_before(tmp_path):
    publish_many(tmp_path, 4)
    assert (served(tmp_path), labels(tmp_path)) == ([3, 4], {"canary": 4})
    assert composing_version(tmp_path, "bach") == 4
    assert promote(tmp_path, "bach") == 4
    publish_many(tmp_path, 3)
    assert (served(tmp_path), labels(tmp_path)) == ([4, 6, 7], {"canary": 7, "stable": 4})
    assert composing_version(tmp_path, "bach") == 4


def test_any_kept_version_can_be_promoted(tmp_path):
    publish_many(tmp_path, 4)
    assert promote(tmp_path, "bach", 2) == 2
    assert (served(tmp_path), labels(tmp_path)) == ([2, 3, 4], {"canary": 4, "stable": 2})
    assert folders(tmp_path) == [1, 2, 3, 4]


def test_the_version_that_was_promoted_before_is_served_until_the_next_change(tmp_path):
    publish_many(tmp_path, 5)
    promote(tmp_path, "bach", 1)
    promote(tmp_path, "bach", 2)
    assert served(tmp_path) == [1, 2, 4, 5]
    write_lists(tmp_path)
    assert served(tmp_path) == [2, 4, 5]


def test_promoting_a_game_leaves_the_others_as_they_are(tmp_path):
    for game in ("bach", "zelda", "bach", "zelda"):
        publish(tmp_path, game, write)
    promote(tmp_path, "bach", 1)
    promote(tmp_path, "zelda")
    assert labels(tmp_path, "bach") == {"canary": 2, "stable": 1}
    assert labels(tmp_path, "zelda") == {"canary": 2, "stable": 2}


@pytest.mark.parametrize(
    ("game", "version", "message"),
    [
        ("zelda", None, "has no version of zelda; train it first"),
        ("bach", 3, "has no version 3 of bach; it has 1, 2$"),
    ],
)
def test_a_version_that_is_not_kept_cannot_be_promoted(tmp_path, game, version, message):
    publish_many(tmp_path, 2)
    with pytest.raises(ExportError, match=message):
        promote(tmp_path, game, version)
    assert labels(tmp_path) == {"canary": 2}


def test_promoting_makes_no_folder_of_a_misspelled_name(tmp_path):
    with pytest.raises(ExportError, match="has no version of bach; train it first"):
        promote(tmp_path / "model", "bach")
    assert not (tmp_path / "model").exists()


def test_a_promoted_version_that_was_deleted_is_promoted_no_more(tmp_path):
    publish_many(tmp_path, 3)
    promote(tmp_path, "bach", 1)
    shutil.rmtree(tmp_path / "bach" / "1")
    publish(tmp_path, "bach", write)
    assert (served(tmp_path), labels(tmp_path)) == ([3, 4], {"canary": 4})


OLD = """model_config_list {{ config {{
  name: "bach" base_path: "{}/bach" model_platform: "tensorflow"
  model_version_policy {{ specific {{ versions: 1 versions: 2 versions: 3 }} }}
  version_labels {{ key: "canary" value: 3 }} version_labels {{ key: "stable" value: 1 }}
}} }}"""


@pytest.fixture
def of_an_earlier_release(tmp_path) -> Path:
    """A models folder whose list has the labels, as releases before labels.json wrote it."""
    for version in (1, 2, 3):
        (tmp_path / "bach" / str(version)).mkdir(parents=True)
    (tmp_path / "models.config").write_text(OLD.format(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (write_lists, ([1, 2, 3], {"canary": 3, "stable": 1})),
        (lambda folder: publish(folder, "bach", write), ([1, 3, 4], {"canary": 4, "stable": 1})),
        (lambda folder: publish(folder, "zelda", write), ([1, 2, 3], {"canary": 3, "stable": 1})),
        (lambda folder: promote(folder, "bach", 2), ([1, 2, 3], {"canary": 3, "stable": 2})),
    ],
    ids=["list", "publish", "publish another game", "promote"],
)
def test_the_stable_label_of_an_earlier_release_is_kept(of_an_earlier_release, change, expected):
    change(of_an_earlier_release)
    assert (served(of_an_earlier_release), labels(of_an_earlier_release)) == expected
    assert not any(model.version_labels for model in listed(of_an_earlier_release))


@pytest.mark.parametrize("text", ["nonsense {", "model_config_list { config { name: 'bach' } }"])
def test_a_list_without_labels_is_rewritten(tmp_path, text):
    (tmp_path / "bach" / "1").mkdir(parents=True)
    (tmp_path / "models.config").write_text(text)
    publish(tmp_path, "bach", write)
    assert (served(tmp_path), labels(tmp_path)) == ([1, 2], {"canary": 2})


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("labels.json", "{", r"labels.json cannot be read \(.*\); correct it, or remove it"),
        ("labels.json", "[" * 100_000, "labels.json cannot be read"),
        ("labels.json", "[]", "labels.json is not a JSON object; correct it, or remove it"),
        (
            "labels.json",
            '{"zelda": 3}',
            "'zelda' must be labels with their version numbers, not 3;",
        ),
        ("labels.json", '{"zelda": {"stable": "3"}}', "'zelda' must be labels"),
        ("versions.json", "", "versions.json cannot be read"),
        ("versions.json", '{"zelda": "7"}', "'zelda' must be a version number, not '7';"),
        ("versions.json", '{"zelda": true}', "'zelda' must be a version number, not True;"),
        ("versions.json", '{"zelda": 0}', "'zelda' must be a version number, not 0;"),
    ],
)
def test_a_broken_record_is_named_and_not_overwritten(tmp_path, name, text, message):
    publish_many(tmp_path, 2)
    config = (tmp_path / "models.config").read_text()
    (tmp_path / name).write_text(text)
    with pytest.raises(ExportError, match=message):
        publish(tmp_path, "bach", write)
    assert (tmp_path / name).read_text() == text
    assert (tmp_path / "models.config").read_text() == config
    (tmp_path / name).unlink()
    assert publish(tmp_path, "bach", write) >= 3


def test_old_versions_are_pruned(tmp_path):
    publish_many(tmp_path, 7)
    assert prune(tmp_path, "bach", keep=5) == (1, 2)
    assert folders(tmp_path) == [3, 4, 5, 6, 7]
    assert prune(tmp_path, "bach", keep=5) == ()
    assert publish(tmp_path, "bach", write) == 8


def test_neither_served_nor_promoted_versions_are_pruned(tmp_path):
    publish_many(tmp_path, 6)
    promote(tmp_path, "bach", 1)
    promote(tmp_path, "bach", 3)
    assert prune(tmp_path, "bach", keep=1) == (2, 4)
    assert (served(tmp_path), folders(tmp_path)) == ([1, 3, 5, 6], [1, 3, 5, 6])


def test_pruning_a_game_leaves_the_others_as_they_are(tmp_path):
    publish_many(tmp_path, 4)
    publish_many(tmp_path, 4, "zelda")
    prune(tmp_path, "bach", keep=1)
    assert folders(tmp_path, "zelda") == [1, 2, 3, 4]


@settings(max_examples=30)
@given(st.lists(st.sampled_from(["publish", "promote", "prune", "delete"]), max_size=12), st.data())
def test_the_lists_match_the_versions_after_any_actions(tmp_path_factory, deeds, data):
    models_dir, numbers, promoted = tmp_path_factory.mktemp("models"), [0], None
    publish(models_dir, "bach", write)
    for deed in deeds:
        kept = folders(models_dir)
        if deed == "publish":
            numbers.append(publish(models_dir, "bach", write))
        elif deed == "promote":
            promoted = promote(models_dir, "bach", data.draw(st.sampled_from(kept)))
        elif deed == "prune":
            assert promoted not in prune(models_dir, "bach", data.draw(st.integers(1, 4)))
        elif len(kept) > 1:
            deleted = data.draw(st.sampled_from(kept))
            shutil.rmtree(models_dir / "bach" / str(deleted))
            promoted = None if promoted == deleted else promoted
            write_lists(models_dir)
        kept = folders(models_dir)
        stable = {} if promoted is None else {"stable": promoted}
        assert labels(models_dir) == {"canary": kept[-1], **stable}
        assert {*kept[-2:], *stable.values()} <= {*served(models_dir)} <= {*kept}
    assert numbers == sorted(set(numbers))


def test_a_moved_models_folder_is_listed_at_its_new_path(tmp_path):
    publish_many(tmp_path / "models", 3)
    promote(tmp_path / "models", "bach", 1)
    moved = (tmp_path / "models").rename(tmp_path / "moved ü")
    write_lists(moved)
    assert [model.base_path for model in listed(moved)] == [str(moved / "bach")]
    assert (served(moved), labels(moved)) == ([1, 2, 3], {"canary": 3, "stable": 1})


def test_lists_that_are_right_are_not_touched(tmp_path):
    publish_many(tmp_path, 2)
    before = [(tmp_path / name).stat() for name in ("models.config", "labels.json")]
    write_lists(tmp_path)
    assert before == [(tmp_path / name).stat() for name in ("models.config", "labels.json")]


def test_without_a_model_the_lists_are_empty(tmp_path):
    write_lists(tmp_path / "models")
    assert list(listed(tmp_path / "models")) == []
    assert json.loads((tmp_path / "models" / "labels.json").read_text()) == {}
