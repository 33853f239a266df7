from pathlib import Path

import grpc
import pytest

from serving.core import configuration
from serving.core.configuration import ModelConfig, read, single_model
from serving.core.version_policy import All, Latest, Specific
from serving.errors import ConfigurationError


def config_file(folder: Path, *models: str) -> Path:
    path = folder / "models.config"
    entries = "\n".join(f"config {{ {model} }}" for model in models)
    path.write_text(f"model_config_list {{ {entries} }}", encoding="utf-8")
    return path


def models_in(path: Path) -> list[ModelConfig]:
    return list(configuration.models(read(path)).values())


PLAIN = 'name: "a" base_path: "/models/a" model_platform: "tensorflow"'


@pytest.mark.parametrize(
    ("text", "config"),
    [
        (PLAIN, ModelConfig("a", Path("/models/a"), Latest(1), {})),
        (PLAIN + "model_version_policy { latest { num_versions: 2 } }", Latest(2)),
        (PLAIN + "model_version_policy { latest { } }", Latest(1)),
        (PLAIN + "model_version_policy { all { } }", All()),
        (
            PLAIN + "model_version_policy { specific { versions: 3 versions: 1 } }",
            Specific(frozenset({1, 3})),
        ),
        (
            PLAIN + 'version_labels { key: "stable" value: 1 }',
            ModelConfig("a", Path("/models/a"), Latest(1), {"stable": 1}),
        ),
        (
            'name: "a" base_path: "/models/a" model_type: TENSORFLOW',
            ModelConfig("a", Path("/models/a"), model_platform="", model_type="tensorflow"),
        ),
    ],
)
def test_a_model_is_read_as_it_is_written(tmp_path, text, config):
    expected = config if isinstance(config, ModelConfig) else None
    (model,) = models_in(config_file(tmp_path, text))
    assert model == (expected or ModelConfig("a", Path("/models/a"), config))


def test_the_order_of_the_file_is_kept(tmp_path):
    path = config_file(tmp_path, PLAIN.replace('"a"', '"b"'), PLAIN)
    assert [model.name for model in models_in(path)] == ["b", "a"]


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ([PLAIN, PLAIN], "Illegal to list model a multiple times in config list"),
        (
            ['name: "a" base_path: "models/a" model_platform: "tensorflow"'],
            "Expected model a to have an absolute path or URI; got base_path()=models/a",
        ),
        (["nome: 'a'"], "Invalid protobuf file: '"),
    ],
)
def test_a_configuration_that_cannot_be_served_is_refused(tmp_path, models, message):
    with pytest.raises(ConfigurationError) as raised:
        models_in(config_file(tmp_path, *models))
    assert str(raised.value).startswith(message)
    assert raised.value.code is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("platform", "message"),
    [
        ("", "Illegal setting neither ModelServerConfig::model_type (deprecated) nor"),
        (
            'model_type: TENSORFLOW model_platform: "tensorflow"',
            "Illegal setting both ModelServerConfig::model_type (deprecated) and",
        ),
        ("model_type: OTHER", "ModelServerConfig::model_type choice other not supported."),
        ('model_platform: "pytorch"', "Model a requests unsupported platform pytorch"),
    ],
)
def test_a_platform_that_is_not_here_is_refused(tmp_path, platform, message):
    models = configuration.models(
        read(config_file(tmp_path, f'name: "a" base_path: "/models/a" {platform}'))
    )
    with pytest.raises(ConfigurationError) as raised:
        configuration.check_platforms(models)
    assert str(raised.value).startswith(message)


def test_a_model_keeps_its_platform():
    old, new = ModelConfig("a", Path("/a")), ModelConfig("a", Path("/b"), model_platform="pytorch")
    configuration.check_unchanged_platforms({"a": old}, {"a": old, "b": new})
    with pytest.raises(ConfigurationError, match=r"was tensorflow and .* requested is pytorch"):
        configuration.check_unchanged_platforms({"a": old}, {"a": new})


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigurationError) as raised:
        read(tmp_path / "missing.config")
    assert str(raised.value) == f"{tmp_path}/missing.config; No such file or directory"
    assert raised.value.code is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (b"model_config_list {", "1:19 : "),
        (b"model_config_list { config { nome: 'a' } }", "1:30 : "),
        (b"\xff", "utf-8"),
    ],
)
def test_the_log_says_where_a_file_cannot_be_parsed(tmp_path, caplog, text, place):
    path = tmp_path / "models.config"
    path.write_bytes(text)
    with pytest.raises(ConfigurationError) as raised:
        read(path)
    assert str(raised.value).startswith(f"Invalid protobuf file: '{path}': ")
    (line,) = caplog.messages
    assert line.startswith("Error parsing text-format tensorflow.serving.ModelServerConfig: ")
    assert place in line


def test_flags_configure_one_model():
    models = configuration.models(single_model("a", "/models/a"))
    assert models == {"a": ModelConfig("a", Path("/models/a"))}
