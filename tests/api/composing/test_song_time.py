"""The time of songs: they have the meter and the tempos of the music that they continue."""

import io
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from music.composing.encoded_primer import MOST_READ_NOTES
from music.midi import to_midi
from music.notes import Notes
from music.piece import TempoChange, TimeSignature, constant_tempo
from music.reading import read_midi
from music.reading.scores import read_score
from tests.api.loopback import OPENINGS, description
from tests.api.primers import scale, uploaded
from tests.api.streams import READERS
from tests.music.reading.support import midi_file, note

WALTZ = Notes.of(range(0, 72, 12), [12] * 6, [60, 64, 67, 62, 65, 69])
THREE_FOUR = (TimeSignature(0, 3, 4),)
URL = "/generate?game=zelda&seed=7&notes=40"


NINETY = constant_tempo(90)


def midi_of(*signatures, tempos=NINETY):
    return to_midi(WALTZ, tempos=tempos, time_signatures=signatures, name="waltz", text="")


@pytest.fixture
def ask(client):
    def answer(midi=None, form="midi", **fields):
        data = uploaded(midi, **fields) if midi else {"data": fields}
        response = client.post(f"{URL}&format={form}", **data)
        assert response.status_code == 200, response.data
        return response

    return answer


@pytest.fixture
def meter_read(loopback):
    """The length of a bar and the place in it that the model was given before the song."""

    def meter():
        (call,) = (c for c in loopback.calls if c.model_spec.signature_name == "prefill")
        given = (call.inputs[name].tensor_content for name in ("bar_ticks", "place_ticks"))
        return tuple(int.from_bytes(content, "little") for content in given)

    return meter


@pytest.mark.parametrize("include_primer", ["true", "false"])
def test_a_song_that_continues_a_waltz_is_one(ask, include_primer):
    waltz = midi_of(*THREE_FOUR)
    midi = read_midi(ask(waltz, include_primer=include_primer).data, "x")
    assert {(3, 4)} == {(s.numerator, s.denominator) for s in midi.time_signatures[-1:]}
    musicxml = ask(waltz, "musicxml", include_primer=include_primer).data
    root = ET.fromstring(musicxml)  # noqa: S314  we wrote it
    times = [(t.findtext("beats"), t.findtext("beat-type")) for t in root.iter("time")]
    assert times == [("3", "4")]
    assert {s.numerator for s in read_score(musicxml, ".xml", "x").time_signatures} == {3}
    assert b"<svg" in ask(waltz, "svg", include_primer=include_primer).data
    (signature,) = ask(waltz, "json", include_primer=include_primer).json["time_signatures"]
    assert (signature["numerator"], signature["denominator"]) == (3, 4)


def test_bar_lines_continue_those_of_the_primer(ask):
    waltz = midi_of(*THREE_FOUR)
    both = ask(waltz, "json", include_primer="true").json
    alone = ask(waltz, "json", include_primer="false").json
    first = both["notes"][both["primer_notes"]]["start_beats"]
    assert both["time_signatures"] == [{"start_beats": 0, "numerator": 3, "denominator": 4}]
    assert alone["time_signatures"][0]["start_beats"] == -(first % 3)


def test_the_meter_is_the_one_at_the_end_of_the_primer(ask):
    changing = midi_of(*THREE_FOUR, TimeSignature(36, 6, 8))
    alone = ask(changing, "json").json["time_signatures"]
    assert [(s["numerator"], s["denominator"]) for s in alone] == [(6, 8)]
    both = ask(changing, "json", include_primer="true").json["time_signatures"]
    assert [(s["start_beats"], s["numerator"]) for s in both] == [(0, 3), (3, 6)]


def test_a_song_of_the_corpus_has_the_meter_of_its_piece(ask, loopback):
    openings = tuple(replace(each, time_signatures=THREE_FOUR) for each in OPENINGS)
    loopback.descriptions["zelda"] = description(openings=openings).to_json()
    loopback.versions["zelda"] = {2: "AVAILABLE"}
    song = read_midi(ask(primer="corpus").data, "x")
    assert song.time_signatures[-1].numerator == 3


def test_a_song_without_a_primer_is_in_common_time(ask, meter_read):
    (signature,) = ask(form="json", primer="none").json["time_signatures"]
    assert signature == {"start_beats": 0, "numerator": 4, "denominator": 4}
    assert meter_read() == (48, 0)


PICKUP = (TimeSignature(-24, 3, 4),)


@pytest.mark.parametrize(
    ("signatures", "read"),
    [
        (THREE_FOUR, (36, 0)),
        (PICKUP, (36, 24)),
        ((TimeSignature(0, 6, 8),), (36, 0)),
        ((*THREE_FOUR, TimeSignature(36, 4, 4)), (48, 12)),  # read as if it had begun in 4/4
    ],
    ids=["waltz", "pickup", "six eighths", "changing"],
)
@pytest.mark.parametrize("start", ["upload", "corpus"])
def test_the_model_reads_in_the_meter_that_it_continues(
    ask, loopback, meter_read, start, signatures, read
):
    if start == "upload":
        ask(midi_of(*signatures))
    else:
        openings = tuple(replace(each, time_signatures=signatures) for each in OPENINGS)
        loopback.descriptions["zelda"] = description(openings=openings).to_json()
        ask(primer="corpus")
    assert meter_read() == read


def test_of_a_long_primer_the_place_is_that_of_the_first_note_that_is_read(ask, meter_read):
    notes = scale(MOST_READ_NOTES + 5)  # a sixteenth each
    ask(to_midi(notes, tempos=NINETY, time_signatures=PICKUP, name="long", text=""))
    assert meter_read() == (36, (24 + 5 * 3) % 36)


def test_the_meter_of_a_primer_without_time_signatures_is_inferred(ask, meter_read):
    two_bars = [72, 76, 79, 71, 74, 79]
    midi = midi_file([event for pitch in two_bars * 4 for event in note(pitch, 480)])
    assert read_midi(midi, "x").time_signatures == ()
    (signature,) = ask(midi, "json", include_primer="true").json["time_signatures"]
    assert (signature["numerator"], signature["denominator"]) == (3, 4)
    assert meter_read() == (36, 0)


@pytest.mark.parametrize("form", READERS)
def test_a_stream_has_the_meter_before_the_notes(ask, form):
    waltz = midi_of(*THREE_FOUR)
    _, song = READERS[form](ask(waltz, form))[0]
    whole = ask(waltz, "json").json
    assert song["time_signatures"] == whole["time_signatures"] != []
    assert song["tempos"] == whole["tempos"] == [{"start_beats": 0, "tempo": 90}]


TWO_TEMPOS = midi_of(tempos=(TempoChange(0, 60), TempoChange(36, 180)))


def test_with_the_primer_its_tempo_map_is_kept(ask):
    song = read_midi(ask(TWO_TEMPOS, include_primer="true").data, "x")
    assert song.tempos == (TempoChange(0, 60), TempoChange(36, 180))
    json = ask(TWO_TEMPOS, "json", include_primer="true").json
    assert (json["tempo"], [t["tempo"] for t in json["tempos"]]) == (180, [60, 180])
    starts = {note["start_beats"]: note["start_s"] for note in json["notes"]}
    assert (starts[2], starts[4]) == (2, pytest.approx(3 + 1 / 3))
    assert "tempo" not in json["origin"]


def test_a_requested_tempo_applies_to_the_whole_song(ask):
    song = read_midi(ask(TWO_TEMPOS, include_primer="true", tempo="77").data, "x")
    assert [round(change.bpm) for change in song.tempos] == [77]
    origin = ask(TWO_TEMPOS, "json", include_primer="true", tempo="77").json["origin"]
    assert origin["tempo"] == 77


def test_sound_and_streams_keep_the_same_time(ask):
    events = READERS["ndjson"](ask(TWO_TEMPOS, "ndjson", include_primer="true"))
    json = ask(TWO_TEMPOS, "json", include_primer="true").json
    told = [note["start_s"] for _, members in events[1:-1] for note in members.get("notes", [])]
    assert told == [note["start_s"] for note in json["notes"]]
    end_s = events[-1][1]["duration_s"]
    wav = io.BytesIO(ask(TWO_TEMPOS, "wav", include_primer="true").data)
    assert len(wav.getvalue()) / (44_100 * 4) > end_s
    slower = ask(TWO_TEMPOS, "wav", include_primer="true", tempo="60").data
    assert len(slower) > len(wav.getvalue())
