"""Reads and checks ModelServerConfig, the list of models to serve.

The checks are those of TensorFlow Serving's ``model_servers/server_core.cc``, so both servers
accept the same files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tensorflow_serving.config import model_server_config_pb2

from serving import text_proto
from serving.core.version_policy import All, Latest, Specific, VersionPolicy
from serving.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

PLATFORM = "tensorflow"
"""The only platform that this server supports."""


@dataclass(frozen=True)
class ModelConfig:
    """The configuration of one model.

    Attributes:
        name: The model's name in requests.
        base_path: The absolute path of the folder that holds its versions.
        version_policy: Which versions are served.
        version_labels: Names that requests may use in place of a version's number.
        model_platform: The platform that runs the model.
        model_type: The deprecated field for the platform; empty if not set.
    """

    name: str
    base_path: Path
    version_policy: VersionPolicy = field(default_factory=Latest)
    version_labels: Mapping[str, int] = field(default_factory=dict)
    model_platform: str = PLATFORM
    model_type: str = ""

    @property
    def platform(self) -> str:
        """The platform, from whichever of the two fields is set.

        Raises:
            ConfigurationError: Both fields are set, or neither, or ``model_type`` is unknown.
        """
        if self.model_type and self.model_platform:
            raise ConfigurationError(
                "Illegal setting both ModelServerConfig::model_type (deprecated) and "
                f"ModelServerConfig::model_platform. Model {self.name} needs only the latter."
            )
        if self.model_type not in ("", PLATFORM):
            raise ConfigurationError(
                f"ModelServerConfig::model_type choice {self.model_type} not supported."
            )
        if not self.model_type and not self.model_platform:
            raise ConfigurationError(
                "Illegal setting neither ModelServerConfig::model_type (deprecated) nor "
                f'ModelServerConfig::model_platform. Model {self.name} needs "{PLATFORM}".'
            )
        return self.model_type or self.model_platform


def read(path: Path) -> Any:
    """Reads a ModelServerConfig in protobuf's text format; returns the message.

    Raises:
        ConfigurationError: The file cannot be read, or does not hold such a message.
    """
    message = model_server_config_pb2.ModelServerConfig()
    text_proto.read(path, message)
    return message


def single_model(name: str, base_path: str) -> Any:
    """A ModelServerConfig message for the model of ``--model_name`` and ``--model_base_path``."""
    message = model_server_config_pb2.ModelServerConfig()
    message.model_config_list.config.add(name=name, base_path=base_path, model_platform=PLATFORM)
    return message


def models(message: Any) -> dict[str, ModelConfig]:
    """The models of a ModelServerConfig message, by name, in its order.

    Raises:
        ConfigurationError: A model is listed twice, or its base path is not absolute.
    """
    found: dict[str, ModelConfig] = {}
    for each in message.model_config_list.config:
        if each.name in found:
            raise ConfigurationError(
                f"Illegal to list model {each.name} multiple times in config list"
            )
        found[each.name] = _model(each)
    return found


def check_unchanged_platforms(
    old: Mapping[str, ModelConfig], new: Mapping[str, ModelConfig]
) -> None:
    """Checks that no model changes its platform.

    Raises:
        ConfigurationError: A model's platform changed or is invalid.
    """
    for name in old.keys() & new.keys():
        before, after = old[name].platform, new[name].platform
        if before != after:
            raise ConfigurationError(
                f"Illegal to change a model's platform. For model {name} platform was {before} and "
                f"new platform requested is {after}"
            )


def check_platforms(models: Mapping[str, ModelConfig]) -> None:
    """Checks that this server supports the platforms of all models.

    Raises:
        ConfigurationError: A model has another platform.
    """
    for name, model in models.items():
        if model.platform != PLATFORM:
            raise ConfigurationError(
                f"Model {name} requests unsupported platform {model.platform}; this server runs "
                f'"{PLATFORM}".'
            )


def _model(message: Any) -> ModelConfig:
    base_path = Path(message.base_path)
    if not base_path.is_absolute():
        raise ConfigurationError(
            f"Expected model {message.name} to have an absolute path or URI; got "
            f"base_path()={message.base_path}. Absolute, it would be {base_path.absolute()}."
        )
    return ModelConfig(
        message.name,
        base_path,
        _version_policy(message.model_version_policy),
        dict(message.version_labels),
        message.model_platform,
        _model_type(message.model_type),
    )


def _model_type(number: int) -> str:
    types = model_server_config_pb2.ModelType
    return "" if number == types.MODEL_TYPE_UNSPECIFIED else types.Name(number).lower()


def _version_policy(message: Any) -> VersionPolicy:
    match message.WhichOneof("policy_choice"):
        case "all":
            return All()
        case "specific":
            return Specific(frozenset(message.specific.versions))
        case _:
            return Latest(max(message.latest.num_versions, 1))
