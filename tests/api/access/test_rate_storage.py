"""A rate limit that processes share in a Redis."""

import logging
import socket
import urllib.error
import urllib.request
from contextlib import suppress

import pytest

from api.access import rate_limiter
from api.access.rate_limit import Rate
from api.access.rate_limiter import RateLimiter
from tests.api.access.redis import PASSWORD, redis_server, url_of
from tests.api.processes import free_port, running_api

SONG = "/generate?game=zelda&notes=5"
THREE = Rate(3, "hour")


@pytest.fixture
def redis(tmp_path):
    with redis_server(tmp_path) as port:
        yield url_of(port)


@pytest.fixture
def no_pause(monkeypatch):
    monkeypatch.setattr(rate_limiter, "PAUSE_SECONDS", 0.0)


def post(client):
    return client.post(SONG).status_code


def failures(client):
    (line,) = (
        line
        for line in client.get("/metrics").text.splitlines()
        if line.startswith("leitmotif_rate_storage_failures_total ")
    )
    return float(line.split()[1])


def test_two_apps_share_one_limit_whatever_their_workers(limited, redis):
    one, other = (limited(THREE, rate_storage=redis, workers=workers) for workers in (1, 2))
    assert [post(client) for client in (one, other, one)] == [200] * 3
    assert [post(client) for client in (one, other)] == [429] * 2
    last = other.post(SONG)
    assert last.headers["RateLimit-Policy"] == '"songs";q=3;w=3600'
    assert 3000 < int(last.headers["Retry-After"]) <= 3600


def test_without_a_storage_each_app_counts_its_own(limited):
    one, other = limited(THREE), limited(THREE)
    assert [post(client) for client in (one, other) * 3] == [200] * 6


def test_callers_are_counted_apart(redis):
    limiter = RateLimiter(Rate(1, "day"), 1, redis)
    spent = [limiter.spend(caller, 1).is_exceeded for caller in ("a", "b", "a", "b")]
    assert spent == [False, False, True, True]


def test_a_refused_cost_takes_nothing(redis):
    limiter = RateLimiter(Rate(10, "day"), 1, redis)
    assert not limiter.spend("a", 4).is_exceeded
    refused = limiter.spend("a", 8)
    assert (refused.is_exceeded, refused.left) == (True, 6)
    assert not limiter.spend("a", 6).is_exceeded


@pytest.mark.usefixtures("no_pause")
def test_while_redis_is_gone_each_app_allows_its_share(limited, tmp_path, caplog):
    with redis_server(tmp_path) as port:
        client = limited(Rate(4, "hour"), rate_storage=url_of(port), workers=2)
        assert post(client) == 200
        assert failures(client) == 0
    caplog.set_level(logging.WARNING)
    assert [post(client) for _ in range(3)] == [200, 200, 429]  # 4 for two workers
    assert failures(client) == 3
    warnings = {record.getMessage() for record in caplog.records if "rate" in record.getMessage()}
    assert warnings == {
        "the rate storage failed, so this process counts its own requests: ConnectionError"
    }
    assert PASSWORD not in caplog.text
    with redis_server(tmp_path, port):  # empty
        assert [post(client) for _ in range(5)] == [200] * 4 + [429]
    assert failures(client) == 3


def test_after_a_failure_redis_is_left_alone_for_a_while(limited):
    client = limited(THREE, rate_storage=f"redis://127.0.0.1:{free_port()}")
    assert [post(client) for _ in range(4)] == [200, 200, 200, 429]
    assert failures(client) == 1


@pytest.mark.usefixtures("no_pause")
def test_a_redis_that_hangs_counts_as_gone_after_one_try(limited, monkeypatch):
    monkeypatch.setattr(rate_limiter, "REDIS_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        client = limited(Rate(1, "day"), rate_storage=url)
        assert [post(client) for _ in range(2)] == [200, 429]
        assert connections(silent) == 2


def connections(server):
    """Count the connections that wait to be accepted, and end them."""
    server.settimeout(0)
    count = 0
    with suppress(BlockingIOError):
        while True:
            server.accept()[0].close()
            count += 1
    return count


def test_a_wrong_password_counts_as_gone(limited, redis, caplog):
    client = limited(Rate(1, "day"), rate_storage=redis.replace(PASSWORD, "wrong"))
    assert [post(client) for _ in range(2)] == [200, 429]
    assert "AuthenticationError" in caplog.text
    assert "wrong" not in caplog.text


def status_of(port):
    try:
        urllib.request.urlopen(
            urllib.request.Request(f"http://127.0.0.1:{port}{SONG}", method="POST"), timeout=30
        ).close()
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    return 200


@pytest.mark.slow
def test_processes_on_two_ports_share_a_limit(loopback, config, tmp_path, redis):
    settings = {"RATE_LIMIT": "6/hour", "RATE_STORAGE": redis}
    folders = [tmp_path / name for name in ("one", "other")]
    for folder in folders:
        folder.mkdir()
    with (
        running_api(loopback, config, folders[0], **settings) as (one, log),
        running_api(loopback, config, folders[1], **settings) as (other, _),
    ):
        assert [status_of(port) for port in (one, other) * 3] == [200] * 6
        assert [status_of(port) for port in (one, other)] == [429] * 2
    assert PASSWORD not in log[0]
