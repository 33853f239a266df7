"""POST /generate, from the request to the file."""

import json

import pytest

from music.description import Opening
from music.reading import read_midi
from tests.api.loopback import OPENINGS, description
from tests.api.songs import notes_of, texts_of

FIXED = "/generate?game=zelda&seed=7&primer=none"


def test_a_song_is_midi_with_descriptive_headers(client):
    response = client.post(f"{FIXED}&notes=20")
    assert response.status_code == 200
    headers = dict(response.headers)
    assert headers.pop("Content-Length") == str(len(response.data))
    assert headers.pop("X-Request-Id")
    assert headers == {
        "Cache-Control": "no-cache",
        "Content-Type": "audio/midi",
        "Leitmotif-Api-Version": "1.0",
        "Content-Disposition": 'attachment; filename="Song 7.mid"',
        "ETag": headers["ETag"],
        "Leitmotif-Longest-Quote": "0",
        "Leitmotif-Model-Version": "1",
        "Leitmotif-Notes": "20",
        "Leitmotif-Seed": "7",
        "Vary": "Accept",
        "X-Content-Type-Options": "nosniff",
    }
    assert len(notes_of(response)) == 20
    assert notes_of(response).onset_ticks[0] == 0


def test_the_file_has_the_parameters_of_the_song(client):
    response = client.post(f"{FIXED}&notes=20&temperature=0.5")
    assert texts_of(response) == [
        (
            "Leitmotif; game=zelda; version=1; seed=7; notes=20; temperature=0.5; top_k=0; "
            "top_p=0.92; tempo=120.0; primer=none; dynamics=true"
        )
    ]


def test_a_model_of_the_other_codec_is_read_by_it(client, loopback):
    own = {"vocabulary": (("E-4", "0.4.7"),), "openings": (Opening("first", (3, 2), 90.0),)}
    loopback.descriptions["zelda"] = description(codec="notes", **own).to_json()
    loopback.tune = (2, 3)
    notes = notes_of(client.post(f"{FIXED}&notes=6"))
    assert notes.pitch.tolist() == [63, 60, 64, 67, 63, 60]
    assert notes.onset_ticks.tolist() == [0, 6, 6, 6, 12, 18]
    assert set(notes.duration_ticks.tolist()) == {6}


def test_by_default_a_song_has_whole_bars_and_about_500_notes(client):
    plan = client.post("/generate?game=zelda&seed=0&format=json").json["plan"]
    assert plan["bars"] == 32  # 4 notes a beat, says a game without pieces
    assert plan["form"] == "ABA'" * 5 + "A"


def test_a_random_seed_is_returned_and_reproduces_the_song(client):
    first = client.post("/generate?game=zelda&notes=9")
    seed = first.headers["Leitmotif-Seed"]
    assert 0 <= int(seed) < 1 << 32
    again = client.post(f"/generate?game=zelda&notes=9&seed={seed}")
    assert again.data == first.data
    other = client.post(f"/generate?game=zelda&notes=9&seed={int(seed) + 1}")
    assert notes_of(other) != notes_of(first)


@pytest.mark.parametrize("seconds", [1, 2.5, 10])
def test_a_song_of_seconds_has_every_onset_before_them(client, seconds):
    song = notes_of(client.post(f"{FIXED}&seconds={seconds}&tempo=60"))
    longer = notes_of(client.post(f"{FIXED}&seconds=20&tempo=60"))
    onset_s = longer.onset_ticks / 12
    assert len(song) == (onset_s < seconds).sum()


@pytest.mark.parametrize(
    ("query", "tempo_bpm"),
    [
        ("&primer=none", 120),
        ("&tempo=33", 33),
        ("&seed=0", 90),
        ("&seed=1", 150),
        ("&seed=1&tempo=33", 33),
    ],
)
def test_the_tempo_is_that_of_the_request_or_of_the_continued_music(client, query, tempo_bpm):
    response = client.post(f"/generate?game=zelda&notes=5{query}")
    assert read_midi(response.data, "song").tempo_bpm == pytest.approx(tempo_bpm, abs=0.01)


def test_a_primer_shapes_the_song_and_is_not_in_it(client, loopback):
    response = client.post("/generate?game=zelda&seed=7&notes=12")
    assert len(notes_of(response)) == 12
    (prefill,) = (c for c in loopback.calls if c.model_spec.signature_name == "prefill")
    # BOS and the opening of the second piece: the seed is odd and there are two.
    assert prefill.inputs["tokens"].tensor_content == b"".join(
        token.to_bytes(4, "little") for token in (1, *OPENINGS[1].tokens)
    )
    assert notes_of(response) != notes_of(client.post(f"{FIXED}&notes=12"))


@pytest.mark.parametrize(
    "arguments",
    [
        {"query_string": {"game": "zelda", "seed": "7", "notes": "6"}},
        {"json": {"game": "zelda", "seed": 7, "notes": 6}},
        {"json": {"game": "zelda", "seed": 7, "notes": 6.0}},
        {"data": {"game": "zelda", "seed": "7", "notes": "6"}},
        {
            "data": {"game": "zelda", "seed": "7", "notes": "6"},
            "content_type": "multipart/form-data",
        },
        {"query_string": {"game": "zelda"}, "json": {"seed": 7, "notes": 6}},
        {"query_string": {"game": "zelda", "seed": "7"}, "data": {"notes": "6"}},
        {"query_string": {"game": "zelda", "seed": "7", "notes": "6"}, "content_type": "text/css"},
    ],
    ids=["query", "JSON", "JSON 6.0", "form", "multipart", "query+JSON", "query+form", "no body"],
)
def test_parameters_come_from_query_json_or_form_alike(client, arguments):
    expected = client.post("/generate?game=zelda&seed=7&notes=6").data
    assert client.post("/generate", **arguments).data == expected


@pytest.mark.parametrize(
    "accept",
    [
        *(None, "", "*/*", "audio/*", "audio/midi", "audio/x-midi", "AUDIO/MIDI"),
        *("text/html, */*;q=0.1", "text/html, audio/midi;q=0.2"),
        "text/html, application/xhtml+xml, application/xml;q=0.9, image/webp, */*;q=0.8",
    ],
)
def test_midi_is_the_response_for_clients_that_accept_it(client, accept):
    headers = {} if accept is None else {"Accept": accept}
    response = client.post(f"{FIXED}&notes=3", headers=headers)
    assert (response.status_code, response.content_type) == (200, "audio/midi")


@pytest.mark.parametrize("accept", ["text/html", "audio/flac", "image/png", "video/*"])
def test_an_unacceptable_format_is_a_406_that_lists_the_formats(client, accept, loopback):
    response = client.post(f"{FIXED}&notes=3", headers={"Accept": accept})
    assert (response.status_code, response.content_type) == (406, "application/problem+json")
    assert response.json["detail"] == (
        "A song can be had as audio/midi, audio/wav, audio/ogg, application/json, "
        "application/vnd.recordare.musicxml+xml, image/svg+xml, application/zip, "
        "text/event-stream, application/x-ndjson; set the Accept header to one of them, or format "
        "to one of midi, wav, ogg, json, musicxml, svg, zip, sse, ndjson."
    )
    assert not loopback.calls


def test_an_unacceptable_format_of_several_songs_lists_each_type_once(client):
    response = client.post(f"{FIXED}&notes=3&songs=2", headers={"Accept": "image/png"})
    assert response.status_code == 406
    types = response.json["detail"].split("had as ")[1].split(";")[0].split(", ")
    assert len(types) == len(set(types))
    assert {"application/zip", "application/json"} <= set(types)


def test_the_parameter_format_overrides_the_accept_header(client):
    headers = {"Accept": "application/json"}
    assert client.post(f"{FIXED}&notes=3&format=midi", headers=headers).status_code == 200


def test_every_call_names_the_version_that_the_song_began_with(client, loopback):
    loopback.versions["zelda"] = {1: "AVAILABLE", 3: "AVAILABLE", 4: "LOADING", 2: "END"}
    response = client.post(f"{FIXED}&notes=40")
    assert response.headers["Leitmotif-Model-Version"] == "3"
    assert {call.model_spec.version.value for call in loopback.calls} == {3}


def test_a_model_describes_itself_once_a_version(client, loopback):
    for _ in range(3):
        client.post(f"{FIXED}&notes=3")
    assert loopback.signatures().count("describe") == 1
    loopback.versions["zelda"] = {2: "AVAILABLE"}
    client.post(f"{FIXED}&notes=3")
    assert loopback.signatures().count("describe") == 2


def test_the_inputs_of_a_decode_call(client, loopback):
    client.post(f"/generate?game=zelda&notes=64&seed={(5 << 32) + 0xFFFFFFFF}&top_k=9&top_p=0.5")
    decode = next(c for c in loopback.calls if c.model_spec.signature_name == "decode")
    sent = {
        name: (tensor.dtype, [dim.size for dim in tensor.tensor_shape.dim])
        for name, tensor in decode.inputs.items()
    }
    whole, real = 3, 1
    assert sent == {
        "token": (whole, [1]),
        "state": (real, [1, 4]),
        "position": (whole, [1]),
        "steps": (whole, [1]),
        "start_ticks": (whole, [1]),
        "stop_ticks": (whole, [1]),
        "temperature": (real, [1]),
        "top_k": (whole, [1]),
        "top_p": (real, [1]),
        "seed": (whole, [1, 2]),
    }
    assert decode.inputs["seed"].tensor_content == b"\xff\xff\xff\xff\x05\x00\x00\x00"
    assert decode.inputs["position"].tensor_content == bytes(4)
    assert decode.inputs["steps"].tensor_content == b"\x10\x00\x00\x00"


@pytest.mark.parametrize("switch", [{"typed": True}, {"extra_width": 5}], ids=str)
def test_the_format_does_not_change_the_song(client, loopback, switch):
    expected = client.post(f"{FIXED}&notes=50").data
    for name, value in switch.items():
        setattr(loopback, name, value)
    assert client.post(f"{FIXED}&notes=50").data == expected


def test_the_title_of_a_game_may_be_in_any_script(client, loopback):
    described = json.loads(loopback.descriptions["zelda"])
    loopback.descriptions["zelda"] = json.dumps({**described, "title": "ゼルダの伝説 " + "x" * 300})
    response = client.post(f"{FIXED}&notes=3")
    assert len(notes_of(response)) == 3
