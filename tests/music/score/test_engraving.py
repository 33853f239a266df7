"""Scores: the notes on the staves are in MusicXML, spelled in the key, and engraved."""

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from xml.etree import ElementTree as ET

import pytest

from music.errors import EngravingError
from music.notes import Notes, cleaned, join
from music.piece import Piece, TempoChange, TimeSignature, constant_tempo
from music.reading.scores import read_score
from music.score import engraving as score
from music.score.engraving import to_musicxml, to_one_svg, to_svg

# C major: a scale in the right hand over two half notes, then a chord over a held bass.
SCALE = Notes.of(
    [0, 0, 6, 12, 18, 24, 24, 30, 36, 42, 48, 48, 48, 48],
    [24, 6, 6, 6, 6, 24, 6, 6, 6, 6, 48, 48, 48, 48],
    [48, 60, 62, 64, 65, 43, 67, 69, 71, 72, 48, 64, 67, 72],
)
SVG, XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
ROLES = {"beat-unit", "per-minute", "fifths", "beats", "beat-type", "staves", "work-title"}


def piece(notes: Notes) -> Piece:
    return Piece("A <tune> & more", notes, constant_tempo(96.4))


def parsed(notes: Notes, bars: int | None = None) -> ET.Element:
    return ET.fromstring(to_musicxml(piece(notes), bars))  # noqa: S314  we wrote it


def written(root: ET.Element) -> list[tuple[Fraction, Fraction, int, int]]:
    """Beat, beats, MIDI note number and staff of every sounding note, ties joined."""
    found: list[tuple[Fraction, Fraction, int, int]] = []
    open_ties: dict[tuple[int, int], int] = {}
    now = chord_at = Fraction(0)
    divisions = int(root.findtext(".//divisions", "1"))
    for element in root.iterfind("part/measure/*"):
        beats = Fraction(int(element.findtext("duration", "0")), divisions)
        if element.tag == "backup":
            now -= beats
        elif element.tag == "forward":
            now += beats
        if element.tag != "note":
            continue
        if element.find("chord") is None:
            chord_at, now = now, now + beats
        if element.find("pitch") is None:
            continue
        sound, staff = midi(element), int(element.findtext("staff", "1"))
        ties = {tie.get("type") for tie in element.iterfind("tie")}
        if "stop" in ties:
            place = open_ties.pop((sound, staff))
            begun = found[place]
            found[place] = (begun[0], begun[1] + beats, sound, staff)
        else:
            place = len(found)
            found.append((chord_at, beats, sound, staff))
        if "start" in ties:
            open_ties[sound, staff] = place
    assert open_ties == {}
    return sorted(found)


def midi(element: ET.Element) -> int:
    step = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}[
        element.findtext("pitch/step", "")
    ]
    alter = int(element.findtext("pitch/alter", "0"))
    return 12 * (int(element.findtext("pitch/octave", "")) + 1) + step + alter


def test_notes_in_sixteenths_and_triplets_are_written_as_they_are():
    root = parsed(SCALE)
    expected = [
        (Fraction(onset, 12), Fraction(ticks, 12), pitch, 1 if pitch >= 60 else 2)
        for onset, ticks, pitch in zip(*(c.tolist() for c in SCALE.columns[:3]), strict=True)
    ]
    assert written(root) == sorted(expected)


def test_a_score_says_its_key_its_time_its_tempo_and_its_title():
    said = {e.tag: e.text for e in parsed(SCALE).iter() if e.tag in ROLES}
    assert said == {
        "work-title": "A <tune> & more", "fifths": "0", "beats": "4", "beat-type": "4",
        "staves": "2", "beat-unit": "quarter", "per-minute": "96",
    }  # fmt: skip


def signatures(root: ET.Element) -> list[tuple[str, str]]:
    """The number of each measure that has a time signature, and the signature."""
    return [
        (measure.get("number", ""), f"{time.findtext('beats')}/{time.findtext('beat-type')}")
        for measure in root.iterfind("part/measure")
        for time in measure.iterfind("attributes/time")
    ]


def in_meter(notes: Notes, *meters: TimeSignature) -> ET.Element:
    return ET.fromstring(to_musicxml(replace(piece(notes), time_signatures=meters)))  # noqa: S314


def test_a_waltz_is_written_in_three_four():
    waltz = Notes.of(range(0, 144, 12), [12] * 12, [72, 76, 79] * 4)
    root = in_meter(waltz, TimeSignature(0, 3, 4))
    assert signatures(root) == [("1", "3/4")]
    assert len(root.findall("part/measure")) == 4
    assert [beat for beat, *_ in written(root)] == list(range(12))
    (page,) = to_svg(ET.tostring(root, "unicode"))
    classes = [e.get("class", "") for e in ET.fromstring(page).iter()]  # noqa: S314
    assert sum(name.split()[:1] == ["measure"] for name in classes) == 4


def test_a_pickup_is_only_the_end_of_its_bar():
    root = in_meter(Notes.of([0, 6, 24], [6, 18, 18], [72, 76, 79]), TimeSignature(-30, 6, 8))
    assert [beat for beat, *_ in written(root)] == [0, Fraction(1, 2), 2]
    pickup, following = root.findall("part/measure")
    assert (pickup.get("implicit"), following.get("implicit")) == ("yes", "no")


@pytest.mark.parametrize(
    "signature",
    [
        TimeSignature(-36, 4, 4),
        TimeSignature(-24, 3, 4),
        TimeSignature(-30, 6, 8),
        TimeSignature(-12, 2, 4),
        TimeSignature(-3, 3, 8),
        TimeSignature(0, 3, 4),
    ],
    ids=lambda meter: f"{meter.start_ticks} {meter.numerator}/{meter.denominator}",
)
def test_a_pickup_is_read_back_in_its_meter_with_its_notes(signature):
    left_ticks = signature.bar_ticks + signature.start_ticks
    onsets = [0, *range(left_ticks, 200, 12)]
    lengths = [left_ticks, *[12] * (len(onsets) - 1)]
    notes = Notes.of(onsets, lengths, [72 + n % 5 for n in range(len(onsets))])
    xml = to_musicxml(Piece("x", notes, time_signatures=(signature,)))
    back = read_score(xml.encode(), ".musicxml", "x")
    assert back.notes == notes
    assert back.time_signatures == (signature,)


def test_a_pickup_that_rounding_moves_to_the_bar_line_has_no_bar():
    root = in_meter(Notes.of([0, 1, 13], [1, 12, 12], [60, 72, 76]), TimeSignature(-47, 4, 4))
    assert len(root.findall("part/measure")) == 1
    assert {beat for beat, *_ in written(root)} == {0, 1}


def test_meters_may_change_and_bars_be_cut_short():
    notes = Notes.of([0, 48, 60, 114], [48, 12, 54, 12], [72, 76, 79, 72])
    root = in_meter(
        notes, TimeSignature(0, 4, 4), TimeSignature(60, 9, 8), TimeSignature(114, 2, 4)
    )
    assert signatures(root) == [("1", "4/4"), ("3", "9/8"), ("4", "2/4")]
    assert [beat for beat, *_ in written(root)] == [0, 4, 5, Fraction(19, 2)]


def test_a_silent_bar_is_one_rest_in_any_meter():
    root = in_meter(Notes.of([0, 108], [54, 54], [72, 72]), TimeSignature(0, 9, 8))
    rests = [
        e for e in root.iterfind("part/measure[@number='2']/note") if e.find("rest") is not None
    ]
    assert [e.find("rest").get("measure") for e in rests] == ["yes", "yes"]


def test_tempos_are_written_at_the_bars_in_which_they_change():
    changing = replace(piece(SCALE), tempos=(TempoChange(0, 60), TempoChange(48, 180.4)))
    root = ET.fromstring(to_musicxml(changing))  # noqa: S314
    assert [
        (measure.get("number"), mark.text)
        for measure in root.iterfind("part/measure")
        for mark in measure.iter("per-minute")
    ] == [("1", "60"), ("2", "180")]


def test_triplets_are_written_as_such():
    root = parsed(Notes.of([0, 4, 8, 12], [4, 4, 4, 12], [72, 74, 76, 77]))
    assert [beats for _, beats, _, _ in written(root)] == [Fraction(1, 3)] * 3 + [1]
    assert len(root.findall(".//tuplet[@type='start']")) == 1


def test_a_note_over_the_bar_line_is_tied():
    root = parsed(Notes.of([0, 36], [36, 24], [72, 76]))
    assert written(root)[1] == (3, 2, 76, 1)
    assert len(root.findall(".//tied")) == 2


def over_bass(notes):
    """Notes of the right hand, while the left one holds a bass note."""
    return cleaned(join([Notes.of([0], [notes.end_ticks], [40]), notes]))


def test_a_note_held_while_others_move_gets_its_own_voice():
    notes = over_bass(Notes.of([0, 0, 12, 24, 36], [48, 12, 12, 12, 12], [72, 62, 64, 65, 64]))
    assert {e.text for e in parsed(notes).iterfind(".//note[pitch][staff='1']/voice")} == {"1", "2"}
    assert (0, 4, 72, 1) in written(parsed(notes))


def test_the_voices_of_a_staff_point_away_from_each_other():
    notes = over_bass(Notes.of([0, 0, 12, 24], [36, 12, 12, 12], [72, 62, 64, 65]))
    found = parsed(notes).iterfind(".//note[pitch][staff='1']")
    assert {(e.findtext("voice"), e.findtext("stem")) for e in found} == {
        ("1", "up"),
        ("2", "down"),
    }


def test_a_rest_that_only_fills_the_bar_is_not_printed():
    notes = over_bass(Notes.of([0, 6, 12, 24], [24, 6, 6, 12], [72, 62, 64, 65]))
    rests = [e for e in parsed(notes).iterfind(".//note[rest]") if e.findtext("staff") == "1"]
    assert len(rests) > 1
    assert {e.get("print-object") for e in rests} == {"no"}


@pytest.mark.parametrize(
    ("fifths", "pitch", "name"),
    [
        (0, 63, "E-4"),
        (0, 68, "G#4"),
        (-3, 68, "A-4"),
        (4, 63, "D#4"),
        (6, 65, "E#4"),
        (-6, 71, "C-5"),
    ],
)
def test_pitches_are_named_as_the_key_does(fifths, pitch, name):
    spelled = score._spelled(pitch, fifths)
    assert (spelled.nameWithOctave, spelled.midi) == (name, pitch)


MINOR = Notes.of(range(0, 48, 6), [6] * 8, [69, 71, 72, 74, 76, 77, 80, 81])


@pytest.mark.parametrize(
    ("notes", "semitones", "fifths"),
    [(SCALE, n, f) for n, f in enumerate((0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5))]
    + [(MINOR, n, f) for n, f in enumerate((0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5))],
)
def test_no_key_has_more_than_six_sharps_or_flats(notes, semitones, fifths):
    root = parsed(notes.transposed(semitones))
    signature = int(root.findtext(".//fifths", "none"))
    assert abs(signature) <= 6
    assert (signature - fifths) % 12 == 0


def test_an_accidental_is_shown_if_it_differs_from_the_signature():
    keys = [68, 68, 67, 68, 80, *[60, 62, 64, 65, 67, 69, 71, 72] * 4]
    onset = [6 * n for n in range(len(keys))]
    root = parsed(Notes.of(onset, [6] * len(keys), keys))
    shown = [e.findtext("accidental") for e in root.iterfind(".//note[pitch]")][:5]
    assert shown == ["sharp", None, "natural", "sharp", "sharp"]


def test_only_the_requested_bars_are_written():
    root = parsed(SCALE, bars=1)
    assert len(root.findall("part/measure")) == 1
    assert max(beat + beats for beat, beats, _, _ in written(root)) == 4


@pytest.mark.parametrize("bars", [0, -1])
def test_a_score_has_a_bar_at_least(bars):
    with pytest.raises(ValueError, match=f"1 bar or more, not {bars}"):
        to_musicxml(piece(SCALE), bars)


def test_the_same_piece_is_the_same_text_on_any_day():
    text = to_musicxml(piece(SCALE))
    assert text == to_musicxml(piece(SCALE))
    assert "encoding-date" not in text
    root = parsed(SCALE)
    assert {e.get("id") for e in root.iter() if "id" in e.attrib} == {"P1"}


def test_an_invalid_score_is_not_engraved():
    with pytest.raises(EngravingError, match="cannot read"):
        to_svg("<score-partwise")


def test_all_pages_of_a_long_piece_lie_below_each_other_in_one_picture():
    onset = range(0, 12 * 480, 12)
    pages = to_svg(
        to_musicxml(piece(Notes.of(onset, [12] * 480, [60 + n % 12 for n in range(480)])))
    )
    assert len(pages) > 1
    root = ET.fromstring(to_one_svg(pages))  # noqa: S314  we wrote it
    inner = root.findall(f"{SVG}svg")
    assert inner[0].get("y") == "0"
    bottoms = [float(page.get("y")) + float(page.get("height")) for page in inner]
    assert [float(page.get("y")) for page in inner[1:]] == pytest.approx(bottoms[:-1])
    assert float(root.get("height")) == pytest.approx(bottoms[-1])
    classes = [e.get("class", "") for e in root.iter()]
    assert sum(name.split()[:1] == ["measure"] for name in classes) == 120
    assert sum(name.split()[:1] == ["note"] for name in classes) == 480


def test_the_tempo_mark_needs_no_music_font():
    (page,) = to_svg(to_musicxml(piece(SCALE)))
    root = ET.fromstring(page)  # noqa: S314  we wrote it
    (mark,) = (e for e in root.iter(f"{SVG}g") if e.get("class") == "tempo")
    assert [e.tag.removeprefix(SVG) for e in mark] == ["path", "text"]
    assert mark[1].text == "= 96"
    assert float(mark[1].get("x")) > float(mark[0].get("transform", "").split("(")[1].split()[0])
    assert "@font-face" not in page
    assert not re.search("[\ue000-\uf8ff]", page)  # SMuFL's symbols, in Unicode's private area


def test_every_id_of_the_picture_is_there_once():
    onset = range(0, 12 * 480, 12)
    pages = to_svg(to_musicxml(piece(Notes.of(onset, [12] * 480, [60] * 480))))
    root = ET.fromstring(to_one_svg(pages))  # noqa: S314  we wrote it
    ids = [e.get("id") for e in root.iter() if "id" in e.attrib]
    assert len(ids) == len(set(ids))
    used = {e.get(f"{XLINK}href", "#")[1:] for e in root.iter(f"{SVG}use")}
    assert used <= set(ids)


def test_a_piece_without_notes_is_an_empty_bar():
    root = parsed(Notes.of([], [], []))
    assert len(root.findall("part/measure")) == 1
    assert written(root) == []


def test_a_score_is_engraved_the_same_every_time():
    first, again = to_svg(to_musicxml(piece(SCALE))), to_svg(to_musicxml(piece(SCALE)))
    assert first == again
    assert len(first) == 1
    assert ET.fromstring(first[0]).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314


def test_every_thread_can_engrave():
    written = to_musicxml(piece(SCALE))
    here = to_svg(written)
    with ThreadPoolExecutor(max_workers=2) as threads:
        assert list(threads.map(to_svg, [written] * 4)) == [here] * 4


def test_a_piano_score_is_written_as_before_there_were_bands():
    text = to_musicxml(piece(SCALE))
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "0ed2e788a2ae46a5"
