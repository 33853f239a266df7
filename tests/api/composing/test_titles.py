"""The caller chooses a song's title, and the game's name stays in the provenance."""

import io
import json
from urllib.parse import quote

import mido
import music21
import pytest

from api.http.request.parameter import RequestValue
from api.http.request.song_request import song_request
from tests.api.problems import assert_problem

SONG = "/generate?game=zelda&seed=7&notes=20"
GAME_TITLE = "Zélda: Majora's Mask"  # as its model describes itself


def titled(title, form="midi"):
    return f"{SONG}&format={form}&title={quote(title)}"


def track_name(midi):
    tracks = mido.MidiFile(file=io.BytesIO(midi), charset="utf-8").tracks
    (name,) = [m.name for track in tracks for m in track if m.type == "track_name"]
    return name


@pytest.mark.parametrize(
    ("query", "title"),
    [("", "Song 7"), ("&title=Rain+%26+%3CTea%3E", "Rain & <Tea>"), ("&title=%E9%9B%A8", "雨")],
)
def test_the_title_is_the_requested_one_or_the_seed(client, query, title):
    assert track_name(client.post(SONG + query).data) == title
    score = music21.converter.parse(client.post(f"{SONG}{query}&format=musicxml").text)
    assert score.metadata.bestTitle == title
    song = client.post(f"{SONG}{query}&format=json").json
    assert (song["title"], song["game_title"]) == (title, GAME_TITLE)
    assert '"title": "' + title in client.post(f"{SONG}{query}&format=ndjson").text


@pytest.mark.parametrize("form", ["midi", "musicxml", "ogg", "svg", "wav"])
def test_no_file_is_called_by_the_game(client, form):
    response = client.post(f"{SONG}&format={form}")
    assert "zelda" not in response.headers["Content-Disposition"]
    assert b"lda: Majora" not in response.data
    assert (b"game=zelda" in response.data) is (form in {"midi", "ogg"})


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Rain", 'filename="Rain.mid"'),
        ("Rain, slowly", 'filename="Rain, slowly.mid"'),
        ("Été", "filename=\"Ete.mid\"; filename*=UTF-8''%C3%89t%C3%A9.mid"),
        ("雨", "filename=\"Song.mid\"; filename*=UTF-8''%E9%9B%A8.mid"),
        ('a/b\\c:d*e?f"g<h>i|j%k', 'filename="a-b-c-d-e-f-g-h-i-j-k.mid"'),
        ("../../etc/passwd", 'filename="-..-etc-passwd.mid"'),
        (" . ", 'filename="Song.mid"'),
    ],
)
def test_a_file_is_named_by_the_title(client, title, names):
    assert client.post(titled(title)).headers["Content-Disposition"] == f"attachment; {names}"


@pytest.mark.parametrize(
    "title",
    ["", "x" * 101, "a\nb", "a\x00b", "a\x7fb", "a\x85b", "a\u2028b", "a\u202eb", "a\uffffb"],
    ids=ascii,
)
def test_a_title_that_does_not_fit_is_refused(client, loopback, title):
    for response in (client.post(titled(title)), client.post(SONG, json={"title": title})):
        assert_problem(response, 422, "bad-parameter")
        assert response.json["detail"] == (
            "title must be text of 1 to 100 characters, none of them a control character."
        )
    assert not loopback.calls


@pytest.mark.parametrize("value", [5, None, ["Rain"], "half of a pair: \ud83c"], ids=ascii)
def test_a_title_in_json_is_text(client, value):
    body = {"data": json.dumps({"title": value}), "content_type": "application/json"}
    assert_problem(client.post(SONG, **body), 422, "bad-parameter")


def test_a_song_of_another_title_is_another_file_of_the_same_music(client):
    rain, tea = (client.post(titled(title)) for title in ("Rain", "Tea"))
    assert rain.headers["ETag"] != tea.headers["ETag"]
    songs = [client.post(titled(title, "json")).json for title in ("Rain", "Tea")]
    assert songs[0]["notes"] == songs[1]["notes"]
    assert songs[0]["origin"] == songs[1]["origin"]


def test_a_title_of_a_hundred_characters_of_any_script_fits():
    request = song_request([RequestValue("game", "zelda"), RequestValue("title", "🎹" * 100)])
    assert request.title == "🎹" * 100
