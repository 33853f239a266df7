"""Several model servers behind one list of addresses: every replica gives the same song."""

import grpc
import pytest

from api import create_app
from api.config import Config
from tests.api.loopback import LoopbackModelServer, write_labels, write_models_config

SONG = "/generate?game=zelda&seed=7&notes=300"


@pytest.fixture
def replicas():
    servers = [LoopbackModelServer().start() for _ in range(3)]
    yield servers
    for server in servers:
        server.stop()


@pytest.fixture
def client(replicas, tmp_path):
    path = tmp_path / "models.config"
    write_models_config(path, "zelda")
    write_labels(path, zelda={"canary": 2})
    targets = ",".join(server.target for server in replicas)
    said = {"MODEL_SERVER": targets, "MODELS_DIR": str(tmp_path)}
    return create_app(Config.from_environment(said)).test_client()


def test_a_song_goes_around_among_the_replicas(client, replicas):
    assert client.post(SONG).status_code == 200
    assert all(server.calls for server in replicas)


def test_a_song_is_the_same_when_a_replica_goes(client, replicas):
    expected = client.post(SONG).data
    replicas[0].stop()
    answer = client.post(SONG)
    assert (answer.status_code, answer.data) == (200, expected)


def test_a_replica_that_fails_every_call_costs_no_song(client, replicas):
    expected = client.post(SONG).data
    replicas[0].failure = grpc.StatusCode.UNAVAILABLE
    answer = client.post(SONG)
    assert (answer.status_code, answer.data) == (200, expected)


@pytest.mark.parametrize("version", ["canary", "2"])
@pytest.mark.parametrize("having", [(0, 1), (2,)])
def test_a_version_that_only_some_replicas_have_yet_composes_there(
    client, replicas, having, version
):
    for place in having:
        replicas[place].versions["zelda"] = {1: "AVAILABLE", 2: "AVAILABLE"}
    answers = [client.post(f"{SONG}&version={version}") for _ in range(4)]
    assert {answer.status_code for answer in answers} == {200}
    assert {a.headers["Leitmotif-Model-Version"] for a in answers} == {"2"}
    assert all(server.calls for server in replicas)  # each was asked


def test_a_version_that_no_replica_has_any_more_is_given_up(client, replicas):
    for server in replicas:
        server.after_draw = lambda _: [r.versions.update(zelda={1: "UNLOADING"}) for r in replicas]
    answer = client.post(SONG)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
