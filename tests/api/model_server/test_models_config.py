"""Reads the games from the model server's configuration."""

import os
import resource
from contextlib import contextmanager

import pytest

from api.model_server.models_config import ModelsConfig
from tests.api.loopback import write_labels, write_models_config


@pytest.fixture
def path(tmp_path):
    return tmp_path / "models.config"


@pytest.mark.parametrize(
    ("text", "games"),
    [
        ("", ()),
        ("model_config_list {}", ()),
        ("model_config_list: { config: { name: 'zelda' } }", ("zelda",)),
        ("model_config_list { config { name: 'b' } config { name: 'a' } }", ("a", "b")),
        ("model_config_list { config { name: 'a' } config { name: 'a' } }", ("a",)),
        (
            (
                "model_config_list { config { name: 'a' version_labels { key: 'x' value: 1 } "
                "logging_config { sampling_config { sampling_rate: 1 } } model_type: OTHER } }"
            ),
            ("a",),
        ),
        ("model_config_list { config { name: '../a' } config { name: 'A b' } config {} }", ()),
    ],
)
def test_the_games_are_the_valid_names_of_the_list(path, text, games):
    path.write_text(text)
    assert ModelsConfig(path).games() == games


def test_versions_have_the_labels_of_labels_json(path):
    config = ModelsConfig(path)
    assert config.labels("a") == {}
    write_labels(path, a={"canary": 7, "stable": 3}, b={"canary": 1})
    assert config.labels("a") == {"canary": 7, "stable": 3}
    write_labels(path, a={"canary": 8})
    assert config.labels("a") == {"canary": 8}
    assert config.labels("b") == {}


def test_labels_in_the_list_that_model_servers_load_are_not_read(path):
    path.write_text(
        "model_config_list { config { name: 'a' version_labels { key: 'canary' value: 7 } } }"
    )
    assert ModelsConfig(path).labels("a") == {}


@pytest.mark.parametrize(
    "labels", ["7", "null", "[1]", '{"stable": 0}', '{"stable": "3"}', '{"stable": true}', "[[[]]]"]
)
def test_invalid_labels_affect_only_their_game(path, caplog, labels):
    write_models_config(path, "a", "b")
    path.with_name("labels.json").write_text(f'{{"a": {labels}, "b": {{"stable": 3}}}}')
    config = ModelsConfig(path)
    assert (config.labels("a"), config.labels("b")) == ({}, {"stable": 3})
    assert config.games() == ("a", "b")
    assert "has no valid labels for 'a'" in caplog.text


@pytest.mark.parametrize(
    "broken", [b"", b"{", b"\xff", b"[]", b"3", b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}"]
)
def test_an_unreadable_labels_file_changes_nothing_and_is_logged_once(path, caplog, broken):
    config = ModelsConfig(path)
    write_models_config(path, "a")
    write_labels(path, a={"stable": 3})
    assert config.labels("a") == {"stable": 3}
    path.with_name("labels.json").write_bytes(broken)
    assert [config.labels("a") for _ in range(3)] == [{"stable": 3}] * 3
    assert config.games() == ("a",)
    assert caplog.text.count("labels.json cannot be read") == 1


def test_the_file_is_read_again_when_it_has_changed(path):
    config = ModelsConfig(path)
    assert config.games() == ()
    write_models_config(path, "zelda")
    assert config.games() == ("zelda",)
    path.unlink()
    assert config.games() == ()


def test_a_renamed_file_is_read_again_even_with_equal_size_and_time(path):
    config = ModelsConfig(path)
    write_models_config(path, "aaaa")
    assert config.games() == ("aaaa",)
    beside = path.with_suffix(".new")
    write_models_config(beside, "bbbb")
    was = path.stat()
    os.utime(beside, ns=(was.st_atime_ns, was.st_mtime_ns))
    beside.rename(path)
    assert config.games() == ("bbbb",)


@pytest.mark.parametrize("broken", [b"model_config_list {", b"\xff\xfe", b"nonsense: 1 {"])
def test_a_file_that_cannot_be_read_changes_nothing_and_is_logged_once(path, caplog, broken):
    config = ModelsConfig(path)
    write_models_config(path, "zelda")
    assert config.games() == ("zelda",)
    path.write_bytes(broken)
    assert [config.games() for _ in range(3)] == [("zelda",)] * 3
    assert caplog.text.count("cannot be read") == 1


def test_a_file_that_could_not_be_read_once_is_read_the_next_time(path, caplog):
    write_models_config(path, "zelda")
    config = ModelsConfig(path)
    assert config.games() == ("zelda",)
    write_models_config(path, "metroid")
    with no_open_files_left():
        assert config.games() == ("zelda",)
    assert "Too many open files" in caplog.text
    assert config.games() == ("metroid",)


def test_a_folder_that_cannot_be_entered_for_a_moment_keeps_the_games(tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    write_models_config(folder / "models.config", "zelda")
    config = ModelsConfig(folder / "models.config")
    assert config.games() == ("zelda",)
    folder.rename(tmp_path / "elsewhere")
    folder.write_text("in its place")  # as root, no permission would keep us out
    assert config.games() == ("zelda",)
    folder.unlink()
    (tmp_path / "elsewhere").rename(folder)
    assert config.games() == ("zelda",)


@contextmanager
def no_open_files_left():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
