"""GET, HEAD and OPTIONS: for browsers, caches and everything else that knows only an address."""

import json
import re

import pytest

from api.http.request.parameters import PARAMETERS
from tests.api.contract import described
from tests.api.loopback import write_labels
from tests.api.problems import assert_problem
from tests.api.songs import notes_of
from tests.api.streams import by_sse

SONG = "/generate?game=zelda&seed=7&notes=40"
PATHS = (
    "/",
    "/docs",
    "/docs/docs.js",
    "/games",
    "/healthz",
    "/metrics",
    "/openapi.json",
    "/readyz",
)
FORMATS = ("midi", "wav", "ogg", "json", "musicxml", "svg", "zip", "sse", "ndjson")
COMPOSED = {"Content-Length", "Leitmotif-Longest-Quote", "Leitmotif-Notes"}
RANGES = {"Accept-Ranges", "Date"}  # servers add the date to every response


@pytest.mark.parametrize("form", FORMATS)
def test_a_get_is_the_song_of_the_post(client, form):
    get, post = (ask(f"{SONG}&format={form}") for ask in (client.get, client.post))
    assert get.status_code == 200
    assert get.data == post.data
    headers = [{**response.headers, "X-Request-Id": ""} for response in (get, post)]
    added = headers[0].items() - headers[1].items()
    assert {name for name, _ in added} == (RANGES if form == "wav" else set())
    assert headers[1].items() <= headers[0].items()


def test_a_get_takes_every_parameter_that_needs_no_file():
    query = {one["name"] for one in described("/generate", "GET")["parameters"]}
    posted = {one["name"] for one in described("/generate", "POST")["parameters"]}
    assert posted - query == {p.name for p in PARAMETERS if p.needs_file}
    assert posted - query == {"include_primer", "keep", "variation_of"}


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("&keep=1-4", "keep needs an uploaded primer (with POST)."),
        ("&variation_of=primer", "variation_of needs an uploaded primer (with POST)."),
        ("&include_primer=true", "include_primer needs an uploaded primer (with POST)."),
    ],
)
def test_a_parameter_that_needs_a_file_needs_a_post(client, query, detail):
    response = client.get(f"/generate?game=zelda{query}")
    assert_problem(response, 422, slug="bad-parameter")
    assert response.json["detail"] == detail


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "body",
    [{"json": {"notes": 9}}, {"data": {"notes": "9"}}, {"data": b"x", "content_type": "text/css"}],
    ids=["JSON", "form", "other"],
)
def test_a_get_has_no_body(app, loopback, method, body):
    response = app.test_client().open("/generate?game=zelda", method=method, **body)
    assert response.status_code == 400
    if method == "GET":
        assert_problem(response, 400, slug="malformed-body")
        assert response.json["detail"] == (
            "GET takes its parameters from the query; send a body with POST."
        )
    assert not loopback.calls


def test_without_a_seed_every_get_is_another_song_that_no_cache_keeps(client):
    first, second = (client.get("/generate?game=zelda&notes=40") for _ in range(2))
    assert first.headers["Cache-Control"] == "no-store"
    assert "ETag" not in first.headers
    assert notes_of(first) != notes_of(second)
    again = client.get(f"/generate?game=zelda&notes=40&seed={first.headers['Leitmotif-Seed']}")
    assert again.data == first.data


@pytest.mark.parametrize(
    ("query", "cache_control"),
    [
        ("&seed=7", "no-cache"),
        ("&seed=7&format=json", "no-cache"),
        ("&seed=7&version=stable", "no-cache"),
        ("&seed=7&version=1", "max-age=86400"),
        ("&seed=7&version=1&format=ogg", "max-age=86400"),
        ("&version=1", "no-store"),
        ("", "no-store"),
        ("&seed=7&format=sse", "no-store"),
        ("&seed=7&format=ndjson", "no-store"),
        ("&seed=7&version=1&format=sse", "no-store"),
        ("&seed=7&version=1&notes=0", "no-store"),
    ],
)
def test_a_response_says_how_long_it_may_be_kept(client, config, query, cache_control):
    write_labels(config.models_config, zelda={"stable": 1})
    for ask in (client.get, client.post, client.head):
        response = ask(f"/generate?game=zelda{query}")
        assert response.headers["Cache-Control"] == cache_control


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/nowhere"])
def test_nothing_else_is_kept(client, path):
    assert client.get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("form", ["midi", "json"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_song_that_the_caller_has_is_a_304_without_composing(client, loopback, method, form):
    kept = client.get(f"{SONG}&format={form}")
    loopback.calls.clear()
    again = client.open(
        f"{SONG}&format={form}", method=method, headers={"If-None-Match": kept.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")
    for name in ("Cache-Control", "ETag", "Vary"):
        assert again.headers.get(name) == kept.headers.get(name)
    assert not loopback.calls


def test_the_list_of_games_is_a_304_until_it_changes(client, loopback):
    first = client.get("/games")
    assert first.headers["Cache-Control"] == "no-cache"
    kept = {"If-None-Match": first.headers["ETag"]}
    assert (client.get("/games", headers=kept).status_code) == 304
    loopback.versions["zelda"] = {2: "AVAILABLE"}
    assert client.get("/games", headers=kept).json["games"][0]["version"] == 2


@pytest.mark.parametrize("form", FORMATS)
def test_the_head_of_a_song_has_its_headers_and_composes_nothing(client, loopback, form):
    head = client.head(f"{SONG}&format={form}")
    assert (head.status_code, head.data) == (200, b"")
    assert "decode" not in loopback.signatures()
    get = client.get(f"{SONG}&format={form}")
    known = {name: value for name, value in get.headers.items() if name not in COMPOSED | RANGES}
    assert {**head.headers, "X-Request-Id": ""} == {**known, "X-Request-Id": ""}


@pytest.mark.parametrize("path", PATHS)
def test_the_head_of_a_path_is_that_of_its_get(client, path):
    client.get(path)
    head, get = client.head(path), client.get(path)
    assert (head.status_code, head.data) == (get.status_code, b"")
    changing = {"X-Request-Id": "", "Date": ""}
    if path == "/metrics":
        changing["Content-Length"] = ""
    assert {**head.headers, **changing} == {**get.headers, **changing}


@pytest.mark.parametrize(
    ("query", "status"), [("game=metroid", 404), ("game=zelda&notes=0", 422), ("", 422)]
)
def test_the_head_of_a_refused_request_has_its_status(client, query, status):
    head = client.head(f"/generate?{query}")
    assert (head.status_code, head.data) == (status, b"")
    assert head.content_type == "application/problem+json"


@pytest.mark.parametrize("path", [*PATHS, "/studio/main.js", "/generate"])
def test_options_are_the_methods_of_a_path(client, loopback, path):
    response = client.options(path)
    assert (response.status_code, response.data) == (200, b"")
    methods = {"GET", "HEAD", "OPTIONS"} | ({"POST"} if path == "/generate" else set())
    assert set(response.allow) == methods
    assert not loopback.request_ids


WAV = "/generate?game=zelda&seed=7&notes=4&format=wav"


@pytest.mark.parametrize(
    ("said", "first", "end"),
    [
        ("bytes=0-", 0, None),
        ("bytes=0-1", 0, 2),
        ("bytes=44-99", 44, 100),
        ("bytes=70000-300000", 70_000, 300_001),
        ("bytes=100000-", 100_000, None),
        ("bytes=-1000", -1000, None),
    ],
)
def test_a_player_seeks_in_a_wav_file_of_a_seed(client, said, first, end):
    whole = client.get(WAV)
    assert whole.headers["Accept-Ranges"] == "bytes"
    part = client.get(WAV, headers={"Range": said})
    assert (part.status_code, part.data) == (206, whole.data[first:end])
    start, stop, _ = slice(first, end).indices(len(whole.data))
    assert part.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(whole.data)}"
    assert part.content_length == stop - start
    assert part.headers["ETag"] == whole.headers["ETag"]
    part.close()  # as servers do
    assert "leitmotif_songs_in_flight 0.0" in client.get("/metrics").text


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (WAV, {"Range": "bytes=999999999-"}),
        (WAV, {"Range": "bytes=0-1,5-9"}),
        (WAV, {"Range": "bytes=9-1"}),
        (WAV, {"Range": "notes=0-1"}),
        (WAV, {"Range": "bytes=0-1", "If-Range": '"another"'}),
        (WAV.replace("seed=7", "top_k=9"), {"Range": "bytes=0-1"}),
        (f"{SONG}&format=ogg", {"Range": "bytes=0-1"}),
        (f"{SONG}&format=midi", {"Range": "bytes=0-1"}),
        (f"{SONG}&format=json", {"Range": "bytes=0-1"}),
        (f"{SONG}&format=sse", {"Range": "bytes=0-1"}),
    ],
)
def test_a_range_that_cannot_be_sent_is_ignored(client, path, headers):
    response = client.get(path, headers=headers)
    assert response.status_code == 200
    assert len(response.data) > 100
    assert "Content-Range" not in response.headers


def test_a_range_of_the_same_file_is_sent_after_a_pause(client):
    tag = client.get(WAV).headers["ETag"]
    part = client.get(WAV, headers={"Range": "bytes=0-1", "If-Range": tag})
    assert (part.status_code, part.data) == (206, b"RI")


def ids(response):
    """The ids of the events of text/event-stream, and its events."""
    return re.findall("^id: (.+)$", response.text, re.MULTILINE), by_sse(response)


def stream(client, query="", last=None):
    headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {})}
    return client.get(f"/generate?game=zelda&notes=100{query}", headers=headers)


def test_every_event_has_an_id_of_its_song(client):
    found, events = ids(stream(client, "&seed=7"))
    assert len(found) == len(events) > 4
    assert found == [*(f"1-7-{number}" for number in range(1, len(events))), "1-7-over"]


@pytest.mark.parametrize("query", ["", "&seed=7"])
def test_a_stream_that_broke_off_goes_on_with_the_events_that_are_missing(client, query):
    whole = stream(client, query)
    found, events = ids(whole)
    for arrived, last in enumerate(found[:-1], 1):
        rest = stream(client, query, last)
        assert rest.headers["Leitmotif-Seed"] == whole.headers["Leitmotif-Seed"]
        assert ids(rest) == (found[arrived:], events[arrived:])


@pytest.mark.parametrize("query", ["", "&seed=7"])
def test_a_stream_that_is_over_is_a_204_at_which_browsers_stop(client, loopback, query):
    found, _ = ids(stream(client, query))
    loopback.calls.clear()
    response = stream(client, query, found[-1])
    assert (response.status_code, response.data) == (204, b"")
    assert not loopback.calls


@pytest.mark.parametrize(
    "last", ["x", "1-7", "1-7-", "1-7-3-1", "-1-7-3", "1-7-x", "1-8-3", "1-8-over", "9" * 30]
)
def test_an_id_of_no_event_of_the_song_is_ignored(client, last):
    assert stream(client, "&seed=7", last).data == stream(client, "&seed=7").data


def test_a_stream_goes_on_with_its_version_after_another_was_trained(client, loopback):
    loopback.versions["zelda"] = {1: "AVAILABLE", 2: "AVAILABLE"}
    rest = stream(client, last="1-7-1")
    assert rest.headers["Leitmotif-Model-Version"] == "1"
    loopback.versions["zelda"] = {2: "AVAILABLE"}
    response = stream(client, last="1-7-1")
    assert_problem(response, 410, slug="version-gone")


def test_a_stream_that_fails_again_before_the_missing_events_says_so(client, loopback):
    loopback.mangle = lambda called, response: (
        response.outputs.clear() if called == "decode" and len(loopback.calls) > 3 else None
    )
    (number,), ((name, _),) = ids(stream(client, "&seed=7", "1-7-4"))
    assert (number, name) == ("1-7-over", "error")


def test_events_of_ndjson_have_no_id(client):
    for line in client.get(f"{SONG}&format=ndjson").text.splitlines():
        assert "id" not in json.loads(line)
