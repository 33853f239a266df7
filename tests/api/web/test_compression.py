"""Text is compressed, streams event by event; MIDI and sound are not."""

import gzip
import json
import zlib

import pytest

from tests.api.streams import by_sse

SONG = "/generate?game=zelda&seed=7&notes=100"
GZIP = {"Accept-Encoding": "gzip, deflate, br, zstd"}
TEXTS = (
    *(f"{SONG}&format={name}" for name in ("json", "musicxml", "svg", "sse", "ndjson")),
    *("/", "/docs", "/openapi.json", "/studio/main.js", "/studio/studio.css", "/metrics"),
)
BINARIES = tuple(f"{SONG}&format={name}" for name in ("midi", "wav", "ogg"))


@pytest.fixture
def client(app):
    """A client that leaves responses as they are."""
    app.test_client_class = None
    return app.test_client()


@pytest.mark.parametrize("path", TEXTS)
def test_a_text_is_compressed_for_who_accepts_it(client, path):
    client.get(path)
    plain, packed = client.get(path), client.get(path, headers=GZIP)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    for response in (plain, packed):
        assert "Accept-Encoding" in response.headers["Vary"]
    if path == "/metrics":
        assert gzip.decompress(packed.data).startswith(b"# HELP")
    else:
        assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 2
    assert packed.content_length in {len(packed.data), None}


@pytest.mark.parametrize("path", BINARIES)
def test_midi_and_sound_are_sent_as_they_are(client, path):
    plain, response = client.get(path), client.get(path, headers=GZIP)
    assert response.data == plain.data
    assert not {"Content-Encoding", "Vary"} & {*response.headers.keys()}


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("br;q=1, gzip;q=0.1", "gzip"),
        ("*", "gzip"),
        ("gzip;q=0", None),
        ("gzip;q=0, *", None),
        ("identity", None),
        ("br, zstd", None),
        ("", None),
    ],
)
def test_a_caller_decides_whether_it_is_compressed(client, accepted, coding):
    response = client.get(f"{SONG}&format=json", headers={"Accept-Encoding": accepted})
    assert response.headers.get("Content-Encoding") == coding


@pytest.mark.parametrize("path", ["/healthz", "/generate", "/nowhere"])
def test_a_short_text_is_not_compressed(client, path):
    response = client.get(path, headers=GZIP)
    assert "Content-Encoding" not in response.headers
    assert response.content_length < 512


@pytest.mark.parametrize("path", [f"{SONG}&format=json", "/studio/main.js", "/games"])
def test_one_etag_names_a_text_in_either_coding(client, path):
    client.get("/games")
    tags = [client.get(path, headers=headers).headers["ETag"] for headers in ({}, GZIP)]
    assert tags[0] == tags[1]
    assert tags[0].startswith('W/"')
    for headers in ({}, GZIP):
        kept = client.get(path, headers={**headers, "If-None-Match": tags[0]})
        assert (kept.status_code, kept.data, kept.headers["ETag"]) == (304, b"", tags[0])
        assert "Content-Encoding" not in kept.headers
        assert "Accept-Encoding" in kept.headers["Vary"]


def test_the_etag_of_a_binary_is_strong(client):
    assert client.get(SONG, headers=GZIP).headers["ETag"].startswith('"')


@pytest.mark.parametrize("form", ["sse", "ndjson"])
def test_every_event_of_a_compressed_stream_can_be_read_as_it_arrives(client, loopback, form):
    path = f"{SONG}&notes=700".replace("notes=100&", "")
    response = client.get(f"{path}&format={form}", headers=GZIP, buffered=False)
    unpack, pieces = zlib.decompressobj(wbits=31), response.iter_encoded()
    first, second = (unpack.decompress(next(pieces)).decode() for _ in range(2))
    drawn = loopback.signatures().count("decode")
    if form == "ndjson":
        assert [json.loads(text)["event"] for text in (first, second)] == ["song", "notes"]
    else:
        assert ["event: song" in first, "event: notes" in second] == [True, True]
        assert second.endswith("\n\n")
    assert drawn == 1
    response.close()
    assert loopback.signatures().count("decode") == 1


def test_a_compressed_stream_frees_its_slot(client, app):
    packed = client.get(f"{SONG}&format=sse", headers=GZIP)
    packed.data = gzip.decompress(packed.data)
    assert by_sse(packed)[-1][0] == "end"
    assert "leitmotif_songs_in_flight 0.0" in client.get("/metrics").text
    begun = client.get(f"{SONG}&format=sse", headers=GZIP, buffered=False)
    next(begun.iter_encoded())
    assert "leitmotif_songs_in_flight 1.0" in client.get("/metrics").text
    begun.close()
    assert "leitmotif_songs_in_flight 0.0" in client.get("/metrics").text
    assert app
