"""Uploaded primers: songs continue them, and unreadable ones are refused."""

import io
import json
from codecs import BOM_UTF8

import mido
import numpy as np
import pytest

from api.composing.primers import Upload
from music.codec import BOS, FIRST, open_codec
from music.codec.notetuple import NoteTuple
from music.composing.encoded_primer import MOST_READ_NOTES, encoded_primer
from music.description import LearnedPiece
from music.expression.articulation import as_written
from music.midi import to_midi
from music.notes import NO_NOTES, Notes, cleaned, join
from music.performance import Performance
from music.piece import constant_tempo
from music.reading import read_midi
from tests.api.loopback import CODEC, VOCABULARY, description
from tests.api.primers import CUT_INTRO, INTRO, LINE, URL, midi_of, scale, uploaded
from tests.api.problems import assert_problem
from tests.api.songs import notes_of, texts_of
from tests.api.streams import READERS, streamed_notes
from tests.music.reading.support import midi_file, note


@pytest.fixture
def prefilled(loopback):
    """The tokens that the model has read before the song."""

    def tokens():
        (call,) = (c for c in loopback.calls if c.model_spec.signature_name == "prefill")
        return np.frombuffer(call.inputs["tokens"].tensor_content, "<i4").tolist()

    return tokens


def test_a_song_continues_an_uploaded_primer(client, prefilled):
    response = client.post(URL, **uploaded(INTRO))
    assert response.status_code == 200
    assert prefilled() == [BOS, *CODEC.encode(LINE)]
    song = notes_of(response)
    assert len(song) == 30
    assert song.onset_ticks[0] == 0
    assert song != notes_of(client.post(URL))
    assert song != notes_of(client.post(URL, **uploaded(midi_of(LINE.transposed(1)))))
    assert response.data == client.post(URL, **uploaded(INTRO)).data


def test_it_sounds_as_detached_as_the_primer(client):
    eighths = Notes.of(range(0, 240, 6), [6] * 40, [60 + n % 24 for n in range(40)])
    primer = to_midi(
        eighths,
        tempos=constant_tempo(100),
        name="",
        text="",
        performance=Performance(np.full(40, 80, np.int32), np.full(40, 5.1, np.float32)),
    )
    written = client.post(f"{URL}&format=json", **uploaded(primer)).json["notes"]
    midi = read_midi(client.post(URL, **uploaded(primer)).data, "x")
    share = midi.performance.sounding_ticks / [12 * note["duration_beats"] for note in written]
    assert share == pytest.approx(0.85, abs=0.01)


def test_a_song_continues_in_the_primers_tempo_unless_another_is_requested(client):
    for query, tempo_bpm in (("", 100), ("&tempo=77", 77)):
        response = client.post(URL + query, **uploaded(INTRO))
        assert read_midi(response.data, "x").tempo_bpm == pytest.approx(tempo_bpm, abs=0.01)


def test_a_song_continues_at_the_tempo_at_the_end_of_the_primer(client):
    tempos = [
        mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(60)),
        mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(180), time=40 * 480),
    ]
    response = client.post(URL, **uploaded(midi_file(tempos, note(60, 480) * 72)))
    assert read_midi(response.data, "x").tempo_bpm == 180


@pytest.mark.parametrize(
    "form", ["midi", "wav", "ogg", "json", "musicxml", "svg", "zip", "sse", "ndjson"]
)
def test_every_format_can_continue_a_primer(client, form):
    response = client.post(f"{URL}&format={form}", **uploaded(INTRO, include_primer="true"))
    assert response.status_code == 200
    assert response.headers["Leitmotif-Primer"] == "uploaded"
    assert response.data != client.post(f"{URL}&format={form}", **uploaded(INTRO)).data


def test_with_the_primer_the_song_is_the_same_and_the_primer_comes_first(client):
    new = notes_of(client.post(URL, **uploaded(INTRO, include_primer="false")))
    response = client.post(URL, **uploaded(INTRO, include_primer="true"))
    assert response.headers["Leitmotif-Notes"] == "30"
    both = notes_of(response)
    assert len(both) == len(LINE) + 30
    later = both.onset_ticks[len(LINE)] - new.onset_ticks[0]
    assert later >= LINE.onset_ticks[-1]
    assert both == cleaned(join([LINE, new.shifted(later)]))


def test_new_notes_of_the_codec_of_events_begin_half_a_beat_after_the_primer(client, loopback):
    names = [f"{letter}{octave}" for octave in (3, 4, 5) for letter in "CDEFGAB"]
    loopback.descriptions["zelda"] = description(
        codec="notes", vocabulary=(names,), openings=()
    ).to_json()
    loopback.tune = (FIRST, FIRST + 1)
    primer = Notes.of([0, 12, 24], [12, 12, 12], [60, 62, 64])
    song = notes_of(client.post(URL, **uploaded(midi_of(primer), include_primer="true")))
    assert song.onset_ticks[:6].tolist() == [0, 12, 24, 30, 36, 42]


def test_json_says_how_many_of_the_notes_are_the_primers(client):
    for include_primer, primer_notes in (("true", 5), ("false", 0)):
        data = uploaded(INTRO, include_primer=include_primer, format="json")
        answer = client.post(URL, **data).json
        assert answer["primer_notes"] == primer_notes
        assert len(answer["notes"]) == 30 + primer_notes
        assert answer["tempo"] == 100


WARNING = "the file ends early; notes read: 5"


@pytest.mark.parametrize(
    ("midi", "warnings", "header"),
    [(INTRO, [], None), (CUT_INTRO, [WARNING], f'"{WARNING}"')],
    ids=["whole", "cut"],
)
def test_the_response_lists_the_warnings_of_a_readable_primer(client, midi, warnings, header):
    song = client.post(URL, **uploaded(midi, format="json"))
    stream = client.post(URL, **uploaded(midi, format="ndjson"))
    for response in (song, stream):
        assert response.headers.get("Leitmotif-Primer-Warnings") == header
    assert song.json["primer_warnings"] == warnings
    assert READERS["ndjson"](stream)[0][1]["primer_warnings"] == warnings


@pytest.mark.parametrize("form", READERS)
def test_a_stream_begins_with_the_primer_and_is_the_song(client, form):
    midi = notes_of(client.post(URL, **uploaded(INTRO, include_primer="true")))
    response = client.post(f"{URL}&format={form}", **uploaded(INTRO, include_primer="true"))
    events = READERS[form](response)
    assert events[0][1]["primer_notes"] == len(LINE)
    assert streamed_notes(events[:2]) == LINE
    assert cleaned(streamed_notes(events)) == midi
    assert events[-1][1]["notes"] == 30
    assert events[-1][1]["duration_beats"] >= midi.end_ticks / 12


def test_the_callers_own_notes_are_not_counted_as_a_quote(client, loopback):
    new = notes_of(client.post(URL, **uploaded(INTRO)))
    pieces = (LearnedPiece("the primer", LINE), LearnedPiece("the song", new))
    loopback.descriptions["zelda"] = description(learned=pieces).to_json()
    loopback.versions["zelda"] = {2: "AVAILABLE"}
    data = uploaded(INTRO, include_primer="true", format="json", max_quote="4000")
    answer = client.post(URL, **data).json
    assert answer["longest_quote"] == 30
    (quote,) = answer["quotes"]
    first = answer["notes"][quote["first_note"]]
    assert quote["piece"] == "the song"
    assert (first["pitch"], first["start_beats"]) == (new.pitch[0], quote["start_beats"])


def test_the_response_says_that_a_primer_was_uploaded_without_its_name(client):
    response = client.post(URL, **uploaded(INTRO, include_primer="true"))
    (text,) = texts_of(response)
    assert "primer=uploaded; primer_sha256=" in text
    assert "include_primer=true" in text
    assert "intro.mid" not in text + str(response.headers)
    assert "Leitmotif-Primer" not in client.post(URL).headers


def test_the_etag_depends_on_the_upload(client):
    def tag(midi, **fields):
        return client.post(URL, **uploaded(midi, **fields)).headers["ETag"]

    asked = ((INTRO, "false"), (INTRO, "true"), (midi_of(LINE, 101), "false"))
    tags = {tag(midi, include_primer=included) for midi, included in asked}
    assert len(tags | {client.post(URL).headers["ETag"]}) == 4
    answer = client.post(URL, **uploaded(INTRO), headers={"If-None-Match": tag(INTRO)})
    assert answer.status_code == 304


@pytest.mark.parametrize("extra", [0, 1, 500])
def test_of_a_long_primer_only_the_end_is_read(client, prefilled, extra):
    notes = scale(MOST_READ_NOTES + extra)
    response = client.post(URL, **uploaded(midi_of(notes), include_primer="true"))
    read = prefilled()
    assert len(read) == MOST_READ_NOTES + (not extra)
    assert read[-1] == CODEC.encode(notes)[-1]
    assert (read[0] == BOS) == (not extra)
    assert len(notes_of(response)) == len(notes) + 30


def test_several_tracks_are_merged_and_drums_are_left_out(client, prefilled):
    drums = note(60, 480, channel=9)
    client.post(URL, **uploaded(midi_file(note(64, 480), note(60, 480), drums)))
    assert prefilled() == [BOS, *CODEC.encode(Notes.of([0, 0], [12, 12], [60, 64]))]


def test_notes_are_read_as_long_as_they_would_be_written(client, prefilled):
    short = Notes.of([0, 12, 24], [11, 11, 11], [60, 62, 64])
    client.post(URL, **uploaded(midi_of(short)))
    assert prefilled() == [BOS, *CODEC.encode(as_written(short))]


def test_a_primer_that_is_too_low_is_transposed_to_the_nearest_readable_key(client, prefilled):
    low = LINE.transposed(-5)
    response = client.post(URL, **uploaded(midi_of(low), include_primer="true"))
    assert prefilled() == [BOS, *CODEC.encode(LINE)]
    song = notes_of(response)
    assert song[song.places_of(LINE)].pitch.tolist() == LINE.pitch.tolist()
    assert song[:4] == LINE[:4]  # the last may go on as a chord


@pytest.mark.parametrize("semitones", [-39, -1, 0, 1, 24])
def test_a_readable_primer_stays_in_its_key(semitones):
    notes = LINE.transposed(semitones)
    assert encoded_primer(notes, NoteTuple.over()).notes == notes


def test_a_primer_unreadable_in_every_key_is_refused(client, loopback):
    wide = Notes.of([0, 12], [12, 12], [40, 80])
    response = client.post(URL, **uploaded(midi_of(wide)))
    assert_problem(response, 422, slug="bad-parameter")
    assert response.json["parameter"] == "primer"
    assert response.json["detail"] == (
        "This game's model cannot read the primer: in no key does it know all of its notes."
    )
    assert loopback.signatures() == ["describe"]


def test_a_codec_that_does_not_know_a_chord_cannot_read_it():
    codec = open_codec("notes", (("C4", "0.4.7"),))
    assert encoded_primer(Notes.of([0], [6], [64]), codec).notes.pitch.tolist() == [60]
    assert codec.encode(NO_NOTES).tolist() == []


def test_a_song_that_an_editor_saved_with_a_byte_order_mark_is_read():
    song = b'{"notes": [{"pitch": 60, "start_beats": 0, "duration_beats": 1}]}'
    assert Upload.read(BOM_UTF8 + song).piece.notes == Upload.read(song).piece.notes


@pytest.mark.parametrize(
    ("midi", "reason"),
    [
        (b"", "not a MIDI file: it does not begin with MThd"),
        (b"<html>", "not a MIDI file: it does not begin with MThd"),
        (INTRO[:60], "none of its notes can be read: 1 without an end; the file ends early"),
        (midi_file(note(60, 480, channel=9)), "none of its notes can be read: 1 of drums"),
        (midi_of(NO_NOTES), "no notes in it"),
    ],
)
def test_a_broken_primer_is_a_422_that_says_what_is_broken(client, loopback, midi, reason):
    response = client.post(URL, **uploaded(midi))
    assert_problem(response, 422, slug="bad-parameter")
    assert response.json["parameter"] == "primer"
    assert response.json["detail"].startswith(f"The primer cannot be read: {reason}")
    assert not loopback.calls


def test_a_primer_with_an_extreme_tempo_needs_a_requested_one(client, loopback):
    fast = midi_file([mido.MetaMessage("set_tempo", tempo=60_000)], note(60, 480))
    response = client.post(URL, **uploaded(fast))
    assert_problem(response, 422, slug="bad-parameter")
    assert response.json["detail"] == (
        "The primer ends at 1000 beats per minute; give a tempo from 20 to 400."
    )
    assert not loopback.calls
    assert client.post(f"{URL}&tempo=100", **uploaded(fast)).status_code == 200


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("format", "format cannot be a file; send a value."),
        ("intro", "There is no parameter 'intro'. "),
        ("<intro>", "There is no parameter of that name. "),
    ],
)
def test_a_file_under_another_name_is_refused_by_it(client, loopback, name, detail):
    response = client.post(URL, data={name: (io.BytesIO(INTRO), "intro.mid")})
    assert_problem(response, 422, slug="bad-parameter")
    assert response.json["detail"].startswith(detail)
    assert not loopback.calls


@pytest.mark.parametrize(
    ("query", "fields"),
    [("&primer=none", {}), ("", {"primer": ["corpus"]}), ("", {"primer": [None]})],
    ids=["in the query too", "as a value too", "two files"],
)
def test_a_primer_given_twice_is_refused(client, loopback, query, fields):
    files = [value or (io.BytesIO(INTRO), "b.mid") for value in fields.get("primer", [])]
    data = {"primer": [(io.BytesIO(INTRO), "a.mid"), *files]}
    response = client.post(URL + query, data=data)
    assert_problem(response, 422, slug="bad-parameter")
    assert response.json["detail"] == "primer was sent twice; send it once."
    assert not loopback.calls


def test_a_primer_of_a_megabyte_can_be_sent(client):
    padding = b"\x00\xff\x7f\xbf\xf0\x00" + b"x" * (0x3F << 14 | 0x70 << 7)
    at = INTRO.index(b"MTrk") + 4
    length = int.from_bytes(INTRO[at : at + 4]) + len(padding)
    midi = INTRO[:at] + length.to_bytes(4) + padding + INTRO[at + 4 :]
    assert 1_040_000 < len(midi) <= 1024 * 1024
    head = b'--x\r\nContent-Disposition: form-data; name="primer"; filename="x.mid"\r\n\r\n'
    response = client.post(
        URL,
        data=head + midi + b"\r\n--x--\r\n",
        content_type="multipart/form-data; boundary=x",
    )
    assert response.status_code == 200, json.dumps(response.json)
    assert notes_of(response) == notes_of(client.post(URL, **uploaded(INTRO)))


def test_the_vocabulary_of_these_tests_is_narrower_than_a_piano():
    assert len(VOCABULARY[1]) < len(NoteTuple.over().vocabulary[1])
