"""The metrics, as Prometheus reads them."""

import grpc
import pytest

from api import create_app
from music.description import LearnedPiece
from music.reading import read_midi
from tests.api.loopback import description
from tests.api.telemetry.support import read_page

SONG = "/generate?game=zelda&seed=7&primer=none"


@pytest.fixture
def counted(client):
    """Return the value of a sample by its name, and labels as pairs; 0 where there is none."""

    def value(name, **labels):
        answer = client.get("/metrics")
        assert (answer.status_code, answer.mimetype) == (200, "text/plain")
        return read_page(answer.text).get((f"leitmotif_{name}", *sorted(labels.items())), 0)

    return value


@pytest.mark.parametrize(
    ("query", "status", "game", "form"),
    [
        ("game=zelda&notes=5", 200, "zelda", "midi"),
        ("game=zelda&notes=5&format=json", 200, "zelda", "json"),
        ("game=zelda&notes=5&format=ndjson", 200, "zelda", "ndjson"),
        ("game=metroid", 404, "", "midi"),
        ("game=zelda&format=mp3", 422, "", ""),
        ("game=zelda%0A&format=wav", 404, "", "wav"),
    ],
)
def test_requests_by_game_format_and_status(client, counted, query, status, game, form):
    for _ in range(2):
        with client.post(f"/generate?{query}") as answer:
            assert answer.status_code == status
            answer.get_data()
    labels = {"route": "/generate", "game": game, "format": form, "status": str(status)}
    assert counted("requests_total", **labels) == 2
    assert counted("request_seconds_count", route="/generate", format=form) == 2


def test_text_of_callers_creates_no_labels(client):
    for number in range(20):
        client.get(f"/{number}")
        client.post(f"/generate?game={number}")
        client.post(f"/generate?game=zelda&format={number}")
        client.open("/games", method=f"M{number}")
    samples = read_page(client.get("/metrics").text)
    assert sum(name == "leitmotif_requests_total" for name, *_ in samples) == 4


def test_a_song_by_its_parts(client, counted, loopback):
    client.post(f"{SONG}&notes=100")
    for stage, times in (("prefill", 1), ("decode", 3), ("codec", 3), ("quotes", 3)):
        assert counted("stage_seconds_count", stage=stage) == times
    assert counted("stage_seconds_count", stage="encoding") == 1
    assert counted("stage_seconds_sum", stage="decode") > 0
    draws = [call for call in loopback.calls if call.model_spec.signature_name == "decode"]
    steps = sum(draw.inputs["steps"].tensor_content[0] for draw in draws)
    assert counted("tokens_total", game="zelda") == steps >= 100
    assert counted("redraws_total", game="zelda") == 0


def test_chunks_resampled_because_they_quote_are_counted(client, counted, loopback):
    notes = read_midi(client.post(f"{SONG}&notes=16").data, "song").notes
    before = counted("tokens_total", game="zelda")
    pieces = (LearnedPiece("the same", notes),)
    loopback.descriptions["zelda"] = description(learned=pieces).to_json()
    loopback.versions["zelda"] = {2: "AVAILABLE"}
    loopback.calls.clear()
    client.post(f"{SONG}&notes=16&max_quote=4")
    draws = [call for call in loopback.calls if call.model_spec.signature_name == "decode"]
    positions = [draw.inputs["position"].tensor_content for draw in draws]
    again = [position for position in positions if int.from_bytes(position, "little") >= 1 << 20]
    assert counted("redraws_total", game="zelda") == len(again) >= 1
    steps = sum(draw.inputs["steps"].tensor_content[0] for draw in draws)
    assert counted("tokens_total", game="zelda") - before == steps


def test_calls_of_the_model_server_by_code(client, counted, loopback):
    client.post(f"{SONG}&notes=100")
    assert counted("model_server_calls_total", call="versions", code="OK") == 1
    assert counted("model_server_calls_total", call="describe", code="OK") == 1
    assert counted("model_server_calls_total", call="prefill", code="OK") == 1
    assert counted("model_server_calls_total", call="decode", code="OK") == 3
    loopback.failure, loopback.healthy_calls = grpc.StatusCode.RESOURCE_EXHAUSTED, 1
    assert client.post(f"{SONG}&notes=100").status_code == 503
    assert counted("model_server_calls_total", call="decode", code="RESOURCE_EXHAUSTED") == 1


def test_a_call_with_an_invalid_response_counts_as_ok(client, counted, loopback):
    loopback.mangle = lambda _, response: response.outputs.clear()
    assert client.post(SONG).status_code == 502
    assert counted("model_server_calls_total", call="describe", code="OK") == 1


@pytest.mark.parametrize("tag", [None, '"another"', "its own"])
def test_the_version_is_resolved_once_per_request(client, counted, tag):
    path = f"{SONG}&notes=1"
    own = client.post(path).headers["ETag"]
    before = counted("model_server_calls_total", call="versions", code="OK")
    headers = {} if tag is None else {"If-None-Match": own if tag == "its own" else tag}
    status = client.post(path, headers=headers).status_code
    assert status == (304 if tag == "its own" else 200)
    assert counted("model_server_calls_total", call="versions", code="OK") == before + 1


def test_every_try_on_another_replica_is_a_call(client, counted, loopback):
    client.post(f"{SONG}&notes=1")
    loopback.failure, loopback.healthy_calls, loopback.failures_left = (
        *(grpc.StatusCode.NOT_FOUND, 1),
        2,
    )
    assert client.post(f"{SONG}&notes=1").status_code == 200
    assert counted("model_server_calls_total", call="decode", code="NOT_FOUND") == 2
    assert counted("model_server_calls_total", call="decode", code="OK") == 2


def test_streams_by_how_they_ended(client, counted):
    client.post(f"{SONG}&notes=100&format=sse").get_data()
    stream = client.post(f"{SONG}&notes=100&format=sse", buffered=False)
    assert counted("songs_in_flight") == 1
    stream.close()
    assert counted("songs_in_flight") == 0
    assert counted("streams_total", ended="client disconnected") == 1


def test_another_app_counts_for_itself(client, counted, config):
    create_app(config).test_client().get("/healthz")
    labels = {"route": "/healthz", "game": "", "format": "", "status": "200"}
    assert counted("requests_total", **labels) == 0
    client.get("/healthz")
    assert counted("requests_total", **labels) == 1
