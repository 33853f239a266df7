"""Several songs of one request: composed at the same time, ranked, in one response."""

import io
import json
import socket
import time
import zipfile
from urllib.parse import urlsplit

import grpc
import pytest

from api.access.rate_limit import Rate
from api.formats.registry import FORMATS
from music.description import LearnedPiece
from tests.api.loopback import description
from tests.api.problems import assert_problem
from tests.api.serving import serving
from tests.api.songs import notes_of

SONG = "/generate?game=zelda&notes=60"
SONGS = f"{SONG}&seed=7&songs=4"
FILES = [form for form in FORMATS if form.name != "json"]  # which has all songs in one document


def unpacked(response):
    """Return the files of an archive by name, the index apart."""
    assert response.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(response.data)) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name) for name in archive.namelist()}
    return json.loads(files.pop("songs.json")), files


def in_json(client, query=SONGS):
    response = client.post(f"{query}&format=json")
    assert response.status_code == 200, response.text
    return response.json


def teach(loopback, client, count=4, **changes):
    """Let the model know some pieces to compare songs with."""
    pieces = [
        LearnedPiece(f"piece {seed}", notes_of(client.post(f"{SONG}&seed={seed}")))
        for seed in range(100, 100 + count)
    ]
    loopback.descriptions["zelda"] = description(learned=tuple(pieces), **changes).to_json()
    loopback.versions["zelda"] = {2: "AVAILABLE"}


@pytest.mark.parametrize(
    "query", ["notes=60", "bars=6", "seconds=9&primer=none", "form=ABA&loop=true"]
)
def test_each_song_is_the_one_that_its_own_seed_gives_alone(client, query):
    url = f"/generate?game=zelda&{query}"
    songs = in_json(client, f"{url}&seed=7&songs=4")["songs"]
    assert sorted(one["seed"] for one in songs) == [7, 8, 9, 10]
    for one in songs:
        assert one["song"] == in_json(client, f"{url}&seed={one['seed']}")


@pytest.mark.parametrize("form", FILES, ids=lambda form: form.name)
def test_each_file_of_an_archive_is_the_response_to_its_own_seed(client, form):
    url = f"{SONG}&title=Boss: first&format={form.name}"
    index, files = unpacked(client.post(f"{url}&seed=7&songs=2"))
    assert list(files) == [one["file"] for one in index["songs"]]
    for one in index["songs"]:
        assert one["file"] == f"0{one['rank']} Boss- first seed {one['seed']}.{form.suffix}"
        assert files[one["file"]] == client.post(f"{url}&seed={one['seed']}").data


def test_the_index_of_an_archive_has_what_json_says_but_for_the_notes(client):
    index, _ = unpacked(client.post(SONGS))
    whole = in_json(client)
    assert {**index, "songs": 4} == {**whole, "songs": 4}
    for one, other in zip(index["songs"], whole["songs"], strict=True):
        song = other.pop("song")
        assert one.pop("file").startswith(f"0{one['rank']} Song seed {one['seed']}.")
        assert one == {
            **other,
            "title": song["title"],
            "notes": len(song["notes"]),
            "longest_quote": song["longest_quote"],
            "origin": song["origin"],
        }


def test_songs_are_ranked_by_their_score_best_first(client, loopback):
    teach(loopback, client)
    songs = in_json(client, SONGS.replace("songs=4", "songs=8"))["songs"]
    scores = [one["score"] for one in songs]
    assert [one["rank"] for one in songs] == list(range(1, 9))
    assert scores == sorted(scores, reverse=True)
    assert 0 <= scores[-1] < scores[0] <= 1
    assert [one["seed"] for one in songs] != sorted(one["seed"] for one in songs)


def test_with_few_pieces_to_compare_songs_keep_the_order_of_their_seeds(client, loopback):
    teach(loopback, client, 2)
    songs = in_json(client)["songs"]
    assert [one["seed"] for one in songs] == [7, 8, 9, 10]
    assert {(one["score"], *one["measures"]) for one in songs} == {(None,)}


def test_a_song_that_quotes_too_much_has_the_last_rank(client, loopback):
    teach(loopback, client, quote_notes=60)
    (quoting, *_) = in_json(client)["songs"]  # the best of all
    quoted = LearnedPiece("quoted", notes_of(client.post(f"{SONG}&seed={quoting['seed']}")))
    pieces = json.loads(loopback.descriptions["zelda"])
    taught = description(learned=(quoted,), quote_notes=60)
    pieces["learned"] += json.loads(taught.to_json())["learned"]
    loopback.descriptions["zelda"] = json.dumps(pieces)
    loopback.versions["zelda"] = {3: "AVAILABLE"}
    kept = {one["seed"]: one["keeps_max_quote"] for one in in_json(client)["songs"]}
    assert kept == dict.fromkeys(range(7, 11), True)


def test_seeds_begin_again_after_the_highest(client):
    highest = (1 << 53) - 1
    seeds = {one["seed"] for one in in_json(client, f"{SONG}&songs=3&seed={highest}")["songs"]}
    assert seeds == {highest, 0, 1}


def test_the_same_request_gives_the_same_bytes(client):
    assert client.post(SONGS).data == client.post(SONGS).data


def test_songs_that_one_has_are_a_304(client):
    tag = client.post(SONGS).headers["ETag"]
    statuses = [
        client.post(f"{SONG}&seed=7&songs={songs}", headers={"If-None-Match": tag}).status_code
        for songs in (4, 3)
    ]
    assert statuses == [304, 200]


def test_headers_tell_of_all_songs(client):
    response = client.post(SONGS)
    assert response.headers["Leitmotif-Notes"] == "240"
    assert response.headers["Leitmotif-Seed"] == "7"
    assert response.headers["Content-Disposition"] == 'attachment; filename="Song 7.zip"'
    head = client.head(SONGS)
    assert (head.mimetype, head.headers["ETag"]) == ("application/zip", response.headers["ETag"])


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "application/zip"),
        ("application/zip", "application/zip"),
        ("audio/midi", "application/zip"),
        ("application/json", "application/json"),
    ],
)
def test_the_accept_header_chooses_an_archive_or_json(client, accept, media_type):
    response = client.post(SONGS, headers={"Accept": accept})
    assert (response.status_code, response.mimetype) == (200, media_type)


def test_one_song_is_no_archive(client):
    assert client.post(f"{SONG}&seed=7&songs=1").data == client.post(f"{SONG}&seed=7").data


@pytest.mark.parametrize(
    ("name", "accept"), [("ndjson", ""), ("sse", ""), ("", "text/event-stream")]
)
def test_a_stream_of_several_songs_is_refused_with_what_would_fit(client, loopback, name, accept):
    query = f"{SONGS}&format={name}" if name else SONGS
    response = client.post(query, headers={"Accept": accept} if accept else {})
    assert_problem(response, 422, "bad-parameter")
    assert response.json["parameter"] == "songs"
    assert response.json["detail"] == (
        "A stream has one song. With songs=4, format must be one of midi, wav, ogg, json, "
        "musicxml, svg, zip."
    )
    assert not loopback.calls


@pytest.mark.parametrize("songs", [0, 17, -1, 2.5, "4", "all", True, None])
def test_a_number_of_songs_that_does_not_fit_is_a_422(client, songs):
    response = client.post("/generate", json={"game": "zelda", "songs": songs})
    assert_problem(response, 422, "bad-parameter")
    assert response.json["detail"] == "songs must be an integer from 1 to 16."


def test_a_song_too_long_for_its_format_refuses_all(client):
    response = client.post(f"{SONGS.replace('60', '4000')}&tempo=20&format=wav")
    assert_problem(response, 422, "song-too-long")


def test_songs_share_the_calls_of_the_model_server(client, loopback):
    def decodes(query):
        loopback.calls.clear()
        assert client.post(query).status_code == 200
        calls = [call for call in loopback.calls if call.model_spec.signature_name == "decode"]
        return [call.inputs["token"].tensor_shape.dim[0].size for call in calls]

    alone = [len(decodes(f"{SONG}&seed={seed}")) for seed in range(7, 11)]
    together = decodes(SONGS)
    assert max(together) >= 4
    assert len(together) <= max(alone) + 2 < sum(alone)


@pytest.mark.parametrize("slots", [1, 2, 3])
def test_with_few_free_slots_songs_are_composed_in_turn(limited, client, slots):
    few = limited(None, songs=slots)
    assert few.post(SONGS).data == client.post(SONGS).data
    assert few.post(SONGS).data  # the slots are free again


def test_without_a_free_slot_songs_are_refused(limited):
    client = limited(None, songs=1)
    stream = client.post(f"{SONG}&format=ndjson", buffered=False)
    assert_problem(client.post(SONGS), 503, "too-many-songs")
    stream.close()
    assert client.post(SONGS).status_code == 200


def test_an_archive_keeps_one_slot_until_it_is_sent(limited):
    client = limited(None, songs=2)
    archive = client.post(SONGS, buffered=False)
    assert client.post(SONG).status_code == 200
    other = client.post(f"{SONG}&format=ndjson", buffered=False)
    assert_problem(client.post(SONG), 503, "too-many-songs")
    archive.close()
    assert client.post(SONG).status_code == 200
    other.close()


def test_songs_count_one_by_one_towards_the_rate_limit(limited):
    client = limited(Rate(10, "hour"))
    response = client.post(f"{SONG}&songs=8")
    assert (response.status_code, response.headers["Leitmotif-Cost"]) == (200, "8")
    refused = client.post(f"{SONG}&songs=3")
    assert_problem(refused, 429, "too-many-requests")
    assert client.post(SONG).status_code == 200


def test_songs_that_one_has_cost_one_request(limited):
    client = limited(Rate(10, "hour"))
    tag = {"If-None-Match": client.post(f"{SONG}&seed=7&songs=8").headers["ETag"]}
    unchanged = client.post(f"{SONG}&seed=7&songs=8", headers=tag)
    assert (unchanged.status_code, unchanged.headers["Leitmotif-Cost"]) == (304, "1")


@pytest.mark.parametrize(
    ("failure", "status"),
    [(grpc.StatusCode.RESOURCE_EXHAUSTED, 503), (grpc.StatusCode.INTERNAL, 502)],
)
def test_one_song_that_fails_stops_the_others(client, loopback, failure, status):
    assert client.post(SONG).status_code == 200
    loopback.calls.clear()
    loopback.failure, loopback.healthy_calls = failure, 3
    response = client.post(f"{SONGS.replace('60', '2000')}")
    assert response.status_code == status
    assert len(loopback.calls) <= 6
    loopback.failure = None
    assert client.post(SONGS).status_code == 200


def test_all_songs_are_by_one_version_also_if_it_is_unloaded_midway(client, loopback):
    expected = in_json(client, f"{SONG}&seed=7&songs=4&notes=400".replace("notes=60&", ""))
    loopback.after_draw = lambda draws: (
        draws == 3 and loopback.versions.update(zelda={2: "AVAILABLE"})
    )
    loopback.calls.clear()
    songs = in_json(client, f"{SONG}&seed=7&songs=4&notes=400".replace("notes=60&", ""))
    assert {songs["version"], *(one["song"]["version"] for one in songs["songs"])} == {2}
    assert [one["song"]["notes"] for one in songs["songs"]] == [
        one["song"]["notes"] for one in expected["songs"]
    ]


def test_beyond_the_time_of_a_request_songs_are_a_504(limited, loopback):
    client = limited(None, request_seconds=1.0)
    assert client.post(SONG).status_code == 200
    loopback.slow_s = 0.3
    assert_problem(client.post(SONGS.replace("60", "2000")), 504, "out-of-time")


def test_composing_stops_when_the_client_disconnects(app, client, loopback, caplog):
    assert client.post(SONG).status_code == 200
    loopback.slow_s = 0.02
    with serving(app) as address:
        where = urlsplit(address)
        with socket.create_connection((where.hostname, where.port)) as connection:
            path = SONGS.replace("60", "4000")
            connection.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            wait_for(lambda: len(loopback.calls) > 5)
        caplog.set_level("INFO")
        wait_for(lambda: "leitmotif_songs_in_flight 0.0" in client.get("/metrics").text)
    calls = len(loopback.calls)
    assert calls < 60  # of several hundred
    (logged,) = (
        line.members for line in caplog.records if getattr(line, "members", {}).get("seed") == 7
    )
    assert logged["ended"] == "client disconnected"


def wait_for(condition):
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)
