"""The prompts of songs are prefilled before the first request."""

import grpc
import pytest

import api.composing.composer
from api.composing.warm_up import WarmUp
from api.http.routes import services_of
from tests.api.loopback import write_models_config

INTERNAL = grpc.StatusCode.INTERNAL


@pytest.fixture
def warm_up(app):
    services = services_of(app)
    return WarmUp(services.games, services.composer)


def test_a_first_song_finds_all_read(warm_up, client, loopback):
    warm_up.look()
    assert loopback.signatures() == ["describe", *["prefill"] * 3]  # two openings, and nothing
    loopback.calls.clear()
    for query in ("seed=1", "seed=2", "primer=none"):
        assert client.post(f"/generate?game=zelda&notes=5&{query}").status_code == 200
    assert set(loopback.signatures()) == {"decode"}


def test_a_version_is_read_once_when_it_is_ready(warm_up, loopback):
    counts = []
    for versions in ({1: "LOADING"}, {1: "AVAILABLE"}, {1: "AVAILABLE", 2: "LOADING"}):
        loopback.versions["zelda"] = versions
        for _ in range(2):
            warm_up.look()
            counts.append(loopback.signatures().count("prefill"))
    assert counts == [0, 0, 3, 3, 3, 3]
    loopback.versions["zelda"] = {2: "AVAILABLE"}
    warm_up.look()
    assert loopback.signatures().count("prefill") == 6


def test_no_more_is_read_than_is_kept(warm_up, loopback, monkeypatch):
    monkeypatch.setattr(api.composing.composer, "MOST_READ_AHEAD", 2)
    warm_up.look()
    assert loopback.signatures().count("prefill") == 2


def test_a_model_that_fails_is_tried_again_less_and_less_often_and_silently(
    warm_up, loopback, caplog
):
    loopback.descriptions["zelda"] = "{}"
    tries = []
    for _ in range(16):
        before = len(loopback.calls)
        warm_up.look()
        tries.append(len(loopback.calls) - before)
    assert tries == [1, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert not caplog.records
    loopback.versions["zelda"] = {2: "AVAILABLE"}
    warm_up.look()
    assert len(loopback.calls) == sum(tries) + 1


def test_a_model_that_failed_once_is_prepared_at_the_next_look(warm_up, client, loopback):
    loopback.failure, loopback.healthy_calls, loopback.failures_left = INTERNAL, 3, 1
    warm_up.look()
    assert loopback.signatures() == ["describe", "prefill"]  # the second opening failed
    warm_up.look()
    assert loopback.signatures() == ["describe", *["prefill"] * 3]
    loopback.calls.clear()
    assert client.post("/generate?game=zelda&notes=5&seed=2").status_code == 200
    assert set(loopback.signatures()) == {"decode"}


def test_a_game_that_fails_keeps_no_other_from_being_prepared(warm_up, config, loopback):
    write_models_config(config.models_config, "metroid", "zelda")
    loopback.versions["metroid"] = {1: "AVAILABLE"}
    loopback.descriptions["metroid"] = "{}"
    warm_up.look()
    assert loopback.signatures().count("prefill") == 3


def test_a_failed_preparation_is_retried_at_the_next_look(warm_up, loopback, caplog):
    loopback.failure = grpc.StatusCode.UNAVAILABLE
    warm_up.look()
    assert not loopback.calls
    loopback.failure = None
    warm_up.look()
    assert loopback.signatures().count("prefill") == 3
    assert not caplog.records
