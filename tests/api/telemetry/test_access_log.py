"""One line of JSON per request, with an id that is passed on."""

import json
import logging
import re
from datetime import UTC, datetime

import grpc
import pytest

from api.telemetry.json_log import JsonLines

SONG = "/generate?game=zelda&seed=7&notes=5"


@pytest.fixture
def lines(caplog):
    """Return the lines of all requests so far, as they are written."""
    caplog.set_level("INFO")

    def written():
        records = [record for record in caplog.records if record.name == "api.telemetry.access_log"]
        return [json.loads(JsonLines().format(record)) for record in records]

    return written


def test_a_line_has_the_request_and_its_result(client, lines):
    client.post(f"{SONG}&format=json", headers={"X-Request-Id": "abc-1"})
    (line,) = lines()
    assert datetime.fromisoformat(line.pop("time")).tzinfo == UTC
    assert line.pop("duration_ms") > 0
    assert line == {
        "level": "info",
        "message": "request",
        "request_id": "abc-1",
        "method": "POST",
        "route": "/generate",
        "status": 200,
        "game": "zelda",
        "format": "json",
        "seed": 7,
        "version": 1,
        "notes": 5,
    }


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("POST", "/generate", {"route": "/generate", "status": 422}),
        (
            "POST",
            "/generate?game=metroid&seed=1&format=wav",
            {"route": "/generate", "status": 404, "format": "wav", "seed": 1},
        ),
        ("GET", "/games", {"route": "/games", "status": 200}),
        ("GET", "/nowhere", {"route": "other", "status": 404}),
        ("BREW", "/games", {"method": "other", "route": "other", "status": 405}),
    ],
)
def test_a_line_says_as_much_as_is_known(client, lines, method, path, said):
    client.open(path, method=method)
    (line,) = lines()
    told = {"method", "route", "status", "game", "format", "seed", "version", "notes", "ended"}
    assert {name: line[name] for name in told & set(line)} == {"method": method, **said}


@pytest.mark.parametrize(
    "path", ["/", "/studio/main.js", "/docs", "/docs/docs.js", "/openapi.json"]
)
def test_a_page_and_its_files_are_counted_and_not_logged(client, lines, path):
    assert client.get(path).status_code == 200
    assert not lines()
    assert 'route="/' in client.get("/metrics").text


def test_a_file_that_is_not_there_is_logged(client, lines):
    client.get("/studio/nothing.js")
    assert [(line["route"], line["status"]) for line in lines()] == [("/studio/<name>", 404)]


def test_no_text_of_a_caller_is_in_the_log(client, caplog):
    caplog.set_level("DEBUG", "api")
    client.post("/generate?game=%0Aforged&notes=%0Aforged")
    client.post("/generate?game=forged")
    client.post("/generate?forged=1", headers={"X-Request-Id": "forged\x1b[31m"})
    client.post("/generate", data=b"forged", content_type="forged/forged")
    client.post(SONG, headers={"Accept": "forged/*", "User-Agent": "forged"})
    client.get("/%0Aforged", headers={"X-Request-Id": "forged id"})
    client.open("/games", method="FORGED")
    assert len(caplog.records) == 7
    assert "forged" not in "\n".join(map(JsonLines().format, caplog.records)).lower()


def test_a_line_of_json_is_one_line_for_any_message():
    record = logging.LogRecord("a", logging.ERROR, "", 0, "%s", ("a\nb\r\u2028\x1b[31m",), None)
    line = JsonLines().format(record)
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["message"] == "a\nb\r\u2028\x1b[31m"


def test_a_bug_is_logged_with_its_traceback_in_one_line(client, app, caplog, monkeypatch):
    monkeypatch.setattr(app.extensions["leitmotif"].composer, "song", lambda *_: 1 / 0)
    answer = client.post(SONG)
    (line,) = [
        json.loads(JsonLines().format(record)) for record in caplog.records if record.exc_info
    ]
    assert (line["level"], line["message"]) == ("error", "a bug")
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert "ZeroDivisionError" in line["exception"]


@pytest.mark.parametrize("given", ["a", "A-b_c.9", "f" * 64])
@pytest.mark.parametrize("path", [SONG, f"{SONG}&format=sse", "/generate", "/healthz", "/nowhere"])
def test_an_id_that_is_well_formed_is_taken(client, given, path):
    answer = client.post(path, headers={"X-Request-Id": given})
    assert answer.headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", [None, "", "f" * 65, "a b", "a;b", "é", "a\x1b", "../a", "{}"])
def test_any_other_request_gets_an_id(client, given):
    headers = {} if given is None else {"X-Request-Id": given}
    ids = {client.get("/healthz", headers=headers).headers["X-Request-Id"] for _ in range(2)}
    assert len(ids) == 2
    assert all(re.fullmatch(r"[0-9a-f]{32}", made) for made in ids)


@pytest.mark.parametrize("form", ["midi", "ndjson"])
def test_the_id_goes_with_every_call_of_the_model_server(client, loopback, form):
    for name in ("first", "second"):
        loopback.request_ids.clear()
        path = f"{SONG}0&seed=9&format={form}".replace("seed=7&", "")
        client.post(path, headers={"X-Request-Id": name}).get_data()
        assert set(loopback.request_ids) == {name}
    client.get("/games", headers={"X-Request-Id": "third"})
    assert loopback.request_ids[-1] == "third"


def read_all(stream):
    stream.get_data()


def read_nothing(_):
    pass


def read_one_event(stream):
    next(iter(stream.iter_encoded()))


@pytest.mark.parametrize(
    ("read", "failure", "ended", "notes"),
    [
        (read_all, None, "finished", 500),
        (read_one_event, None, "client disconnected", None),
        (read_nothing, None, "client disconnected", None),
        (read_all, grpc.StatusCode.INTERNAL, "failed", None),
    ],
)
def test_the_line_of_a_stream_is_written_when_it_has_ended(
    client, loopback, lines, read, failure, ended, notes
):
    loopback.after_draw = lambda _: setattr(loopback, "failure", failure)
    stream = client.post(f"{SONG}00&format=ndjson", buffered=False)
    assert not lines()
    read(stream)
    stream.close()
    (line,) = lines()
    assert (line["status"], line["version"], line["format"]) == (200, 1, "ndjson")
    assert (line["ended"], line.get("notes")) == (ended, notes)
