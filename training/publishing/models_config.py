"""The list of versions for model servers: a ModelServerConfig in protobuf's text format."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from training.publishing.records import write_if_new

CONFIG = "models.config"


def write_models_config(models_dir: Path, served: Mapping[str, Iterable[int]]) -> None:
    """Write the list of games and their served versions.

    Its paths are absolute, since TensorFlow Serving refuses relative ones.

    Raises:
        WritingError: It cannot be written.
    """
    config = model_server_config_pb2.ModelServerConfig()
    config.model_config_list.SetInParent()
    for game, versions in sorted(served.items()):
        model = config.model_config_list.config.add(
            name=game,
            base_path=str((models_dir / game).absolute()),
            model_platform="tensorflow",
        )
        model.model_version_policy.specific.versions.extend(sorted(versions))
    write_if_new(models_dir / CONFIG, text_format.MessageToString(config))


def listed_versions(models_dir: Path, game: str) -> tuple[int, ...]:
    """Read the versions of a game in the list."""
    policies = (
        model.model_version_policy
        for model in _read(models_dir).model_config_list.config
        if model.name == game
    )
    return tuple(version for policy in policies for version in policy.specific.versions)


def labels_of_earlier_releases(models_dir: Path) -> dict[str, dict[str, int]]:
    """Read the labels that earlier releases wrote into the list: game -> label -> version."""
    models = _read(models_dir).model_config_list.config
    return {model.name: dict(model.version_labels) for model in models}


def _read(models_dir: Path) -> model_server_config_pb2.ModelServerConfig:
    """Read the list; it is empty if the file does not exist or cannot be read."""
    try:
        text = (models_dir / CONFIG).read_text(encoding="utf-8")
        return text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    except (OSError, ValueError, text_format.ParseError):
        return model_server_config_pb2.ModelServerConfig()
