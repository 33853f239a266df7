"""What songs go on from is read once by each model."""

import numpy as np
import pytest

import api.prefilled
from api.deadline import Deadline
from api.errors import NoSuchModelError
from api.model_client import GrpcModelServer
from api.model_server import Model
from api.prefilled import Prefilled
from tests.api.loopback import LoopbackModelServer

NEWEST = Model("zelda", 1)


@pytest.fixture
def loopback():
    server = LoopbackModelServer().start()
    yield server
    server.stop()


@pytest.fixture
def prefilled(loopback):
    server = GrpcModelServer(loopback.target)
    yield Prefilled(server)
    server.close()


def test_a_beginning_is_read_once(loopback, prefilled):
    states = [prefilled.state(NEWEST, (1, 5, 6), Deadline.after(30)) for _ in range(3)]
    other = prefilled.state(NEWEST, (1, 5, 7), Deadline.after(30))
    assert loopback.signatures() == ["prefill", "prefill"]
    assert all(np.array_equal(state.hidden, states[0].hidden) for state in states)
    assert (states[0].token, other.token) == (6, 7)


def test_the_one_used_longest_ago_is_dropped(loopback, prefilled, monkeypatch):
    monkeypatch.setattr(api.prefilled, "MOST_STATES", 2)
    for last in (5, 6, 5, 7, 5, 6):
        prefilled.state(NEWEST, (1, last), Deadline.after(30))
    read = [list(call.inputs["tokens"].int_val)[-1:] for call in loopback.calls]
    assert len(read) == 4  # 5, 6, 7, and 6 again


def test_what_could_not_be_read_is_not_kept(loopback, prefilled):
    loopback.versions["zelda"] = {1: "UNLOADING"}
    with pytest.raises(NoSuchModelError):
        prefilled.state(NEWEST, (1, 5), Deadline.after(30))
    loopback.versions["zelda"] = {1: "AVAILABLE"}
    assert prefilled.state(NEWEST, (1, 5), Deadline.after(30)).token == 5
