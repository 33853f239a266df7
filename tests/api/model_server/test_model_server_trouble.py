"""Responses when the model server is slow, down, busy or broken."""

import json
from dataclasses import replace

import grpc
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from api import create_app
from api.errors import (
    BrokenContractError,
    NoSuchModelError,
    OutOfTimeError,
    OverloadedError,
    UnavailableError,
)
from api.model_server.grpc_client import translated
from music.description import LearnedPiece
from music.notes import Notes
from music.quotes.bound import ATTEMPTS, FEWEST_STEPS
from tests.api.loopback import description, token
from tests.api.problems import assert_problem
from tests.music.support import changed

SONG = "/generate?game=zelda&seed=7&notes=200"

TRANSLATIONS = {
    grpc.StatusCode.CANCELLED: UnavailableError,
    grpc.StatusCode.UNKNOWN: BrokenContractError,
    grpc.StatusCode.INVALID_ARGUMENT: BrokenContractError,
    grpc.StatusCode.DEADLINE_EXCEEDED: OutOfTimeError,
    grpc.StatusCode.NOT_FOUND: NoSuchModelError,
    grpc.StatusCode.ALREADY_EXISTS: BrokenContractError,
    grpc.StatusCode.PERMISSION_DENIED: BrokenContractError,
    grpc.StatusCode.UNAUTHENTICATED: BrokenContractError,
    grpc.StatusCode.RESOURCE_EXHAUSTED: OverloadedError,
    grpc.StatusCode.FAILED_PRECONDITION: BrokenContractError,
    grpc.StatusCode.ABORTED: UnavailableError,
    grpc.StatusCode.OUT_OF_RANGE: BrokenContractError,
    grpc.StatusCode.UNIMPLEMENTED: BrokenContractError,
    grpc.StatusCode.INTERNAL: BrokenContractError,
    grpc.StatusCode.UNAVAILABLE: UnavailableError,
    grpc.StatusCode.DATA_LOSS: BrokenContractError,
}
IN_HTTP = {
    # error: status, slug, Retry-After
    UnavailableError: (503, "model-server-gone", "5"),
    OverloadedError: (503, "overloaded", "1"),
    NoSuchModelError: (503, "game-not-ready", "5"),
    OutOfTimeError: (504, "out-of-time", None),
    BrokenContractError: (502, "broken-contract", None),
}


def assert_trouble(response, status, slug, retry_after=None):
    assert_problem(response, status, slug)
    assert response.headers.get("Retry-After") == retry_after


def test_every_grpc_status_but_ok_has_a_translation():
    assert set(TRANSLATIONS) == set(grpc.StatusCode) - {grpc.StatusCode.OK}


@pytest.mark.parametrize(("code", "error"), TRANSLATIONS.items(), ids=str)
def test_a_grpc_status_becomes_an_api_error(code, error):
    ours = translated(code, "inner workings")
    assert type(ours) is error
    assert "inner workings" not in str(ours)
    assert ours.reason == f"{code.name}: inner workings"


def test_a_full_queue_is_overload_and_not_a_server_that_is_gone():
    words = (
        "The batch scheduling queue to which this task was submitted is full; currently 4 batches "
        "enqueued and max_enqueued_batches is 4"
    )
    assert type(translated(grpc.StatusCode.UNAVAILABLE, words)) is OverloadedError


@pytest.mark.parametrize(("code", "error"), TRANSLATIONS.items(), ids=str)
@pytest.mark.parametrize("healthy_calls", [0, 1, 4], ids="after {} calls".format)
def test_a_grpc_status_becomes_a_problem(client, loopback, caplog, code, error, healthy_calls):
    loopback.failure, loopback.healthy_calls = code, healthy_calls
    response = client.post(SONG)
    assert_trouble(response, *IN_HTTP[error])
    assert "as told" not in response.text
    if error is not NoSuchModelError or healthy_calls:
        # On one line, whatever the server said: nobody writes lines into our log.
        assert r"as told\nby the test" in caplog.text


def test_a_replica_that_drops_a_call_goes_unnoticed(client, loopback):
    expected = client.post(SONG).data

    loopback.failure, loopback.healthy_calls = grpc.StatusCode.UNAVAILABLE, 2
    loopback.failures_left = 1
    assert client.post(SONG).data == expected
    assert loopback.failures_left == 0


def test_a_model_server_that_is_gone_and_back(client, loopback):
    expected = client.post(SONG).data
    loopback.stop()
    assert_trouble(client.post(SONG), 503, "model-server-gone", "5")
    loopback.start(loopback.port)
    for _ in range(100):
        if (response := client.post(SONG)).status_code == 200:
            break
    assert response.data == expected


def test_a_song_that_takes_too_long_is_a_504(config, loopback):
    loopback.slow_s = 0.1
    client = create_app(replace(config, request_seconds=0.35)).test_client()
    assert_trouble(client.post(SONG), 504, "out-of-time")


@pytest.mark.parametrize(
    ("versions", "detail"),
    [
        ({1: "LOADING"}, "Version 1 of 'zelda' is not ready (LOADING); try again in a moment."),
        ({1: "END", 2: "START"}, "Version 2 of 'zelda' is not ready (START); try again"),
        ({1: "UNLOADING"}, "Version 1 of 'zelda' is not ready (UNLOADING); try again"),
        ({}, "The model server does not know 'zelda' yet; try again in a moment."),
    ],
)
def test_a_game_that_is_not_ready_is_a_503(client, loopback, versions, detail):
    loopback.versions["zelda"] = versions
    response = client.post(SONG)
    assert_trouble(response, 503, "game-not-ready", "5")
    assert response.json["detail"].startswith(detail)


def test_a_model_that_failed_to_load_differs_from_one_that_is_loading(client, loopback, caplog):
    loopback.versions["zelda"], loopback.load_failure = {3: "END"}, "no\nsaved_model.pb"
    response = client.post(SONG)
    assert_trouble(response, 503, "game-not-ready", "5")
    assert response.json["detail"] == "The model server could not load version 3 of 'zelda'."
    assert r"no\nsaved_model.pb" in caplog.text


def without(signature, output):
    def mangle(called, response):
        if called == signature:
            del response.outputs[output]

    return mangle


def with_changed(signature, output, **fields):
    def mangle(called, response):
        if called == signature:
            tensor = response.outputs[output]
            for name, value in fields.items():
                tensor.ClearField(name)
                if isinstance(value, list):
                    getattr(tensor, name).extend(value)
                else:
                    setattr(tensor, name, value)

    return mangle


def with_sizes(signature, output, *sizes):
    def mangle(called, response):
        if called == signature:
            shape = response.outputs[output].tensor_shape
            del shape.dim[:]
            for size in sizes:
                shape.dim.add(size=size)

    return mangle


@pytest.mark.parametrize(
    "mangle",
    [
        without("describe", "bundle"),
        without("prefill", "state"),
        without("decode", "tokens"),
        without("decode", "log_probability"),
        with_changed("decode", "tokens", dtype=1),
        with_changed("decode", "state", dtype=99),
        with_changed("decode", "tokens", tensor_content=b"abc"),
        with_changed("decode", "tokens", tensor_content=b"\xff" * 128),
        with_changed("decode", "tokens", tensor_content=b"", int_val=[1] * 33),
        with_changed("decode", "state", tensor_content=b"\x00\x00\xc0\x7f" * 4),
        with_changed("describe", "bundle", string_val=[b"{}", b"{}"]),
        with_sizes("decode", "tokens", 32),
        with_sizes("decode", "tokens", 32, 1),
        with_sizes("decode", "tokens", 1, -32),
        with_sizes("decode", "tokens", 1 << 40, 1 << 40),
        with_sizes("prefill", "token", 1, 1),
        with_sizes("prefill", "state", 4),
        with_sizes("describe", "bundle", 0),
    ],
)
def test_a_response_that_breaks_the_contract_is_a_502(client, loopback, mangle):
    loopback.mangle = mangle
    response = client.post(SONG)
    assert_trouble(response, 502, "broken-contract")


@pytest.mark.parametrize(
    "text",
    [
        *("", "null", "[]", "{}", "{", '{"format": 99}'),
        description(codec="remi").to_json(),
        description(vocabulary=()).to_json(),
        description(vocabulary=((), (), ())).to_json(),
        description(vocabulary=(("TimeShift_0",), ("Pitch_60",))).to_json(),
        description(vocabulary=(("TimeShift_0",), ("Drum_36",), ("Duration_6",))).to_json(),
        description(vocabulary=(("TimeShift_0",), ("Pitch_x",), ("Duration_6",))).to_json(),
        description(
            vocabulary=(("TimeShift_6", "TimeShift_0"), ("Pitch_60",), ("Duration_6",))
        ).to_json(),
        description(tempo_bpm=0.125).to_json().replace("0.125", "NaN"),
        json.dumps({**json.loads(description().to_json()), "vocabulary": 5}),
    ],
    ids=lambda text: text[-60:],
)
def test_a_description_that_cannot_be_used_is_a_502(client, loopback, text):
    loopback.descriptions["zelda"] = text
    assert_trouble(client.post(SONG), 502, "broken-contract")


def test_an_opening_that_is_not_of_the_vocabulary_is_a_502(client, loopback):
    described = json.loads(description().to_json())
    for opening in described["openings"]:
        opening["tokens"] = [9999]
    loopback.descriptions["zelda"] = json.dumps(described)
    assert_trouble(client.post(f"{SONG}&primer=corpus"), 502, "broken-contract")


LEARNED = LearnedPiece("first", Notes.of([0, 0, 12], [12, 6, 6], [60, 64, 67]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changed(json.loads(description(learned=(LEARNED,)).to_json())).map(json.dumps))
def test_any_description_gives_a_song_or_a_problem(client, loopback, text):
    (version,) = loopback.versions["zelda"]
    loopback.versions["zelda"] = {version + 1: "AVAILABLE"}  # a description is kept for its version
    loopback.descriptions["zelda"] = text
    loopback.calls.clear()
    song = client.post("/generate?game=zelda&notes=20&format=json")
    assert song.status_code in {200, 422, 502}  # 422: without openings, there is none to continue
    listed = client.get("/games").json["games"][0]["state"]
    assert listed in ({"AVAILABLE", "BROKEN"} if song.status_code == 502 else {"AVAILABLE"})


def test_a_game_without_openings_says_so(client, loopback):
    loopback.descriptions["zelda"] = description(openings=()).to_json()
    response = client.post(f"{SONG}&primer=corpus")
    assert_trouble(response, 422, "bad-parameter")
    assert response.json["detail"] == "This game has no openings; primer must be none."


STRUCK = token(0, 0, 0)  # without moving on: over and over, it is a single note
ANOTHER = token(0, 1, 0)
LATER = token(3, 0, 0)


@pytest.mark.parametrize(
    ("tune", "length", "came"),
    [
        ((STRUCK,), "notes=5", "1 note"),
        ((STRUCK,), "seconds=5", "1 note"),
        ((STRUCK, ANOTHER), "notes=3", "2 notes"),
    ],
)
def test_an_endless_song_is_a_502_with_the_number_of_notes(client, loopback, tune, length, came):
    loopback.tune = tune
    response = client.post(f"/generate?game=zelda&{length}")
    assert_trouble(response, 502, "broken-contract")
    assert response.json["detail"] == (
        f"The game's model did not bring the song to its end; it gave {came}."
    )


def test_an_endless_song_stops_after_a_bounded_number_of_calls(client, loopback):
    loopback.tune = (STRUCK,)
    assert_trouble(client.post("/generate?game=zelda&notes=5"), 502, "broken-contract")
    decodes = [call for call in loopback.calls if call.model_spec.signature_name == "decode"]
    steps, positions = (
        [int(np.frombuffer(call.inputs[name].tensor_content, "<i4")[0]) for call in decodes]
        for name in ("steps", "position")
    )
    assert set(steps) == {FEWEST_STEPS}  # there are fewer notes to come
    first_attempts = [position for position in positions if position < 1 << 20]
    assert first_attempts == list(range(0, 5 * 2 + 64, FEWEST_STEPS))
    assert len(decodes) == len(first_attempts) * len(ATTEMPTS)


@pytest.mark.parametrize(
    ("tune", "length", "came"),
    [
        ((STRUCK,), "notes=1", "1"),
        ((*[STRUCK] * 10, LATER), "notes=5", "5"),
        ((*[STRUCK] * 60, LATER, LATER), "seconds=1", "2"),
    ],
)
def test_a_song_that_is_slow_to_come_to_its_end_is_a_song(client, loopback, tune, length, came):
    loopback.tune = tune
    response = client.post(f"/generate?game=zelda&tempo=120&{length}")
    assert (response.status_code, response.headers["Leitmotif-Notes"]) == (200, came)


def publish(loopback, *, after_draws, every_time=False):
    """Let the model server replace the version that it serves, once or time and again."""

    def after_draw(draws):
        if draws == after_draws or (every_time and draws % after_draws == 0):
            (version,) = loopback.versions["zelda"]
            loopback.versions["zelda"] = {version + 1: "AVAILABLE"}

    loopback.after_draw = after_draw


@pytest.mark.parametrize("draws", [1, 2])
def test_a_song_restarts_with_the_newer_version_if_its_own_is_replaced(client, loopback, draws):
    publish(loopback, after_draws=draws)
    response = client.post(SONG)
    assert response.status_code == 200
    assert response.headers["Leitmotif-Model-Version"] == "2"
    loopback.calls, loopback.after_draw = [], None
    assert client.post(SONG).data == response.data
    assert {call.model_spec.version.value for call in loopback.calls} == {2}


def test_a_version_replaced_before_the_first_sample_is_not_noticed(client, loopback):
    def mangle(called, _):
        if called == "describe":
            loopback.versions["zelda"], loopback.mangle = {2: "AVAILABLE"}, None

    loopback.mangle = mangle
    response = client.post(SONG)
    assert (response.status_code, response.headers["Leitmotif-Model-Version"]) == (200, "2")


def test_a_song_fails_if_its_versions_are_replaced_repeatedly(client, loopback):
    publish(loopback, after_draws=1, every_time=True)
    assert_trouble(client.post(SONG), 503, "game-not-ready", "5")
    assert loopback.signatures().count("prefill") == 3


def test_a_song_whose_version_is_unloaded_without_another_is_a_503(client, loopback):
    loopback.after_draw = lambda _: loopback.versions.update(zelda={1: "UNLOADING"})
    response = client.post(SONG)
    assert_trouble(response, 503, "game-not-ready", "5")
    assert response.json["detail"].startswith("Version 1 of 'zelda' is not ready (UNLOADING)")


def test_a_restarted_song_has_the_same_deadline(config, loopback):
    loopback.slow_s = 0.1
    publish(loopback, after_draws=1, every_time=True)
    client = create_app(replace(config, request_seconds=0.45)).test_client()
    assert_trouble(client.post(SONG), 504, "out-of-time")


def test_descriptions_of_a_whole_collection_come_through(client, loopback):
    described = json.loads(description().to_json())
    loopback.descriptions["zelda"] = json.dumps({**described, "padding": "x" * 8_000_000})
    assert client.post(SONG).status_code == 200
