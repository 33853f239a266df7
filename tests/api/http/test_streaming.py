"""Streams: the same song while it is sampled, which ends when the client disconnects."""

import http.client
import json
import time
from dataclasses import replace

import grpc
import pytest

from api import create_app
from music.description import LearnedPiece
from music.notes import cleaned
from music.reading import read_midi
from tests.api.loopback import description
from tests.api.processes import running_api
from tests.api.streams import READERS, by_ndjson, streamed_notes

SONG = "/generate?game=zelda&seed=7&primer=none"


@pytest.fixture(params=READERS)
def events(request, client):
    """Ask for a song in either form, and give its events."""

    def asked(query):
        response = client.post(f"{query}&format={request.param}")
        assert response.status_code == 200
        return READERS[request.param](response)

    return asked


@pytest.mark.parametrize("query", ["&notes=1", "&notes=100", "&notes=700", "&seconds=9&tempo=77"])
def test_the_streamed_song_is_the_song(events, client, query):
    midi = read_midi(client.post(SONG + query).data, "song").notes
    assert cleaned(streamed_notes(events(SONG + query))) == midi


@pytest.mark.parametrize("query", ["&notes=700", "&notes=60&dynamics=false"])
def test_streamed_notes_are_as_loud_as_in_the_song(events, client, query):
    by_place = {
        (note["start_beats"], note["pitch"]): note["velocity"]
        for note in client.post(f"{SONG}{query}&format=json").json["notes"]
    }
    for name, members in events(SONG + query):
        for note in members["notes"] if name == "notes" else ():
            assert note["velocity"] == by_place[note["start_beats"], note["pitch"]]


@pytest.mark.parametrize("length", ["notes=300", "seconds=60"])
def test_a_partial_song_equals_a_song_of_that_many_notes(events, client, length):
    """Who keeps what arrived before a stream broke off can ask for it in any format."""
    said = events(f"{SONG}&{length}")
    for arrived in range(2, len(said) - 1):
        came = streamed_notes(said[:arrived])
        song = client.post(f"{SONG}&notes={len(came)}").data
        assert read_midi(song, "song").notes == cleaned(came)


def test_a_stream_starts_with_the_song_and_ends_with_its_end(events, client):
    said = events(f"{SONG}&notes=100&tempo=90")
    assert said[0] == (
        "song",
        {
            "game": "zelda",
            "game_title": "Zélda: Majora's Mask",
            "title": "Song 7",
            "version": 1,
            "seed": 7,
            "tempo": 90,
            "tempos": [{"start_beats": 0, "tempo": 90}],
            "time_signatures": [{"start_beats": 0, "numerator": 4, "denominator": 4}],
            "origin": client.post(f"{SONG}&notes=100&tempo=90&format=json").json["origin"],
            "primer_notes": 0,
            "primer_warnings": [],
        },
    )
    name, end = said[-1]
    assert name == "end"
    assert (end["notes"], end["quotes"], end["longest_quote"]) == (100, 0, 0)
    assert end["duration_s"] == pytest.approx(end["duration_beats"] * 60 / 90)
    assert {name for name, _ in said[1:-1]} == {"notes"}


@pytest.mark.parametrize("form", READERS)
def test_the_first_event_has_everything_known_before_the_song(client, form):
    response = client.post(f"{SONG}&notes=9&format={form}")
    headers = dict(response.headers)
    assert headers.pop("X-Request-Id")
    assert headers == {
        "Cache-Control": "no-store",
        "Content-Type": {
            "sse": "text/event-stream",
            "ndjson": "application/x-ndjson",
        }[form],
        "Leitmotif-Api-Version": "1.0",
        "Leitmotif-Model-Version": "1",
        "Leitmotif-Seed": "7",
        "Vary": "Accept-Encoding",
        "X-Accel-Buffering": "no",
        "X-Content-Type-Options": "nosniff",
    }


def test_a_stream_can_be_requested_by_media_type(client):
    for media_type in ("text/event-stream", "application/x-ndjson", "application/jsonl"):
        response = client.post(f"{SONG}&notes=9", headers={"Accept": media_type})
        assert response.mimetype in {"text/event-stream", "application/x-ndjson"}


def test_the_first_notes_come_of_a_single_small_draw(client, loopback):
    response = client.post(f"{SONG}&notes=700&format=ndjson", buffered=False)
    lines = iter(response.iter_encoded())
    assert [json.loads(next(lines))["event"] for _ in range(2)] == ["song", "notes"]
    draws = [call for call in loopback.calls if call.model_spec.signature_name == "decode"]
    assert [draw.inputs["steps"].tensor_content[0] for draw in draws] == [16]
    response.close()
    assert loopback.signatures().count("decode") == 1


def test_a_stream_has_the_quotes_of_the_finished_song(events, client, loopback):
    notes = read_midi(client.post(f"{SONG}&notes=300").data, "song").notes
    pieces = (LearnedPiece("early", notes[5:60]), LearnedPiece("late", notes[200:290]))
    loopback.descriptions["zelda"] = description(learned=pieces).to_json()
    loopback.versions["zelda"] = {2: "AVAILABLE"}
    query = f"{SONG}&notes=300&max_quote=4000"
    whole = client.post(f"{query}&format=json").json
    said = events(query)
    quotes = [members for name, members in said if name == "quote"]
    assert quotes == whole["quotes"]
    assert {quote["piece"] for quote in quotes} == {"early", "late"}
    assert said[-1][1]["longest_quote"] == whole["longest_quote"] == 90
    names = [name for name, _ in said]
    assert names.index("quote") < len(names) - 1 - names[::-1].index("notes")  # while it is drawn


@pytest.mark.parametrize("query", ["game=zelda&notes=0", "game=metroid", "game=zelda&top_p=2"])
def test_an_error_before_the_first_note_is_a_problem_response(client, query):
    response = client.post(f"/generate?{query}&format=sse")
    assert response.status_code in {404, 422}
    assert response.content_type == "application/problem+json"


def test_a_model_server_that_is_gone_before_the_first_note_is_a_503(client, loopback):
    loopback.failure = grpc.StatusCode.UNAVAILABLE
    assert client.post(f"{SONG}&format=sse").status_code == 503


def test_an_error_midway_is_the_last_event(events, loopback):
    loopback.after_draw = lambda draws: setattr(
        loopback, "failure", grpc.StatusCode.INTERNAL if draws == 2 else None
    )
    said = events(f"{SONG}&notes=300")
    assert [name for name, _ in said] == ["song", "notes", "notes", "error"]
    problem = said[-1][1]
    assert problem["type"] == "urn:leitmotif:problem:broken-contract"
    assert problem["status"] == 502
    assert "as told" not in json.dumps(problem)


def test_a_stream_has_no_more_time_than_any_other_song(config, loopback):
    loopback.slow_s = 0.1
    client = create_app(replace(config, request_seconds=1.5)).test_client()
    said = by_ndjson(client.post(f"{SONG}&notes=4000&format=ndjson"))
    assert said[0][0] == "song"
    name, problem = said[-1]
    assert (name, problem["status"]) == ("error", 504)
    assert problem["type"] == "urn:leitmotif:problem:out-of-time"


def test_a_reader_after_the_deadline_gets_an_error_event(config, loopback):
    client = create_app(replace(config, request_seconds=1.5)).test_client()
    lines = iter(client.post(f"{SONG}&notes=4000&format=ndjson", buffered=False).iter_encoded())
    next(lines)
    drawn = loopback.signatures().count("decode")
    time.sleep(1.6)
    events = [json.loads(line) for line in lines]
    assert [event["event"] for event in events] == ["notes", "error"]
    assert events[-1]["status"] == 504
    assert loopback.signatures().count("decode") == drawn


def test_a_bug_midway_is_reported_without_internals(events, app, monkeypatch, caplog):
    composer = app.extensions["leitmotif"].composer
    passages = composer.passages

    def buggy(*song):
        yield next(passages(*song))
        raise ZeroDivisionError("secret internals")

    monkeypatch.setattr(composer, "passages", buggy)
    name, problem = events(f"{SONG}&notes=300")[-1]
    assert (name, problem["status"]) == ("error", 500)
    assert "secret" not in json.dumps(problem)
    assert "secret internals" in caplog.text


def test_a_version_that_is_unloaded_before_the_first_note_goes_unnoticed(events, loopback):
    def mangle(called, _):
        if called == "prefill":
            loopback.versions["zelda"], loopback.mangle = {2: "AVAILABLE"}, None

    loopback.mangle = mangle
    said = events(f"{SONG}&notes=100")
    assert said[0][1]["version"] == 2
    assert said[-1][0] == "end"


def test_a_version_that_is_unloaded_midway_breaks_the_song_off(events, loopback):
    loopback.after_draw = lambda draws: loopback.versions.update(
        zelda={1 if draws < 2 else 2: "AVAILABLE"}
    )
    name, problem = events(f"{SONG}&notes=300")[-1]
    assert (name, problem["status"]) == ("error", 503)


@pytest.mark.slow
@pytest.mark.parametrize("form", READERS)
def test_composing_stops_when_the_client_disconnects(loopback, config, tmp_path, form):
    loopback.slow_s = 0.03
    with running_api(loopback, config, tmp_path) as (port, _):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("POST", f"{SONG}&notes=4000&format={form}")
        answer = connection.getresponse()
        assert answer.readline().startswith((b"id: ", b'{"event": "song"'))
        answer.readline()
        answer.close()
        connection.close()
        drawn = -1
        for _ in range(100):
            before, drawn = drawn, loopback.signatures().count("decode")
            if drawn == before:
                break
            time.sleep(0.5)
        assert drawn == before
        assert drawn < 50  # of the 160 and more that the song would have taken
        assert http_get(port, "/healthz") == 200


def http_get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status
