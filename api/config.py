"""The settings of the process, from its environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from api.access.rate_limit import PERIODS, Rate
from api.model_server.target import grpc_target
from api.web.cross_origin import EVERY, is_origin
from music.audio.soundfont import check_soundfont
from music.errors import SoundfontError

RATE = Rate(600, "minute")
NO_LIMIT = "off"
_EVERY_OR_LOOPBACK = ("0.0.0.0", "::", "127.0.0.1", "::1")  # noqa: S104  compared with
_REDIS = re.compile(  # rediss://user:password@host:port/database
    r"rediss?://(?:[!-.0-?A-~]*@)?(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:/[0-9]{1,4})?"
)
_ENDPOINT = re.compile(
    r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:/[!-~]*)?"
)
_KEY = re.compile(r"[!-+\--~]{16,256}")  # visible ASCII but the comma


class ConfigError(ValueError):
    """A setting is invalid; the message says what would be valid."""


@dataclass(frozen=True)
class Config:
    """The settings of the API.

    Attributes:
        host: The address to listen on, by default loopback.
        port: The TCP port to listen on.
        workers: The number of processes.
        threads: How many requests a worker handles at once, most of them waiting.
        songs: How many songs a worker composes at once; fewer than threads, so that health checks
            still get a response.
        model_server: The gRPC target of the model server, or of all its replicas.
        models_config: The ModelServerConfig that names the games, in protobuf's text format.
        request_seconds: The time limit of a request, all its calls included.
        soundfont: The SF2 or SF3 file that plays songs; None for the computed piano.
        api_keys: The accepted API keys. Empty disables authentication.
        rate_limit: The rate limit of each caller; None disables it.
        cors_origins: The origins whose pages may call the API; `*` for all. Empty for none.
        rate_storage: The URL of the Redis in which processes count together; None for each its own.
        otlp_endpoint: The URL to which traces are exported, by OTLP over HTTP; None for no traces.
        trusted_proxies: How many proxies in front of the API set the X-Forwarded-For header.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 2
    threads: int = 16
    songs: int = 12
    model_server: str = "localhost:8500"
    models_config: Path = Path("models/models.config")
    request_seconds: float = 30.0
    soundfont: Path | None = None
    api_keys: tuple[str, ...] = field(default=(), repr=False)
    rate_limit: Rate | None = RATE
    cors_origins: tuple[str, ...] = ()
    rate_storage: str | None = field(default=None, repr=False)  # may contain a password
    otlp_endpoint: str | None = None
    trusted_proxies: int = 0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Config":
        """Read the settings; a variable that is empty counts as not set.

        Raises:
            ConfigError: A variable does not fit.
        """
        given = _given(environment)
        models_dir = Path(given.get("MODELS_DIR", cls.models_config.parent))
        threads = _whole(given, "API_THREADS", cls.threads, 2, 256)
        api_keys = _keys(given, "API_KEYS")
        return cls(
            host=given.get("API_HOST", cls.host),
            port=_whole(given, "API_PORT", cls.port, 1, 65535),
            workers=_whole(given, "API_WORKERS", cls.workers, 1, 64),
            threads=threads,
            songs=_whole(given, "API_SONGS", threads * 3 // 4, 1, threads - 1),
            model_server=_target(given, "MODEL_SERVER", cls.model_server),
            models_config=Path(given.get("MODELS_CONFIG", models_dir / cls.models_config.name)),
            request_seconds=_seconds(given, "REQUEST_SECONDS", cls.request_seconds, 1, 3600),
            soundfont=_soundfont(given, "SOUNDFONT"),
            api_keys=api_keys,
            rate_limit=_rate(given, "RATE_LIMIT", cls.rate_limit),
            cors_origins=_origins(given, "CORS_ORIGINS", has_keys=bool(api_keys)),
            rate_storage=_redis(given, "RATE_STORAGE"),
            otlp_endpoint=_otlp_endpoint(given, "OTEL_EXPORTER_OTLP_ENDPOINT"),
            trusted_proxies=_whole(given, "TRUSTED_PROXIES", cls.trusted_proxies, 0, 8),
        )


def local_address(environment: Mapping[str, str]) -> str:
    """Return the URL at which this machine reaches an API with the settings of an environment.

    Raises:
        ConfigError: A variable does not fit.
    """
    given = _given(environment)
    port = _whole(given, "API_PORT", Config.port, 1, 65535)
    host = given.get("API_HOST", Config.host)
    if host in _EVERY_OR_LOOPBACK:
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _given(environment: Mapping[str, str]) -> dict[str, str]:
    """Leave out variables that are empty."""
    return {name: text.strip() for name, text in environment.items() if text.strip()}


def _whole(given: Mapping[str, str], name: str, default: int, lowest: int, highest: int) -> int:
    text = given.get(name, str(default))
    if not (text.isascii() and text.isdigit() and lowest <= int(text[:20]) <= highest):
        raise ConfigError(f"{name} must be an integer from {lowest} to {highest}, not {text!r}")
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


def _keys(given: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Read API keys, which no message repeats."""
    if name not in given:
        return ()
    keys = tuple(key.strip() for key in given[name].split(","))
    for place, key in enumerate(keys, 1):
        if not _KEY.fullmatch(key):
            raise ConfigError(
                f"{name} must be keys of 16 to 256 visible ASCII characters each, separated by "
                f"commas; key {place} of {len(keys)} is not"
            )
    return keys


def _origins(given: Mapping[str, str], name: str, *, has_keys: bool) -> tuple[str, ...]:
    if name not in given:
        return ()
    if given[name] == EVERY:
        if has_keys:
            raise ConfigError(
                f"{name} may be {EVERY} only without API_KEYS; list the origins that may use a key"
            )
        return (EVERY,)
    origins = tuple(origin.strip() for origin in given[name].split(","))
    for origin in origins:
        if not is_origin(origin):
            raise ConfigError(
                f"{name} must be origins as browsers send them, such as https://game.example or "
                "http://localhost:3000 (lower case, no path, no port that the scheme implies), "
                f"separated by commas, or {EVERY}, not {origin!r}"
            )
    return origins


def _rate(given: Mapping[str, str], name: str, default: Rate | None) -> Rate | None:
    text = given.get(name, str(default))
    if text == NO_LIMIT:
        return None
    if (rate := Rate.parse(text)) is None:
        raise ConfigError(
            f"{name} must be requests from 1 to 999999 a period, as {default} (or "
            f"{', '.join(p for p in PERIODS if p != 'minute')}), or {NO_LIMIT}, not {text!r}"
        )
    return rate


def _redis(given: Mapping[str, str], name: str) -> str | None:
    """Read the URL of a Redis, which no message repeats."""
    if name not in given:
        return None
    if not _REDIS.fullmatch(given[name]):
        raise ConfigError(
            f"{name} must be the URL of a Redis, as redis://localhost:6379/0, or rediss:// for TLS"
        )
    if find_spec("redis") is None:
        raise ConfigError(f"{name} needs the Python package redis; install the extra rate-storage")
    return given[name]


def _otlp_endpoint(given: Mapping[str, str], name: str) -> str | None:
    if name not in given:
        return None
    if not _ENDPOINT.fullmatch(given[name]):
        raise ConfigError(
            f"{name} must be a URL, as http://localhost:4318 (OTLP over HTTP), not {given[name]!r}"
        )
    if find_spec("opentelemetry") is None:
        raise ConfigError(
            f"{name} needs the Python packages of OpenTelemetry; install the extra tracing"
        )
    return given[name]


def _target(given: Mapping[str, str], name: str, default: str) -> str:
    text = given.get(name, default)
    if (target := grpc_target(text)) is None:
        raise ConfigError(
            f"{name} must be host:port, as {default}, or IP addresses with their ports, as "
            f"10.0.0.1:8500,10.0.0.2:8500, not {text!r}"
        )
    return target
