"""Which models to serve: ModelServerConfig, read, checked and frozen.

The checks are those of TensorFlow Serving's ``model_servers/server_core.cc``, so that a file which
is taken here is taken there.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tensorflow_serving.config import model_server_config_pb2

from serving import text_proto
from serving.errors import ConfigurationError
from serving.version_policy import All, Latest, Specific, VersionPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class ModelConfig:
    """One model: its name, where its versions are, which of them to serve, and their labels."""

    name: str
    base_path: Path
    version_policy: VersionPolicy = field(default_factory=Latest)
    version_labels: Mapping[str, int] = field(default_factory=dict)


def read(path: Path) -> tuple[ModelConfig, ...]:
    """Reads a ModelServerConfig in protobuf's text format.

    Raises:
        ConfigurationError: the file cannot be read, or what it says cannot be served.
    """
    message = model_server_config_pb2.ModelServerConfig()
    text_proto.read(path, message)
    return from_proto(message)


def from_proto(message: Any) -> tuple[ModelConfig, ...]:
    """Checks a ModelServerConfig message and takes it apart.

    Raises:
        ConfigurationError: what it says cannot be served.
    """
    if message.WhichOneof("config") == "custom_model_config":
        raise ConfigurationError(
            "ServerModelConfig type not supported; only model_config_list can be served."
        )
    models = tuple(_model(each) for each in message.model_config_list.config)
    for name, count in Counter(model.name for model in models).items():
        if count > 1:
            raise ConfigurationError(
                f"Illegal to list model {name} multiple times in config list: {count} times."
            )
    return models


def single_model(name: str, base_path: str) -> tuple[ModelConfig, ...]:
    """The configuration of one model, as the flags give it.

    Raises:
        ConfigurationError: the base path is not absolute.
    """
    message = model_server_config_pb2.ModelServerConfig()
    message.model_config_list.config.add(
        name=name, base_path=base_path, model_platform="tensorflow"
    )
    return from_proto(message)


def _model(message: Any) -> ModelConfig:
    _check_platform(message)
    base_path = Path(message.base_path)
    if not base_path.is_absolute():
        raise ConfigurationError(
            f"Expected model {message.name} to have an absolute path or URI; got "
            f"base_path()={message.base_path}. Absolute, it would be {base_path.absolute()}."
        )
    policy = _version_policy(message.model_version_policy)
    return ModelConfig(message.name, base_path, policy, dict(message.version_labels))


def _check_platform(message: Any) -> None:
    deprecated = model_server_config_pb2.ModelType.Name(message.model_type).lower()
    platform = message.model_platform or deprecated
    if platform == "model_type_unspecified":
        raise ConfigurationError(
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor "
            f'ModelServerConfig::model_platform. Model {message.name} needs "tensorflow".'
        )
    if platform != "tensorflow":
        raise ConfigurationError(
            f"Model {message.name} requests unsupported platform {platform}; "
            'this server runs "tensorflow".'
        )


def _version_policy(message: Any) -> VersionPolicy:
    match message.WhichOneof("policy_choice"):
        case "all":
            return All()
        case "specific":
            return Specific(frozenset(message.specific.versions))
        case _:
            return Latest(max(message.latest.num_versions, 1))
