"""GET /games, /healthz and /readyz."""

import json

import grpc
import pytest

import api.http.routes
from tests.api.loopback import LoopbackModelServer, description, write_models_config

ZELDA = {
    "game": "zelda",
    "version": 1,
    "state": "AVAILABLE",
    "title": "Zélda: Majora's Mask",
    "pieces": 9,
    "notes": 4321,
    "max_quote": 6,
    "meters": ["4/4"],
    "modes": ["major", "minor"],
    "band": False,
    "instruments": ["Acoustic Grand Piano"],
    "held_out_bits_per_note": 6.5,
}


def untold(game, version, state):
    told_by_the_model = list(ZELDA)[3:]
    return {"game": game, "version": version, "state": state, **dict.fromkeys(told_by_the_model)}


@pytest.fixture
def two_games(config, loopback):
    """List metroid in addition to zelda, without a version."""
    write_models_config(config.models_config, "zelda", "metroid")
    return loopback


def test_a_ready_game_is_listed_with_its_description(client):
    response = client.get("/games")
    assert (response.status_code, response.content_type) == (200, "application/json")
    assert response.json == {"games": [ZELDA]}
    assert list(response.json["games"][0]) == list(ZELDA)


def test_a_collection_without_held_out_pieces_has_no_bits_per_note(client, loopback):
    described = json.loads(description().to_json())
    described["card"]["held_out_bits_per_note"] = None
    loopback.descriptions["zelda"] = json.dumps(described)
    assert client.get("/games").json == {"games": [{**ZELDA, "held_out_bits_per_note": None}]}


@pytest.mark.parametrize(
    ("versions", "version", "state"),
    [
        ({}, None, "UNKNOWN"),
        ({4: "LOADING"}, 4, "LOADING"),
        ({4: "END", 5: "START"}, 5, "START"),
    ],
)
def test_a_game_that_is_not_ready_is_listed_by_its_state(
    client, two_games, versions, version, state
):
    two_games.versions["metroid"] = versions
    assert client.get("/games").json == {"games": [untold("metroid", version, state), ZELDA]}


def test_a_new_version_that_loads_leaves_the_old_one_ready(client, loopback):
    loopback.versions["zelda"] = {1: "AVAILABLE", 2: "LOADING"}
    assert client.get("/games").json == {"games": [ZELDA]}


def test_a_game_with_an_unusable_model_is_broken_and_others_are_not_affected(client, two_games):
    two_games.versions["metroid"] = {1: "AVAILABLE"}
    two_games.descriptions["metroid"] = "{}"
    assert client.get("/games").json == {"games": [untold("metroid", 1, "BROKEN"), ZELDA]}


def test_games_are_listed_although_the_model_server_is_gone(client, two_games):
    two_games.stop()
    unreachable = [untold(game, None, "UNREACHABLE") for game in ("metroid", "zelda")]
    assert client.get("/games").json == {"games": unreachable}


def test_without_training_there_are_no_games(client, config):
    config.models_config.unlink()
    assert client.get("/games").json == {"games": []}


def test_a_game_that_training_adds_is_there_without_a_restart(client, config, loopback):
    assert client.post("/generate?game=metroid&notes=2").status_code == 404
    loopback.versions["metroid"] = {1: "AVAILABLE"}
    loopback.descriptions["metroid"] = description(game="metroid", title="Metroid").to_json()
    write_models_config(config.models_config, "zelda", "metroid")
    assert client.post("/generate?game=metroid&notes=2").status_code == 200


def test_the_process_lives_although_the_model_server_is_gone(client, loopback):
    loopback.stop()
    response = client.get("/healthz")
    assert (response.status_code, response.json) == (200, {"status": "alive"})


def test_one_game_that_is_ready_makes_the_process_ready(client, two_games):
    two_games.versions["metroid"] = {2: "LOADING"}
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json == {
        "status": "ready",
        "games": [
            {"game": "metroid", "version": 2, "state": "LOADING"},
            {"game": "zelda", "version": 1, "state": "AVAILABLE"},
        ],
    }


def make_loading(loopback: LoopbackModelServer):
    loopback.versions["zelda"] = {1: "LOADING"}


def make_broken(loopback: LoopbackModelServer):
    loopback.descriptions["zelda"] = description(codec="remi").to_json()


def make_fail(loopback: LoopbackModelServer):
    loopback.failure = grpc.StatusCode.INTERNAL


@pytest.mark.parametrize(
    ("trouble", "version", "state"),
    [
        (make_loading, 1, "LOADING"),
        (make_broken, 1, "BROKEN"),
        (make_fail, None, "UNREACHABLE"),
        (LoopbackModelServer.stop, None, "UNREACHABLE"),
    ],
)
def test_without_a_game_the_process_is_not_ready(client, loopback, trouble, version, state):
    trouble(loopback)
    response = client.get("/readyz")
    assert (response.status_code, response.content_type) == (503, "application/problem+json")
    assert response.headers["Retry-After"] == "5"
    assert response.json["games"] == [{"game": "zelda", "version": version, "state": state}]


def test_a_model_that_cannot_be_used_leaves_the_process_ready_for_the_others(client, two_games):
    two_games.versions["metroid"] = {1: "AVAILABLE"}
    two_games.descriptions["metroid"] = "{}"
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json["games"] == [
        {"game": "metroid", "version": 1, "state": "BROKEN"},
        {"game": "zelda", "version": 1, "state": "AVAILABLE"},
    ]


def test_a_description_is_fetched_only_once(client, loopback):
    for _ in range(3):
        assert client.get("/readyz").status_code == 200
    assert loopback.signatures() == ["describe"]


@pytest.fixture
def many_games(config, loopback):
    """Serve 40 games."""
    games = [f"game_{n}" for n in range(40)]
    loopback.versions = {game: {1: "AVAILABLE"} for game in games}
    loopback.descriptions = {game: description(game=game).to_json() for game in games}
    write_models_config(config.models_config, *games)
    return loopback


def test_however_many_games_there_are_each_describes_itself_only_once(client, many_games):
    for path in ("/games", "/readyz", "/games", "/readyz"):
        states = [game["state"] for game in client.get(path).json["games"]]
        assert states == ["AVAILABLE"] * 40
    assert many_games.signatures() == ["describe"] * 40


@pytest.fixture
def three_games(config, loopback):
    """Serve metroid and starfox in addition to zelda."""
    for game in ("metroid", "starfox"):
        loopback.versions[game] = {1: "AVAILABLE"}
        loopback.descriptions[game] = description(game=game).to_json()
    write_models_config(config.models_config, "metroid", "starfox", "zelda")
    return loopback


@pytest.mark.parametrize("path", ["/games", "/readyz"])
@pytest.mark.parametrize("call", ["status", "describe"])
def test_a_game_that_does_not_respond_does_not_affect_others(
    client, three_games, monkeypatch, path, call
):
    monkeypatch.setattr(api.http.routes, "LISTING_SECONDS", 1.5)
    monkeypatch.setattr(api.http.routes, "PROBE_SECONDS", 1.5)
    three_games.hung.add(("metroid", call))
    response = client.get(path)
    assert response.status_code == 200
    assert [(game["game"], game["state"]) for game in response.json["games"]] == [
        ("metroid", "UNREACHABLE"),
        ("starfox", "AVAILABLE"),
        ("zelda", "AVAILABLE"),
    ]


def test_concurrent_probes_of_a_game_that_does_not_respond_share_one_call(
    app, three_games, monkeypatch
):
    monkeypatch.setattr(api.http.routes, "PROBE_SECONDS", 0.5)
    three_games.hung.add(("metroid", "describe"))
    for _ in range(3):
        app.test_client().get("/readyz")
    asked = [call.model_spec.name for call in three_games.calls]
    assert asked.count("metroid") == 1


MALFORMED = {
    "an onset of 2 to the 40": {"onset_ticks": [2**40], "duration_ticks": [1], "pitch": [60]},
    "columns of different lengths": {"onset_ticks": [0, 6], "duration_ticks": [1], "pitch": [60]},
}


@pytest.mark.parametrize("notes", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_description_affects_only_its_game(client, three_games, notes):
    described = json.loads(description().to_json()) | {"learned": [{"name": "x", **notes}]}
    three_games.descriptions["metroid"] = json.dumps(described)
    for path in ("/games", "/readyz"):
        states = {game["game"]: game["state"] for game in client.get(path).json["games"]}
        assert states == {"metroid": "BROKEN", "starfox": "AVAILABLE", "zelda": "AVAILABLE"}
    assert client.post("/generate?game=metroid&notes=5").status_code == 502
    assert client.post("/generate?game=zelda&notes=5").status_code == 200


def test_a_description_is_kept_for_as_long_as_its_version_is_served(client, loopback):
    def described(**versions):
        loopback.versions["zelda"] = {int(name[1:]): state for name, state in versions.items()}
        loopback.calls.clear()
        assert client.get("/readyz").status_code == 200
        return [call.model_spec.version.value for call in loopback.calls]

    assert described(v1="AVAILABLE") == [1]
    assert described(v1="AVAILABLE", v2="LOADING") == []
    assert described(v1="AVAILABLE", v2="AVAILABLE") == [2]
    assert described(v1="AVAILABLE") == []  # a replica that has not loaded the second yet
    assert described(v1="END", v2="AVAILABLE") == []
    assert described(v1="AVAILABLE") == [1]  # it was dropped when it was unloaded


def test_a_description_is_dropped_with_its_game(client, config, two_games):
    for games in (["zelda"], ["metroid"], ["zelda"]):
        write_models_config(config.models_config, *games)
        client.get("/readyz")
    assert two_games.signatures() == ["describe", "describe"]


def test_without_training_the_process_is_not_ready(client, config):
    config.models_config.unlink()
    response = client.get("/readyz")
    assert (response.status_code, response.json["games"]) == (503, [])
