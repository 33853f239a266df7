"""Each version of a model reads a prompt once."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import api.model_server.prefill_cache
from api.deadline import Deadline
from api.errors import NoSuchModelError
from api.model_server.port import Model
from api.model_server.prefill_cache import PrefillCache
from music.composing.model import Prompt


def prompt(*tokens):
    return Prompt(tokens, 48, 0)


@pytest.fixture
def prefills(model_server):
    return PrefillCache(Model("zelda", 1), model_server)


def test_a_prompt_is_read_once(loopback, prefills):
    states = [prefills.state(prompt(1, 5, 6), Deadline.after(30)) for _ in range(3)]
    other = prefills.state(prompt(1, 5, 7), Deadline.after(30))
    assert loopback.signatures() == ["prefill", "prefill"]
    assert all(np.array_equal(state.hidden, states[0].hidden) for state in states)
    assert (states[0].token, other.token) == (6, 7)


def test_the_same_tokens_in_another_meter_are_another_prompt(loopback, prefills):
    meters = ((48, 0), (36, 0), (36, 12), (48, 0))
    states = [prefills.state(Prompt((1, 5), *meter), Deadline.after(30)) for meter in meters]
    assert loopback.signatures() == ["prefill"] * 3
    assert len({state.hidden.tobytes() for state in states}) == 3


def test_concurrent_songs_share_the_calls_that_prepare_them(app, loopback):
    loopback.slow_s = 0.2

    def song(_):
        return app.test_client().post("/generate?game=zelda&seed=7&notes=2")

    with ThreadPoolExecutor(6) as pool:
        assert {response.status_code for response in pool.map(song, range(6))} == {200}
    assert loopback.signatures() == ["describe", "prefill", *["decode"] * 6]


def test_the_one_used_longest_ago_is_dropped(loopback, model_server, monkeypatch):
    monkeypatch.setattr(api.model_server.prefill_cache, "MOST_STATES", 2)
    prefills = PrefillCache(Model("zelda", 1), model_server)
    for last in (5, 6, 5, 7, 5, 6):
        prefills.state(prompt(1, last), Deadline.after(30))
    assert len(loopback.calls) == 4  # 5, 6, 7, and 6 again


def test_a_failure_is_not_kept(loopback, prefills):
    loopback.versions["zelda"] = {1: "UNLOADING"}
    with pytest.raises(NoSuchModelError):
        prefills.state(prompt(1, 5), Deadline.after(30))
    loopback.versions["zelda"] = {1: "AVAILABLE"}
    assert prefills.state(prompt(1, 5), Deadline.after(30)).token == 5
