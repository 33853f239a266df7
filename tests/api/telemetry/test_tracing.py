"""Traces of songs: all their spans, each with its parent."""

import json
import urllib.request
from dataclasses import replace
from itertools import pairwise

import grpc
import pytest

from api import create_app
from api.composing.warm_up import WarmUp
from api.http.routes import services_of
from music.description import LearnedPiece
from music.reading import read_midi
from tests.api.contract import CheckedClient
from tests.api.loopback import description
from tests.api.processes import free_port, run, running_api
from tests.api.telemetry.collector import attributes, collecting

SONG = "/generate?game=zelda&seed=7"
PREDICT = "tensorflow.serving.PredictionService/Predict"
STATUS = "tensorflow.serving.ModelService/GetModelStatus"
CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
PARTS = ("prefill", "decode", "read", "codec", "quotes", "encode")
OK, ERROR = 0, 2


@pytest.fixture
def collector():
    with collecting() as collector:
        yield collector


@pytest.fixture
def traced(config, collector):
    """An app that exports its traces."""
    app = create_app(replace(config, otlp_endpoint=collector.url))
    app.test_client_class = CheckedClient
    return app


@pytest.fixture
def compose(traced):
    """Request a song, and wait until its spans are exported."""

    def post(path=SONG, **keywords):
        response = traced.test_client().post(path, **keywords)
        content = response.data
        response.close()
        services_of(traced).tracer.flush()
        return response, content

    return post


def test_a_song_is_a_tree_of_spans(compose, collector):
    compose(f"{SONG}&bars=6&form=ABA&format=svg")
    request = "POST /generate"
    parents = {name: collector.parents(name) for name in {span.name for span in collector.spans}}
    assert parents == {
        request: {None},
        STATUS: {request},
        PREDICT: {request, "prefill", "decode", "read"},  # describe has no other parent
        **{part: {request} for part in PARTS},
    }
    assert len({span.trace_id for span in collector.spans}) == 1
    assert collector.services == {"leitmotif-api"}
    root = collector.one(request)
    for span in collector.spans:
        assert root.start_time_unix_nano <= span.start_time_unix_nano
        assert span.end_time_unix_nano <= root.end_time_unix_nano
        assert span.status.code == OK


def test_a_request_says_what_came_of_it(compose, collector):
    compose(f"{SONG}&notes=40&format=json", headers={"X-Request-Id": "abc-1"})
    root = collector.one("POST /generate")
    assert attributes(root) == {
        "http.request.method": "POST",
        "http.route": "/generate",
        "http.response.status_code": 200,
        "request_id": "abc-1",
        "game": "zelda",
        "format": "json",
        "seed": 7,
        "version": 1,
        "notes": 40,
    }
    assert attributes(collector.one("encode")) == {"format": "json"}
    assert root.kind == root.SPAN_KIND_SERVER


def test_decodes_have_their_attempts_and_candidates(compose, collector, loopback):
    _, content = compose(f"{SONG}&notes=16")
    pieces = (LearnedPiece("the same", read_midi(content, "song").notes),)
    loopback.descriptions["zelda"] = description(learned=pieces).to_json()
    loopback.versions["zelda"] = {2: "AVAILABLE"}
    collector.spans.clear()
    compose(f"{SONG}&notes=16&max_quote=4")
    decodes = list(map(attributes, collector.named("decode")))
    attempts = [each["attempt"] for each in decodes]
    assert attempts[0] == 1
    assert max(attempts) > 1
    assert all(now in {1, before + 1} for before, now in pairwise(attempts))
    assert {each["candidates"] for each in decodes} == {1}
    assert all(each["steps"] >= 1 and each["temperature"] > 0 for each in decodes)


def test_the_candidates_of_a_section_are_sampled_in_one_decode(compose, collector):
    compose(f"{SONG}&bars=6&form=ABA")
    candidates = [attributes(span)["candidates"] for span in collector.named("decode")]
    assert max(candidates) > 1
    reads = [attributes(span) for span in collector.named("read")]
    assert all(each["candidates"] >= 1 and each["tokens"] >= 1 for each in reads)


def test_a_model_server_learns_which_span_calls_it(compose, collector, loopback):
    compose(f"{SONG}&notes=16")
    calls = collector.named(PREDICT) + collector.named(STATUS)
    assert sorted(parent[:-2] for parent in loopback.traceparents) == sorted(  # without flags
        f"00-{span.trace_id.hex()}-{span.span_id.hex()}-" for span in calls
    )
    for span in calls:
        assert span.kind == span.SPAN_KIND_CLIENT
        said = attributes(span)
        assert (said["rpc.system.name"], said["rpc.response.status_code"]) == ("grpc", "OK")
        assert said["game"] == "zelda"
    signatures = {attributes(span).get("signature") for span in collector.named(PREDICT)}
    assert signatures == {"describe", "prefill", "decode"}


def test_a_trace_goes_on_from_that_of_the_caller(compose, collector):
    compose(f"{SONG}&notes=16", headers={"traceparent": CALLER})
    root = collector.one("POST /generate")
    _, trace_id, span_id, _ = CALLER.split("-")
    assert (root.trace_id.hex(), root.parent_span_id.hex()) == (trace_id, span_id)


@pytest.mark.parametrize("traceparent", ["", "forged\x1b[31m", CALLER.upper(), "00-0-0-01"])
def test_a_malformed_parent_is_none(compose, collector, traceparent):
    compose(f"{SONG}&notes=16", headers={"traceparent": traceparent})
    assert collector.one("POST /generate").parent_span_id == b""


def test_two_requests_are_two_traces(compose, collector):
    for _ in range(2):
        compose(f"{SONG}&notes=16")
    assert len({span.trace_id for span in collector.named("POST /generate")}) == 2
    assert collector.parents("POST /generate") == {None}


@pytest.mark.parametrize("form", ["ndjson", "wav", "ogg"])
def test_what_is_sent_while_it_is_made_is_traced_to_its_end(compose, collector, form):
    compose(f"{SONG}&notes=300&format={form}")
    root = collector.one("POST /generate")
    last = max(span.end_time_unix_nano for span in collector.spans if span is not root)
    assert root.end_time_unix_nano >= last
    assert attributes(root)["ended"] == "finished"
    assert collector.parents("decode") == {"POST /generate"}
    assert len(collector.named("encode")) == (form != "ndjson")


@pytest.mark.parametrize("form", ["midi", "json"])
def test_each_of_several_songs_is_a_span_with_its_own(compose, collector, form):
    compose(f"{SONG}&bars=6&form=ABA&songs=3&format={form}")
    songs = collector.named("song")
    assert sorted(attributes(song)["seed"] for song in songs) == [7, 8, 9]
    for part in ("song", "rank", "encode"):
        assert collector.parents(part) == {"POST /generate"}
    assert attributes(collector.one("rank")) == {"songs": 3}
    for part in ("decode", "codec", "quotes"):
        parents = {collector.parent(span).span_id for span in collector.named(part)}
        assert parents == {song.span_id for song in songs}
    assert len({span.trace_id for span in collector.spans}) == 1


def test_a_file_that_is_made_while_it_is_sent_is_encoded_until_then(traced, collector):
    response = traced.test_client().post(f"{SONG}&notes=40&format=wav", buffered=False)
    pieces = response.iter_encoded()
    next(pieces)
    services_of(traced).tracer.flush()
    assert not collector.named("encode")
    assert list(pieces)
    response.close()
    services_of(traced).tracer.flush()
    assert collector.parents("encode") == {"POST /generate"}


def test_an_invalid_request_is_a_span_without_an_error(compose, collector):
    compose("/generate?game=zelda&notes=0")
    (root,) = collector.spans
    assert attributes(root)["http.response.status_code"] == 422
    assert root.status.code == OK


def test_a_failure_is_an_error_of_all_spans_that_it_passes(compose, collector, loopback):
    loopback.failure, loopback.healthy_calls = grpc.StatusCode.INTERNAL, 3
    response, _ = compose(f"{SONG}&notes=100")
    assert response.status_code == 502
    failed = {span.name for span in collector.spans if span.status.code == ERROR}
    assert failed == {"POST /generate", "decode", PREDICT}
    assert {attributes(span)["rpc.response.status_code"] for span in collector.named(PREDICT)} == {
        "OK",
        "INTERNAL",
    }


def test_only_songs_are_traced(traced, collector):
    client, services = traced.test_client(), services_of(traced)
    for path in ("/games", "/readyz", "/metrics", "/"):
        client.get(path)
    WarmUp(services.games, services.composer).look()
    services.tracer.flush()
    assert collector.spans == []


def test_a_song_is_the_same_with_and_without_traces(compose, client):
    assert compose(f"{SONG}&bars=4")[1] == client.post(f"{SONG}&bars=4").data


def test_without_an_endpoint_nothing_of_opentelemetry_or_redis_is_imported(loopback, config):
    program = (
        "import sys; from pathlib import Path; import api.__main__; from api import create_app;"
        "from api.config import Config;"
        "config = Config(model_server=sys.argv[1], models_config=Path(sys.argv[2]));"
        "print(create_app(config).test_client().post(sys.argv[3]).status_code);"
        "print({name.partition('.')[0] for name in sys.modules} & {'opentelemetry', 'redis'})"
    )
    finished = run(program, loopback.target, str(config.models_config), f"{SONG}&notes=9")
    assert finished.stdout.split("\n")[:2] == ["200", "set()"], finished.stderr


@pytest.mark.slow
def test_a_process_exports_its_last_spans_when_it_ends(loopback, config, tmp_path, collector):
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_SERVICE_NAME": "composer"}
    with running_api(loopback, config, tmp_path, **settings) as (port, _):
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{SONG}&bars=4&format=json", method="POST"
        )
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            assert json.loads(response.read())["notes"]
    assert collector.services == {"composer"}
    assert collector.parents("decode") == collector.parents("encode") == {"POST /generate"}


@pytest.mark.slow
def test_without_a_collector_songs_are_composed(loopback, config, tmp_path):
    gone = f"http://127.0.0.1:{free_port()}"
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": gone}
    with running_api(loopback, config, tmp_path, **settings) as (port, _):
        request = urllib.request.Request(f"http://127.0.0.1:{port}{SONG}&notes=9", method="POST")
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            assert response.read(4) == b"MThd"
