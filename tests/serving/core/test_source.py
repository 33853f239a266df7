import pytest

from serving.core.configuration import ModelConfig
from serving.core.source import Source, find_versions
from serving.core.version_policy import Latest
from serving.errors import BasePathError


@pytest.fixture
def model(tmp_path):
    return ModelConfig("affine", tmp_path)


def test_versions_are_the_folders_with_decimal_integers_for_names(model, tmp_path):
    for name in ("1", "12", "007", "-3", "1.5", "tmp", "٣", ".hidden"):
        (tmp_path / name).mkdir()
    (tmp_path / "99").write_text("a file, not a folder")
    assert find_versions(model) == {
        1: tmp_path / "1",
        7: tmp_path / "007",
        12: tmp_path / "12",
    }


def test_an_empty_base_path_has_no_versions(model):
    assert find_versions(model) == {}


def test_a_base_path_that_is_away_is_not_an_empty_one(tmp_path):
    with pytest.raises(BasePathError, match=r"base path .*/missing for servable affine: No such"):
        find_versions(ModelConfig("affine", tmp_path / "missing"))


class Aspired(dict):
    """A target that keeps the version numbers that were last aspired of each model."""

    def __call__(self, name, versions):
        self[name] = sorted(versions)


@pytest.fixture
def models(tmp_path):
    for folder in ("a/1", "a/2", "b/5"):
        (tmp_path / folder).mkdir(parents=True)
    return [ModelConfig("a", tmp_path / "a"), ModelConfig("b", tmp_path / "b", Latest(2))]


def test_a_poll_aspires_the_versions_that_the_policy_selects(models):
    aspired = Aspired()
    source = Source(aspired, -1)
    assert source.configure(models) == {"a", "b"}
    assert aspired == {}
    source.poll()
    assert aspired == {"a": [2], "b": [5]}


def test_a_model_that_is_no_longer_configured_loses_its_versions_at_once(models):
    aspired = Aspired()
    source = Source(aspired, -1)
    source.configure(models)
    source.poll()
    assert source.configure(models[1:]) == set()
    assert aspired == {"a": [], "b": [5]}


def test_while_one_base_path_is_away_no_models_versions_change(models, tmp_path, caplog):
    aspired = Aspired()
    source = Source(aspired, -1)
    source.configure(models)
    (tmp_path / "b").rename(tmp_path / "away")
    for _ in range(2):
        source.poll()
    assert aspired == {}
    (message,) = caplog.messages
    assert message.startswith("FileSystemStoragePathSource encountered a filesystem access error: ")
    assert f"Could not find base path {tmp_path}/b for servable b" in message
    (tmp_path / "away").rename(tmp_path / "b")
    source.poll()
    assert aspired == {"a": [2], "b": [5]}


def test_models_without_versions_are_logged_once(models, tmp_path, caplog):
    source = Source(Aspired(), -1)
    source.configure(models)
    (tmp_path / "b" / "5").rmdir()
    for _ in range(2):
        source.poll()
    assert caplog.messages == [f"No versions of servable b found under base path {tmp_path}/b"]
