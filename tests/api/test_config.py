"""The settings, from the environment."""

from pathlib import Path

import pytest

from api import config
from api.access.rate_limit import Rate
from api.config import Config, ConfigError, local_address
from tests.music.soundfonts import needs_fluidsynth, soundfont

OTLP = "OTEL_EXPORTER_OTLP_ENDPOINT"
KEY = "an-api-key-of-24-letters"
OR_ADDRESSES = (
    "MODEL_SERVER must be host:port, as localhost:8500, or IP addresses with their ports, as "
    "10.0.0.1:8500,10.0.0.2:8500, not"
)


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, "http://localhost:8080"),
        ({"API_PORT": " 9000 "}, "http://localhost:9000"),
        ({"API_PORT": "", "API_HOST": ""}, "http://localhost:8080"),
        ({"API_HOST": "0.0.0.0"}, "http://localhost:8080"),  # noqa: S104
        ({"API_HOST": "::"}, "http://localhost:8080"),
        ({"API_HOST": "10.0.0.5", "API_PORT": "80"}, "http://10.0.0.5:80"),
        ({"API_HOST": "fd00::5"}, "http://[fd00::5]:8080"),
    ],
)
def test_a_program_on_this_machine_finds_the_api_by_the_same_settings(environment, address):
    assert local_address(environment) == address


def test_without_an_environment():
    assert Config.from_environment({}) == Config(
        host="127.0.0.1",
        port=8080,
        workers=2,
        threads=16,
        model_server="localhost:8500",
        models_config=Path("models/models.config"),
        request_seconds=30.0,
        songs=12,
        api_keys=(),
        rate_limit=Rate(600, "minute"),
        trusted_proxies=0,
    )


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("API_HOST", "0.0.0.0", "host", "0.0.0.0"),  # noqa: S104
        ("API_PORT", "9000", "port", 9000),
        ("API_PORT", " 9000 ", "port", 9000),
        ("API_PORT", "", "port", 8080),
        ("API_WORKERS", "5", "workers", 5),
        ("API_THREADS", "64", "threads", 64),
        ("MODEL_SERVER", "serving:8500", "model_server", "serving:8500"),
        ("MODEL_SERVER", "[::1]:8500", "model_server", "[::1]:8500"),
        ("MODEL_SERVER", "dns:///serving:8500", "model_server", "dns:///serving:8500"),
        ("MODEL_SERVER", "10.0.0.1:1, 10.0.0.2:2", "model_server", "ipv4:10.0.0.1:1,10.0.0.2:2"),
        ("MODEL_SERVER", "[::1]:1,[::1]:2", "model_server", "ipv6:[::1]:1,[::1]:2"),
        ("MODELS_CONFIG", "/etc/m.config", "models_config", Path("/etc/m.config")),
        ("MODELS_DIR", "/models", "models_config", Path("/models/models.config")),
        ("REQUEST_SECONDS", "2.5", "request_seconds", 2.5),
        ("API_THREADS", "64", "songs", 48),
        ("API_THREADS", "2", "songs", 1),
        ("API_SONGS", "15", "songs", 15),
        ("API_KEYS", f"{KEY}, {KEY[::-1]}", "api_keys", (KEY, KEY[::-1])),
        ("API_KEYS", " ", "api_keys", ()),
        ("RATE_LIMIT", "5/hour", "rate_limit", Rate(5, "hour")),
        ("RATE_LIMIT", "off", "rate_limit", None),
        ("CORS_ORIGINS", "*", "cors_origins", ("*",)),
        ("CORS_ORIGINS", " ", "cors_origins", ()),
        ("CORS_ORIGINS", "https://a.example", "cors_origins", ("https://a.example",)),
        (
            "CORS_ORIGINS",
            "http://localhost:3000, capacitor://localhost,http://[::1]:8000",
            "cors_origins",
            ("http://localhost:3000", "capacitor://localhost", "http://[::1]:8000"),
        ),
        ("RATE_STORAGE", "redis://localhost", "rate_storage", "redis://localhost"),
        ("RATE_STORAGE", "rediss://me:x@[::1]:6/2", "rate_storage", "rediss://me:x@[::1]:6/2"),
        ("RATE_STORAGE", " ", "rate_storage", None),
        (OTLP, "http://collector:4318", "otlp_endpoint", "http://collector:4318"),
        (OTLP, "https://[::1]/otlp", "otlp_endpoint", "https://[::1]/otlp"),
        (OTLP, " ", "otlp_endpoint", None),
        ("TRUSTED_PROXIES", "1", "trusted_proxies", 1),
    ],
)
def test_a_variable_sets_its_field(name, text, field, value):
    assert getattr(Config.from_environment({name: text}), field) == value


def test_the_file_of_models_goes_before_their_folder():
    environment = {"MODELS_DIR": "/models", "MODELS_CONFIG": "/etc/m.config"}
    assert Config.from_environment(environment).models_config == Path("/etc/m.config")


@needs_fluidsynth
def test_a_soundfont_is_a_file_that_is_one(tmp_path):
    path = tmp_path / "piano.sf2"
    path.write_bytes(soundfont())
    assert Config.from_environment({"SOUNDFONT": str(path)}).soundfont == path
    assert Config.from_environment({"SOUNDFONT": " "}).soundfont is None
    path.write_bytes(b"RIFFabcdWAVE")
    with pytest.raises(ConfigError, match=r"SOUNDFONT: .*piano\.sf2 is no soundfont"):
        Config.from_environment({"SOUNDFONT": str(path)})


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("API_PORT", "http", "API_PORT must be an integer from 1 to 65535, not 'http'"),
        ("API_PORT", "0", "API_PORT must be an integer from 1 to 65535, not '0'"),
        ("API_PORT", "65536", "API_PORT must be an integer from 1 to 65535, not '65536'"),
        ("API_PORT", "-1", "API_PORT must be an integer from 1 to 65535, not '-1'"),
        ("API_WORKERS", "0", "API_WORKERS must be an integer from 1 to 64, not '0'"),
        ("API_THREADS", "1e3", "API_THREADS must be an integer from 2 to 256, not '1e3'"),
        ("API_SONGS", "0", "API_SONGS must be an integer from 1 to 15, not '0'"),
        ("API_SONGS", "16", "API_SONGS must be an integer from 1 to 15, not '16'"),
        ("TRUSTED_PROXIES", "9", "TRUSTED_PROXIES must be an integer from 0 to 8, not '9'"),
        ("REQUEST_SECONDS", "nan", "REQUEST_SECONDS must be seconds from 1 to 3600, not 'nan'"),
        ("REQUEST_SECONDS", "0", "REQUEST_SECONDS must be seconds from 1 to 3600, not '0'"),
        ("REQUEST_SECONDS", "30s", "REQUEST_SECONDS must be seconds from 1 to 3600, not '30s'"),
        ("MODEL_SERVER", "a:1,b:2", OR_ADDRESSES),
        ("MODEL_SERVER", "10.0.0.1:1,", OR_ADDRESSES),
        ("MODEL_SERVER", "10.0.0.1:1,[::1]:1", OR_ADDRESSES),
        ("MODEL_SERVER", "dns:///10.0.0.1:1,10.0.0.2:1", OR_ADDRESSES),
        ("MODEL_SERVER", "serving", "MODEL_SERVER must be host:port, as localhost:8500"),
        ("MODEL_SERVER", ":8500", "MODEL_SERVER must be host:port, as localhost:8500"),
        ("MODEL_SERVER", "serving:x", "MODEL_SERVER must be host:port, as localhost:8500"),
        ("MODEL_SERVER", "http://a:8500", "MODEL_SERVER must be host:port, as localhost:8500"),
    ],
)
def test_an_invalid_variable_is_refused_with_the_valid_values(name, text, message):
    with pytest.raises(ConfigError) as refusal:
        Config.from_environment({name: text})
    assert str(refusal.value).startswith(message)


@pytest.mark.parametrize(
    "origin",
    [
        "game.example",
        "https://game.example/",
        "https://game.example/page",
        "https://Game.example",
        "https://game.example:443",
        "http://game.example:80",
        "https://game.example:0",
        "https://*.example",
        "null",
        "*,https://game.example",
        "https://user@game.example",
        "https://a.example https://b.example",
        "",
    ],
)
def test_an_invalid_origin_is_refused_with_valid_ones(origin):
    with pytest.raises(ConfigError) as refusal:
        Config.from_environment({"CORS_ORIGINS": f"https://a.example,{origin}"})
    assert str(refusal.value) == (
        "CORS_ORIGINS must be origins as browsers send them, such as https://game.example or "
        "http://localhost:3000 (lower case, no path, no port that the scheme implies), separated "
        f"by commas, or *, not {origin.partition(',')[0]!r}"
    )


def test_every_origin_and_keys_exclude_each_other():
    with pytest.raises(ConfigError) as refusal:
        Config.from_environment({"CORS_ORIGINS": "*", "API_KEYS": KEY})
    assert str(refusal.value) == (
        "CORS_ORIGINS may be * only without API_KEYS; list the origins that may use a key"
    )
    listed = {"CORS_ORIGINS": "https://a.example", "API_KEYS": KEY}
    assert Config.from_environment(listed).cors_origins == ("https://a.example",)


@pytest.mark.parametrize(
    "text",
    ["600", "0/minute", "-1/minute", "1/fortnight", "1/minute\n2/minute", "1000000/day", "no"],
)
def test_an_invalid_rate_is_refused_with_valid_ones(text):
    with pytest.raises(ConfigError) as refusal:
        Config.from_environment({"RATE_LIMIT": text})
    assert str(refusal.value) == (
        "RATE_LIMIT must be requests from 1 to 999999 a period, as 600/minute (or second, hour, "
        f"day), or off, not {text!r}"
    )


@pytest.mark.parametrize(
    "url",
    [
        *("localhost:6379", "http://secret@localhost", "redis://", "redis://:secret@", "memory://"),
        *("redis://secret@a/b", "redis://secret@a b", "redis://secret@a:123456", "redis://[::1"),
        *("redis://secret@a?db=1", "redis://secret@é"),
    ],
)
def test_an_invalid_rate_storage_is_refused_without_showing_it(url):
    with pytest.raises(ConfigError) as refusal:
        Config.from_environment({"RATE_STORAGE": url})
    assert str(refusal.value) == (
        "RATE_STORAGE must be the URL of a Redis, as redis://localhost:6379/0, or rediss:// for TLS"
    )


def test_a_rate_storage_needs_its_package(monkeypatch):
    monkeypatch.setattr(config, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match="needs the Python package redis; install the extra rate"):
        Config.from_environment({"RATE_STORAGE": "redis://localhost"})


@pytest.mark.parametrize(
    "url", ["localhost:4318", "grpc://localhost:4317", "http://", "http://a b"]
)
def test_an_invalid_endpoint_of_traces_is_refused(url):
    with pytest.raises(ConfigError) as refusal:
        Config.from_environment({OTLP: url})
    assert str(refusal.value) == (
        f"{OTLP} must be a URL, as http://localhost:4318 (OTLP over HTTP), not {url!r}"
    )


def test_traces_need_their_packages(monkeypatch):
    monkeypatch.setattr(config, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match="needs the Python packages of OpenTelemetry; install"):
        Config.from_environment({OTLP: "http://localhost:4318"})


def test_a_rate_storage_is_not_shown():
    shown = repr(Config.from_environment({"RATE_STORAGE": "redis://:secret@localhost"}))
    assert "secret" not in shown


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ("short", "1 of 1"),
        (f"{KEY},", "2 of 2"),
        (f",{KEY}", "1 of 2"),
        (f"{KEY},{'x' * 257}", "2 of 2"),
        (f"{KEY},sécret-of-many-letters", "2 of 2"),
        (f"{KEY},secret of many letters", "2 of 2"),
        (f"{KEY},secret-of-many\x7fletters", "2 of 2"),
    ],
)
def test_an_invalid_key_is_not_in_the_message(keys, place):
    with pytest.raises(ConfigError) as refusal:
        Config.from_environment({"API_KEYS": keys})
    assert str(refusal.value) == (
        "API_KEYS must be keys of 16 to 256 visible ASCII characters each, separated by commas; "
        f"key {place} is not"
    )


def test_the_repr_of_the_settings_has_no_keys():
    assert KEY not in repr(Config.from_environment({"API_KEYS": KEY}))


@pytest.mark.parametrize(
    ("rate", "workers", "share"),
    [("600/minute", 2, "300/minute"), ("5/hour", 2, "3/hour"), ("1/second", 64, "1/second")],
)
def test_a_worker_allows_its_share_of_a_rate(rate, workers, share):
    assert str(Rate.parse(rate).share(workers)) == share
