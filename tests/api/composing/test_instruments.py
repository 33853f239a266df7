"""The caller chooses who plays a song."""

import io
import json

import mido
import numpy as np
import pytest

from music.band.recasting import recast
from music.codec import BOS
from music.midi import to_midi
from music.notes import Notes
from music.piece import constant_tempo
from music.players.line_up import LineUp
from music.players.roles import DRUMS, FAMILIES, PIANO, playing, role_of
from music.reading import read_midi, read_song
from tests.api.bands import DRUMS_FIRST, DUO, OPENINGS, play_a_band
from tests.api.loopback import BAND_CODEC
from tests.api.primers import INTRO, uploaded
from tests.api.problems import assert_problem
from tests.music.bands import BASS, FLUTE, LINE_UP, NOTES, VIOLIN

URL = "/generate?game=zelda&seed=7&notes=60"
ASKED = "flute,harp,strings,drums"
VIOLIN_2 = role_of(FAMILIES.index("strings"), 1)
LINE_UP_ASKED = LineUp.of({FLUTE: 73, VIOLIN: 40, VIOLIN_2: 46, DRUMS: 0})
OBOE = LineUp.of({role_of(FAMILIES.index("reed"), 0): 68})


def song_of(response):
    assert response.status_code == 200, response.text
    return read_song(response.data, "song", band=True)


def strikes(notes):
    return list(zip(notes.onset_ticks.tolist(), notes.key.tolist(), strict=True))


@pytest.fixture
def band(client, loopback):
    """The client of a game whose music is for a band."""
    play_a_band(loopback)
    return client


@pytest.fixture
def prompt(loopback):
    """The notes and the roles that the model has read before the last song."""

    def read():
        *_, call = (c for c in loopback.calls if c.model_spec.signature_name == "prefill")
        inputs = {
            name: np.frombuffer(tensor.tensor_content, "<i4").tolist()
            for name, tensor in call.inputs.items()
        }
        return BAND_CODEC.decode(inputs["tokens"])[0], inputs["line_up"]

    return read


def test_a_song_is_played_by_the_requested_instruments(band, prompt):
    song = song_of(band.post(f"{URL}&instruments={ASKED}&format=json"))
    assert song.line_up == LINE_UP_ASKED
    assert set(song.notes.role.tolist()) == set(LINE_UP_ASKED.roles)
    opening, roles = prompt()
    assert roles == playing(LINE_UP_ASKED.roles)
    assert set(opening.role.tolist()) <= set(LINE_UP_ASKED.roles)


def test_the_midi_file_has_their_programs_and_drums_on_channel_10(band):
    response = band.post(f"{URL}&instruments={ASKED}")
    piece = read_midi(response.data, "song", band=True)
    assert {player.program for player in piece.line_up.players} == {73, 40, 46, 0}
    assert piece.line_up.has_drums


@pytest.mark.parametrize("text", [ASKED, "Drums, STRINGS,harp,Flute", "73,46,40,standard kit"])
def test_the_origin_of_a_song_names_its_instruments_and_brings_it_again(band, text):
    asked = {"game": "zelda", "seed": 7, "notes": 60, "instruments": text, "format": "json"}
    song = band.get("/generate", query_string=asked)
    origin = song.json["origin"]
    assert origin["instruments"] == "Violin, Orchestral Harp, Flute, Standard Kit"
    again = band.post("/generate", json={**origin, "format": "json"})
    assert again.json["notes"] == song.json["notes"]


def test_without_instruments_a_song_has_the_line_up_of_one_of_the_games_pieces(band):
    url = "/generate?game=zelda&notes=60&format=json"
    songs = [song_of(band.post(f"{url}&seed={seed}")) for seed in range(3)]
    assert [song.line_up for song in songs] == [opening.line_up for opening in OPENINGS]
    assert "instruments" not in band.post(f"{URL}&format=json").json["origin"]


def test_other_instruments_are_another_song_with_another_etag(band):
    one, other = (band.post(f"{URL}&instruments={name}") for name in ("flute", "oboe"))
    assert one.data != other.data
    assert len({band.get(f"{URL}&instruments={n}").headers["ETag"] for n in ("flute", "oboe")}) == 2
    tags = [band.get(f"{URL}&instruments={n}").headers["ETag"] for n in ("flute", "73", " FLUTE")]
    assert len(set(tags)) == 1


def test_one_piano_plays_a_bands_music_alone(band, prompt):
    response = band.post(f"{URL}&instruments=piano&format=json")
    assert "parts" not in response.json
    assert response.json["origin"]["instruments"] == "Acoustic Grand Piano"
    assert len(song_of(response).notes) > 30
    opening, roles = prompt()
    assert roles == playing([PIANO])
    assert set(opening.role.tolist()) == {PIANO}


def test_the_seed_chooses_among_the_openings_most_like_the_line_up(band, prompt):
    read = set()
    for seed in range(6):
        band.post(f"/generate?game=zelda&seed={seed}&notes=20&instruments=violin,bass")
        read.add(len(prompt()[0]))
    both = LineUp.of({VIOLIN: 40, BASS: 32})
    assert read == {len(DUO), len(recast(NOTES, both))}  # the third has neither violin nor bass


def test_an_opening_that_begins_with_drums_begins_later_without_them(client, loopback, prompt):
    play_a_band(loopback, OPENINGS[2:])
    song = song_of(client.post(f"{URL}&instruments=oboe&format=json"))
    opening, _ = prompt()
    assert opening.pitch.tolist() == [84, 86]
    assert song.line_up == OBOE
    *_, call = (c for c in loopback.calls if c.model_spec.signature_name == "prefill")
    place = np.frombuffer(call.inputs["place_ticks"].tensor_content, "<i4").tolist()
    assert place == [DRUMS_FIRST.onset_ticks[DRUMS_FIRST.is_melodic][0]]


def test_a_song_continues_nothing_where_the_line_up_can_play_no_opening(client, loopback, prompt):
    drums = DRUMS_FIRST[~DRUMS_FIRST.is_melodic]
    tokens = tuple(BAND_CODEC.encode(drums).tolist())
    (only,) = [opening for opening in OPENINGS if opening.piece == "drums first"]
    play_a_band(loopback, (type(only)("drums", tokens, 90.0, line_up=only.line_up),))
    song = song_of(client.post(f"{URL}&instruments=oboe&format=json"))
    assert song.line_up == OBOE
    opening, roles = prompt()
    assert (len(opening), roles) == (0, playing(OBOE.roles))


@pytest.mark.parametrize("more", ["primer=none", "key=D", "bars=4&loop=true", "seconds=5"])
def test_a_line_up_can_be_given_with_other_parameters(band, prompt, more):
    url = f"/generate?game=zelda&seed=7&format=json&instruments={ASKED}&{more}"
    song = song_of(band.post(url))
    assert song.line_up == LINE_UP_ASKED
    assert prompt()[1] == playing(LINE_UP_ASKED.roles)


def test_several_songs_and_streams_have_the_line_up_too(band):
    songs = band.post(f"{URL}&songs=2&instruments={ASKED}&format=json").json["songs"]
    assert [len(song["song"]["parts"]) for song in songs] == [4, 4]
    first, *_ = band.post(f"{URL}&instruments={ASKED}&format=ndjson").text.splitlines()
    assert [part["role"] for part in json.loads(first)["parts"]] == [
        "pipe", "strings", "strings 2", "drums",
    ]  # fmt: skip


def test_piano_changes_nothing_where_the_music_is_for_one_piano(client):
    for form in ("midi", "json", "ndjson"):
        plain = client.post(f"{URL}&format={form}")
        assert client.post(f"{URL}&format={form}&instruments=piano").data == plain.data


@pytest.mark.parametrize("text", ["flute", "harpsichord", "piano,drums", "piano,piano"])
def test_other_instruments_are_refused_where_the_music_is_for_one_piano(client, loopback, text):
    response = client.post(f"{URL}&instruments={text}")
    assert_problem(response, 422, slug="bad-parameter")
    assert response.json["parameter"] == "instruments"
    assert response.json["detail"] == (
        "instruments must be piano: this game's music is for one piano."
    )
    assert "decode" not in loopback.signatures()


def test_an_unknown_instrument_is_a_422_with_the_nearest(band):
    response = band.post(f"{URL}&instruments=flute,harpp")
    assert_problem(response, 422, slug="bad-parameter")
    assert response.json["parameter"] == "instruments"
    assert "no instrument 'harpp'. Did you mean harp?" in response.json["detail"]


BAND_MIDI = to_midi(NOTES, tempos=constant_tempo(100), name="", text="", line_up=LINE_UP)


def test_a_bands_model_reads_an_uploaded_band_with_its_roles(band, prompt):
    song = song_of(band.post(f"{URL}&format=json", **uploaded(BAND_MIDI)))
    assert song.line_up == LINE_UP
    opening, roles = prompt()
    assert strikes(opening) == strikes(NOTES)
    assert roles == playing(LINE_UP.roles)


def test_a_bands_song_in_json_is_continued_with_its_roles(band, prompt):
    song = band.post(f"{URL}&instruments={ASKED}&format=json")
    again = song_of(band.post(f"{URL}&format=json", **uploaded(song.data)))
    assert again.line_up == LINE_UP_ASKED
    assert set(prompt()[0].role.tolist()) == set(LINE_UP_ASKED.roles)


def test_the_song_can_start_with_an_uploaded_band(band):
    url = f"{URL}&format=json&include_primer=true"
    song = song_of(band.post(url, **uploaded(BAND_MIDI)))
    assert set(strikes(NOTES)) <= set(strikes(song.notes))
    assert song.line_up == LINE_UP


def test_a_pianos_model_reads_an_uploaded_band_as_one_piano(client, loopback):
    fitting = Notes.of([0, 12], [12, 12], [72, 74], [FLUTE, FLUTE])
    flute = LineUp.of({FLUTE: 73})
    midi = to_midi(fitting, tempos=constant_tempo(100), name="", text="", line_up=flute)
    response = client.post(f"{URL}&format=json", **uploaded(midi))
    assert song_of(response).line_up.is_piano
    (call,) = (c for c in loopback.calls if c.model_spec.signature_name == "prefill")
    assert np.frombuffer(call.inputs["tokens"].tensor_content, "<i4")[0] == BOS
    assert "line_up" not in call.inputs


def test_an_uploaded_primer_is_continued_by_the_requested_instruments(band, prompt):
    song = song_of(band.post(f"{URL}&format=json&instruments=oboe,bass", **uploaded(BAND_MIDI)))
    assert song.line_up == LineUp.of({**{p.role: p.program for p in OBOE.players}, BASS: 32})
    opening, roles = prompt()
    assert set(opening.role.tolist()) == set(song.line_up.roles)
    assert roles == playing(song.line_up.roles)


@pytest.mark.parametrize(
    ("name", "value"), [("keep", "1"), ("variation_of", "primer"), ("include_primer", "true")]
)
def test_instruments_are_refused_where_the_uploaded_song_decides(band, name, value):
    fields = {name: value, "instruments": "flute"}
    response = band.post("/generate?game=zelda", **uploaded(INTRO, **fields))
    assert_problem(response, 422, slug="bad-parameter")
    assert response.json["parameter"] == "instruments"
    assert response.json["detail"] == (
        f"instruments cannot be given with {name}: the uploaded song decides on them."
    )


def test_the_warnings_of_an_upload_are_those_of_its_reading_as_a_band(band):
    midi = mido.MidiFile(ticks_per_beat=12)
    track = midi.add_track()
    for key in (60, 62):
        track.append(mido.Message("note_on", note=key, velocity=64, time=0))
        track.append(mido.Message("note_off", note=key, time=12))
    track.append(mido.Message("note_on", note=36, channel=9, velocity=64, time=0))  # without an end
    midi.save(file=(file := io.BytesIO()))
    response = band.post(f"{URL}&format=json", **uploaded(file.getvalue()))
    assert response.json["primer_warnings"] == ["notes left out, without an end: 1"]
    assert response.headers["Leitmotif-Primer-Warnings"] == '"notes left out, without an end: 1"'


def test_the_list_of_games_says_who_plays_the_pieces_of_a_band(band):
    (game,) = band.get("/games").json["games"]
    assert game["band"] is True
    assert game["instruments"] == [
        "Flute",
        "Pan Flute",
        "Acoustic Grand Piano",
        "Violin",
        "Electric Bass (finger)",
        "Standard Kit",
        "Jazz Kit",
    ]
    for name in game["instruments"]:
        response = band.post(f"{URL}&format=json&instruments=violin,{name}")
        assert name in {part["instrument"] for part in response.json["parts"]}


@pytest.mark.parametrize("form", ["json", "midi"])
def test_a_song_whose_new_notes_are_all_drums_quotes_nothing(band, loopback, form):
    strike = Notes.of([0, 12], [6, 6], [38, 42], [DRUMS, DRUMS])
    loopback.tune = tuple(BAND_CODEC.encode(strike)[1:].tolist())
    response = band.post(f"/generate?game=zelda&seed=6&notes=1&format={form}")
    assert response.status_code == 200, response.text
    assert response.headers["Leitmotif-Longest-Quote"].startswith("0")
