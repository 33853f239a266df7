"""The formats: each opens in an independent library, and has the same song."""

import io
import json
import os
import re
import wave
from dataclasses import replace
from importlib.metadata import version
from xml.etree import ElementTree as ET

import mido
import music21
import numpy as np
import pytest

from api import create_app
from api.formats.edition import edition
from api.formats.registry import FORMATS
from api.version import VERSION
from api.web.compression import is_text
from music.description import LearnedPiece
from music.expression.articulation import Articulation, LengthShare
from music.expression.dynamics import Dynamics
from music.notes import Notes
from music.reading import read_midi
from tests.api.loopback import OPENINGS, description
from tests.music.soundfonts import needs_fluidsynth, soundfont

SONG = "/generate?game=zelda&seed=7&primer=none&notes=40"
MEDIA_TYPES = {
    "midi": "audio/midi",
    "wav": "audio/wav",
    "ogg": "audio/ogg",
    "json": "application/json",
    "musicxml": "application/vnd.recordare.musicxml+xml",
    "svg": "image/svg+xml",
    "zip": "application/zip",
}


@pytest.fixture
def quoting(loopback, client):
    """Let the model have learned the song that it draws, under a name beyond ASCII."""
    notes = read_midi(client.post(SONG).data, "song").notes
    tune = LearnedPiece('Clock "Town" 時', notes[5:30])
    loopback.descriptions["zelda"] = description(learned=(tune,)).to_json()
    loopback.versions["zelda"] = {2: "AVAILABLE"}
    return tune


def test_the_table_and_this_test_know_the_same_formats():
    assert {form.name: form.media_type for form in FORMATS} == MEDIA_TYPES


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_a_format_is_requested_by_name_or_by_media_type(client, form):
    by_name = client.post(f"{SONG}&format={form.name}")
    assert by_name.status_code == 200
    assert by_name.content_type == form.media_type
    for media_type in (form.media_type, *form.aliases):
        by_type = client.post(SONG, headers={"Accept": f"text/html, {media_type};q=0.3"})
        assert (by_type.data, by_type.content_type) == (by_name.data, form.media_type)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("audio/midi;q=0, */*", "audio/wav"),
        ("*/*, audio/midi;q=0", "audio/wav"),
        ("audio/*;q=0, */*", "application/json"),
        ("audio/*;q=0, audio/wav;q=0.1, */*;q=0", "audio/wav"),
        ("*/*;q=0, image/svg+xml", "image/svg+xml"),
        ("application/json;charset=utf-8", "application/json"),
        ('application/json; charset="utf-8"; q=0.5, audio/midi;q=0.4', "application/json"),
        ("APPLICATION/JSON", "application/json"),
        ("application/json;v=2;q=0, application/json", "application/json"),
        ("audio/midi;q=0.5, audio/wav;q=0.9", "audio/wav"),
        ("application/json, text/plain, */*", "application/json"),
        ("audio/*", "audio/midi"),
        ("", "audio/midi"),
        ("*/*;q=0.1", "audio/midi"),
    ],
)
def test_the_most_specific_range_counts(client, accept, media_type):
    assert client.post(SONG, headers={"Accept": accept}).content_type == media_type


@pytest.mark.parametrize(
    "accept", ["*/*;q=0", "audio/midi;q=0", "audio/*;q=0, text/html", "application/json;q=0.0"]
)
def test_excluded_formats_are_not_returned(client, accept):
    assert client.post(SONG, headers={"Accept": accept}).status_code == 406


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_every_response_has_its_media_type(client, form):
    headers = client.post(f"{SONG}&format={form.name}").headers
    said = {name: value for name, value in headers.items() if name.startswith("Leitmotif-")}
    assert said == {
        "Leitmotif-Api-Version": VERSION,
        "Leitmotif-Longest-Quote": "0",
        "Leitmotif-Model-Version": "1",
        "Leitmotif-Notes": "40",
        "Leitmotif-Seed": "7",
    }
    assert headers["Content-Disposition"] == f'attachment; filename="Song 7.{form.suffix}"'
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers.get("Vary") == ("Accept-Encoding" if is_text(form.media_type) else None)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_the_same_seed_is_the_same_bytes(app, config, form):
    other = create_app(config)
    songs = [a.test_client().post(f"{SONG}&format={form.name}").data for a in (app, app, other)]
    assert songs[0] == songs[1] == songs[2]


def test_json_has_the_notes_of_the_midi_file_in_beats_and_seconds(client):
    midi = read_midi(client.post(f"{SONG}&tempo=90").data, "song").notes
    song = client.post(f"{SONG}&tempo=90&format=json").json
    assert list(song)[:5] == ["game", "game_title", "title", "version", "seed"]
    assert (song["game"], song["game_title"]) == ("zelda", "Zélda: Majora's Mask")
    assert (song["version"], song["seed"], song["tempo"]) == (1, 7, 90)
    notes = song["notes"]
    assert [note["pitch"] for note in notes] == midi.pitch.tolist()
    for said, ticks in (("start", midi.onset_ticks), ("duration", midi.duration_ticks)):
        beats = np.array([note[f"{said}_beats"] for note in notes])
        np.testing.assert_allclose(beats, ticks / 12, atol=1e-6)
        seconds = np.array([note[f"{said}_s"] for note in notes])
        np.testing.assert_allclose(seconds, ticks / 12 * 60 / 90, atol=1e-6)


def velocities_of_midi(client, query=""):
    file = mido.MidiFile(file=io.BytesIO(client.post(SONG + query).data))
    return [m.velocity for m in file if m.type == "note_on" and m.velocity]


def velocities_of_json(client, query=""):
    return [note["velocity"] for note in client.post(f"{SONG}{query}&format=json").json["notes"]]


@pytest.mark.parametrize("query", ["", "&dynamics=true"])
def test_notes_are_louder_and_softer_in_midi_and_json_alike(client, query):
    in_midi, in_json = (sorted(f(client, query)) for f in (velocities_of_midi, velocities_of_json))
    assert in_midi == in_json
    assert len(set(in_midi)) > 5
    assert 48 <= min(in_midi) < max(in_midi) <= 104


def test_without_dynamics_every_note_has_one_velocity(client):
    assert set(velocities_of_midi(client, "&dynamics=false")) == {80}
    assert set(velocities_of_json(client, "&dynamics=false")) == {80}


def test_dynamics_sound_and_change_no_note_and_no_score(client):
    def both(form):
        return [client.post(f"{SONG}&format={form}&dynamics={on}").data for on in ("true", "false")]

    shaped, flat = both("wav")
    assert shaped != flat
    assert len(shaped) == len(flat)
    shaped, flat = both("midi")
    assert read_midi(shaped, "x").notes == read_midi(flat, "x").notes
    shaped, flat = both("musicxml")
    assert shaped == flat


def test_a_game_is_as_loud_as_its_own_pieces(client, loopback):
    loopback.descriptions["zelda"] = description(dynamics=Dynamics(60.0, 4.0)).to_json()
    assert np.mean(velocities_of_json(client)) == pytest.approx(60, abs=4)


DETACHED = Articulation(0.5, (LengthShare(6, 0.75),))


@pytest.mark.parametrize(
    ("detached", "as_written", "query"),
    [
        ({"articulation": DETACHED}, {}, "&primer=none"),
        (
            {"openings": (replace(OPENINGS[0], articulation=DETACHED),)},
            {"openings": OPENINGS[:1]},
            "&primer=corpus",
        ),
    ],
    ids=["by the collection", "by the piece that it continues"],
)
def test_notes_sound_as_detached_as_in_the_pieces(client, loopback, detached, as_written, query):
    loopback.descriptions["zelda"] = description(**detached).to_json()
    song = SONG.replace("&primer=none", query)
    written = client.post(f"{song}&format=json").json["notes"]
    midi = read_midi(client.post(song).data, "x")
    share = midi.performance.sounding_ticks / [12 * note["duration_beats"] for note in written]
    assert set(np.round(share, 2).tolist()) == {0.5, 0.75}
    sounding = [12 * note.pop("sounding_beats") for note in written]
    assert sounding == pytest.approx(midi.performance.sounding_ticks, abs=0.02)
    loopback.descriptions["zelda"] = description(**as_written).to_json()
    loopback.versions["zelda"] = {2: "AVAILABLE"}
    legato = client.post(f"{song}&format=json").json["notes"]
    assert all(note.pop("sounding_beats") == note["duration_beats"] for note in legato)
    assert legato == written


def test_json_has_the_parameters_of_the_song(client):
    origin = client.post(f"{SONG}&format=json&temperature=0.5").json["origin"]
    assert (origin["temperature"], origin["top_p"], origin["primer"]) == (0.5, 0.92, "none")
    assert "seconds" not in origin


def test_json_has_every_quote_with_its_position(client, quoting):
    song = client.post(f"{SONG}&format=json&max_quote=4000").json
    quote = max(song["quotes"], key=lambda quote: quote["notes"])
    assert quote["piece"] == quoting.name
    assert (quote["notes"], quote["first_note"], quote["first_note_in_piece"]) == (25, 5, 0)
    first = song["notes"][5]
    assert (quote["start_beats"], quote["start_s"]) == (first["start_beats"], first["start_s"])
    assert song["longest_quote"] == 25


def test_a_header_names_the_piece_of_the_longest_quote_in_ascii(client, quoting):
    header = client.post(f"{SONG}&max_quote=4000").headers["Leitmotif-Longest-Quote"]
    assert header == '25; piece="Clock%20%22Town%22%20%E6%99%82"'
    assert quoting.name == 'Clock "Town" 時'


def test_wav_lasts_as_long_as_the_song_and_sounds(client):
    notes = read_midi(client.post(SONG).data, "song").notes
    with wave.open(io.BytesIO(client.post(f"{SONG}&format=wav").data)) as reader:
        assert (reader.getframerate(), reader.getnchannels()) == (44_100, 2)
        frames = reader.getnframes()
        samples = np.frombuffer(reader.readframes(frames), "<i2")
    assert 0 < frames / 44_100 - notes.end_ticks / 12 / 2 < 4  # 120 beats a minute
    assert np.abs(samples).max() > 3000


@needs_fluidsynth
def test_a_soundfont_plays_instead_of_our_piano(client, config, tmp_path):
    path = tmp_path / "sine.sf2"
    path.write_bytes(soundfont())
    other = create_app(replace(config, soundfont=path)).test_client()
    ours, theirs = (c.post(f"{SONG}&format=wav") for c in (client, other))
    assert ours.data != theirs.data
    assert ours.headers["ETag"] != theirs.headers["ETag"]
    assert client.post(SONG).headers["ETag"] == other.post(SONG).headers["ETag"]


def test_musicxml_opens_in_music21_with_two_staves_and_every_pitch(client):
    notes = read_midi(client.post(SONG).data, "song").notes
    score = music21.converter.parse(client.post(f"{SONG}&format=musicxml").text)
    assert score.metadata.bestTitle == "Song 7"
    assert len(score.parts) == 2
    assert {pitch.midi for pitch in score.pitches} == set(notes.pitch.tolist())


def test_svg_is_a_picture_of_the_score(client):
    picture = client.post(f"{SONG}&format=svg")
    root = ET.fromstring(picture.data)  # noqa: S314  we wrote it
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    heads = re.findall(r'class="notehead"', picture.text)
    assert len(heads) >= 40


def test_a_cached_song_is_a_304_without_composing(client, loopback):
    tag = client.post(SONG).headers["ETag"]
    loopback.calls.clear()
    for said in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        response = client.post(SONG, headers={"If-None-Match": said})
        assert (response.status_code, response.data) == (304, b"")
        assert response.headers["ETag"] == tag
        assert response.headers["Vary"] == "Accept"
    assert not loopback.calls


@pytest.mark.parametrize(
    "other", ["&tempo=90", "&temperature=0.5", "&format=json", "&max_quote=9", "&top_k=3"]
)
def test_another_song_has_another_tag(client, other):
    tag = client.post(SONG).headers["ETag"]
    response = client.post(SONG + other, headers={"If-None-Match": tag})
    assert response.status_code == 200
    assert response.headers["ETag"] != tag


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_another_release_of_an_encoder_has_another_etag(client, monkeypatch, tmp_path, form):
    def tag():
        edition.cache_clear()
        return client.post(f"{SONG}&format={form.name}").headers["ETag"]

    tags = [tag(), tag()]
    for library in form.libraries:
        with monkeypatch.context() as changed:
            changed.setattr(
                "api.formats.edition.version",
                lambda name, new=library: "9" if name == new else version(name),
            )
            tags.append(tag())
    for release in (b"1", b"2"):
        (tmp_path / "piano.py").write_bytes(release)
        monkeypatch.setattr("api.formats.edition.OURS", (tmp_path,))
        tags.append(tag())
    edition.cache_clear()
    assert tags[0] == tags[1]
    assert len(set(tags)) == len(tags) - 1


@needs_fluidsynth
def test_another_soundfont_has_another_etag_even_with_equal_size_and_time(config, tmp_path):
    tags = []
    for loudness in (20_000, 10_000):
        path = tmp_path / "sine.sf2"
        path.write_bytes(soundfont(loudness))
        os.utime(path, (0, 0))
        app = create_app(replace(config, soundfont=path))
        with app.test_client().post(f"{SONG}&format=wav") as response:
            tags.append(response.headers["ETag"])
    assert len(set(tags)) == 2


def test_a_new_version_makes_a_new_song(client, loopback):
    tag = client.post(SONG).headers["ETag"]
    loopback.versions["zelda"] = {2: "AVAILABLE"}
    response = client.post(SONG, headers={"If-None-Match": tag})
    assert response.status_code == 200
    assert response.headers["ETag"] != tag


def test_a_song_with_a_random_seed_has_no_etag_and_is_always_composed(client):
    response = client.post("/generate?game=zelda&notes=3", headers={"If-None-Match": "*"})
    assert response.status_code == 200
    assert "ETag" not in response.headers


def test_the_json_can_be_read_by_any_json_library(client):
    text = client.post(f"{SONG}&format=json").data.decode()
    json.loads(text, parse_constant=pytest.fail)


def test_a_song_of_one_note_is_a_song_in_every_format(client):
    for form in FORMATS:
        assert client.post(f"{SONG[:-2]}1&format={form.name}").status_code == 200


def test_the_notes_of_a_song_do_not_depend_on_its_format(client):
    by_json = client.post(f"{SONG}&format=json").json["notes"]
    midi = read_midi(client.post(SONG).data, "song").notes
    onset = [round(12 * note["start_beats"]) for note in by_json]
    held = [round(12 * note["duration_beats"]) for note in by_json]
    assert Notes.of(onset, held, [note["pitch"] for note in by_json]) == midi
