"""The settings of the process, from its environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from api.target import grpc_target
from music.errors import SoundfontError
from music.soundfont import check_soundfont


class ConfigError(ValueError):
    """A setting does not fit; the message says what would."""


@dataclass(frozen=True)
class Config:
    """Where to listen, whom to ask, and for how long.

    Attributes:
        host: The address to listen on; this machine alone unless told otherwise.
        port: The TCP port to listen on.
        workers: Processes.
        threads: Requests that each of them answers at a time, most of them waiting.
        model_server: The gRPC target of the model server, or of all its replicas.
        models_config: The ModelServerConfig that names the games, in protobuf's text format.
        request_seconds: The time that a request may take, all its calls together.
        soundfont: What WAV files are played with, an SF2 or SF3 file; None for the piano that is
            computed.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 2
    threads: int = 16
    model_server: str = "localhost:8500"
    models_config: Path = Path("models/models.config")
    request_seconds: float = 30.0
    soundfont: Path | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Config":
        """Read the settings; a variable that is empty counts as not set.

        Raises:
            ConfigError: A variable does not fit.
        """
        given = {name: text.strip() for name, text in environment.items() if text.strip()}
        models_dir = Path(given.get("MODELS_DIR", cls.models_config.parent))
        return cls(
            host=given.get("API_HOST", cls.host),
            port=_whole(given, "API_PORT", cls.port, 1, 65535),
            workers=_whole(given, "API_WORKERS", cls.workers, 1, 64),
            threads=_whole(given, "API_THREADS", cls.threads, 1, 256),
            model_server=_target(given, "MODEL_SERVER", cls.model_server),
            models_config=Path(given.get("MODELS_CONFIG", models_dir / cls.models_config.name)),
            request_seconds=_seconds(given, "REQUEST_SECONDS", cls.request_seconds, 1, 3600),
            soundfont=_soundfont(given, "SOUNDFONT"),
        )


def _whole(given: Mapping[str, str], name: str, default: int, lowest: int, highest: int) -> int:
    text = given.get(name, str(default))
    if not (text.isascii() and text.isdigit() and lowest <= int(text[:20]) <= highest):
        raise ConfigError(f"{name} must be a whole number from {lowest} to {highest}, not {text!r}")
    return int(text)


def _seconds(
    given: Mapping[str, str], name: str, default: float, lowest: float, highest: float
) -> float:
    text = given.get(name, str(default))
    try:
        seconds = float(text)
    except ValueError:
        seconds = float("nan")
    if not lowest <= seconds <= highest:
        raise ConfigError(f"{name} must be seconds from {lowest} to {highest}, not {text!r}")
    return seconds


def _soundfont(given: Mapping[str, str], name: str) -> Path | None:
    if name not in given:
        return None
    try:
        check_soundfont(Path(given[name]))
    except SoundfontError as error:
        raise ConfigError(f"{name}: {error}") from error
    return Path(given[name])


def _target(given: Mapping[str, str], name: str, default: str) -> str:
    text = given.get(name, default)
    if (target := grpc_target(text)) is None:
        raise ConfigError(
            f"{name} must be host:port, as {default}, or IP addresses with their ports, as "
            f"10.0.0.1:8500,10.0.0.2:8500, not {text!r}"
        )
    return target
