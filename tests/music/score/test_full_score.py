"""Full scores: a staff per part, clefs, a drum kit, and instruments."""

from xml.etree import ElementTree as ET

import music21
import numpy as np
import pytest

from music.notes import Notes
from music.piece import Piece, TimeSignature, constant_tempo
from music.players.line_up import LineUp
from music.players.roles import DRUMS, FAMILIES, role_of
from music.reading.scores import read_score
from music.score.engraving import to_musicxml, to_one_svg, to_svg
from tests.music.bands import LINE_UP, NAMES, NOTES, PROGRAMS

FOUR_FOUR = (TimeSignature(0, 4, 4),)
TUNE = Piece("Tune", NOTES, constant_tempo(96), FOUR_FOUR, line_up=LINE_UP)


def parsed(piece: Piece = TUNE) -> ET.Element:
    return ET.fromstring(to_musicxml(piece))  # noqa: S314  we wrote it


def texts(root: ET.Element, path: str) -> list[str | None]:
    return [element.text for element in root.iterfind(path)]


def test_a_band_has_a_named_part_per_instrument_in_the_order_of_a_score():
    root = parsed()
    assert texts(root, "part-list/score-part/part-name") == NAMES
    assert texts(root, "part-list/score-part/part-abbreviation") == [
        "Fl.",
        "Pno.",
        "Vln. 1",
        "Vln. 2",
        "E. Bass",
        "Dr.",
    ]
    ids = [part.get("id") for part in root.iterfind("part")]
    assert ids == [part.get("id") for part in root.iter("score-part")]
    assert ids == ["P1", "P2", "P3", "P4", "P5", "P6"]


def test_every_part_has_its_program_and_channel():
    for part, program, channel in zip(
        parsed().iter("score-part"), PROGRAMS, [1, 2, 3, 4, 5, 10], strict=True
    ):
        assert set(texts(part, "midi-instrument/midi-program")) == {str(program + 1)}
        assert set(texts(part, "midi-instrument/midi-channel")) == {str(channel)}


def test_a_piano_in_a_band_has_two_staves_and_other_parts_have_one():
    found = [part.findtext("measure/attributes/staves", "1") for part in parsed().iter("part")]
    assert found == ["1", "2", "1", "1", "1", "1"]


def test_drums_are_heads_on_a_percussion_clef_that_name_their_instruments():
    drums = list(parsed().iter("part"))[-1]
    assert drums.findtext("measure/attributes/clef/sign") == "percussion"
    assert drums.find("measure/attributes/key") is None
    assert not list(drums.iter("pitch"))
    head = list(parsed().iter("score-part"))[-1]
    keys = {
        one.get("id"): int(one.findtext("midi-unpitched", "")) - 1
        for one in head.iter("midi-instrument")
    }
    names = {
        one.get("id"): one.findtext("instrument-name") for one in head.iter("score-instrument")
    }
    assert sorted(keys.values()) == [36, 38, 42, 46, 49]
    found = {
        names[note.find("instrument").get("id")]: (
            note.findtext("unpitched/display-step") + note.findtext("unpitched/display-octave"),
            note.findtext("notehead", "normal"),
        )
        for note in drums.iter("note")
        if note.find("rest") is None
    }
    assert found == {
        "Bass Drum": ("F4", "normal"),
        "Acoustic Snare": ("C5", "normal"),
        "Closed Hi-Hat": ("G5", "x"),
        "Open Hi-Hat": ("G5", "circle-x"),
        "Crash Cymbal 1": ("A5", "x"),
    }
    assert not any(note.get("id") for note in drums.iter("note"))


def of_one(role: int, program: int, pitches: list[int]) -> Piece:
    count = len(pitches)
    notes = Notes.of(range(0, 12 * count, 12), [12] * count, pitches, [role] * count)
    return Piece("x", notes, time_signatures=FOUR_FOUR, line_up=LineUp.of({role: program}))


@pytest.mark.parametrize(
    ("family", "pitches", "clef"),
    [
        ("pipe", [90, 93, 95], ("G", "2", "1")),
        ("strings", [72, 74, 76], ("G", "2", None)),
        ("strings", [50, 52, 54], ("F", "4", None)),
        ("bass", [31, 33, 35], ("F", "4", "-1")),
        ("guitar", [45, 52, 57], ("G", "2", "-1")),
        ("guitar", [70, 72, 74], ("G", "2", None)),
        ("piano", [72, 74, 76], ("G", "2", None)),
    ],
)
def test_a_part_has_the_clef_of_its_register_and_is_written_as_it_sounds(family, pitches, clef):
    piece = of_one(role_of(FAMILIES.index(family), 0), 8 * FAMILIES.index(family) + 1, pitches)
    root = parsed(piece)
    found = root.find("part/measure/attributes/clef")
    assert tuple(found.findtext(tag) for tag in ("sign", "line", "clef-octave-change")) == clef
    score = music21.converter.parseData(to_musicxml(piece), format="musicxml")
    assert [pitch.midi for pitch in score.pitches] == pitches


@pytest.mark.parametrize(
    ("pitches", "clefs"),
    [
        ([40, 43, 75, 77] * 4, ["G", "F"]),
        ([40, 43, 88, 91] * 4, ["G8", "F"]),
        ([26, 28, 75, 77] * 4, ["G", "F-8"]),
        ([50, 91] * 8, ["G"]),  # four ledger lines
        ([72] * 14 + [30], ["G", "F-8"]),
        ([72] * 60 + [30], ["G"]),  # a single far note
        ([100] * 8, ["G8"]),
    ],
)
def test_a_part_that_is_too_wide_for_a_clef_has_two_staves(pitches, clefs):
    piece = of_one(role_of(FAMILIES.index("strings"), 0), 45, pitches)
    root = parsed(piece)
    octave = {None: "", "1": "8", "-1": "-8"}
    found = [
        clef.findtext("sign") + octave[clef.findtext("clef-octave-change")]
        for clef in root.findall("part/measure/attributes/clef")
    ]
    assert (len(root.findall("part")), found) == (1, clefs)
    read = read_score(to_musicxml(piece).encode(), ".musicxml", "x", band=True)
    assert (read.line_up, read.notes.pitch.tolist()) == (piece.line_up, pitches)


def clefs_in(root: ET.Element) -> list[str]:
    """Return the clefs of a score of one part, with the bars where they are written."""
    return [
        f"{measure.get('number')} {clef.findtext('sign')}"
        for measure in root.iterfind("part/measure")
        for clef in measure.iterfind("attributes/clef")
    ]


@pytest.mark.parametrize(
    ("family", "program", "clefs"),
    [
        ("reed", 71, ["1 G", "2 F", "3 G"]),  # a clarinet has one staff
        ("strings", 42, ["1 G", "2 F", "3 G"]),
        ("strings", 46, ["1 G", "1 F"]),  # a harp has two
        ("organ", 19, ["1 G", "1 F"]),
    ],
)
def test_a_player_of_single_notes_has_one_staff_and_changes_the_clef(family, program, clefs):
    wide = [72, 76, 72, 76, 40, 43, 76, 43, 72, 76, 72, 76]
    piece = of_one(role_of(FAMILIES.index(family), 0), program, wide)
    assert clefs_in(parsed(piece)) == clefs
    read = read_score(to_musicxml(piece).encode(), ".musicxml", "x", band=True)
    assert (read.line_up, read.notes.pitch.tolist()) == (piece.line_up, wide)


def of_many(programs: dict[tuple[str, int], int]) -> Piece:
    """Let every voice of a family play one note."""
    line_up = LineUp.of(
        {role_of(FAMILIES.index(family), voice): n for (family, voice), n in programs.items()}
    )
    count = len(programs)
    notes = Notes.of([0] * count, [12] * count, [60] * count, line_up.roles)
    return Piece("x", notes, time_signatures=FOUR_FOUR, line_up=line_up)


def test_sections_of_two_parts_or_more_have_a_bracket():
    piece = of_many(
        {
            ("pipe", 0): 73,
            ("reed", 0): 71,
            ("brass", 0): 56,
            ("organ", 0): 19,
            ("ensemble", 0): 48,
            ("strings", 0): 40,
            ("strings", 1): 42,
            ("strings", 2): 47,
            ("percussive", 0): 115,
        }
    )
    found = [
        element.findtext("part-name") or f"{element.get('type')} {element.findtext('group-symbol')}"
        for element in parsed(piece).find("part-list")
    ]
    assert found == [
        "start bracket",
        "Flute",
        "Clarinet",
        "stop None",
        "Trumpet",
        "Church Organ",
        "start bracket",
        "String Ensemble 1",
        "Violin",
        "Cello",
        "stop None",
        "start bracket",
        "Timpani",
        "Woodblock",
        "stop None",
    ]


def test_from_the_second_page_on_staves_without_notes_are_left_out():
    flute, violin = role_of(FAMILIES.index("pipe"), 0), role_of(FAMILIES.index("strings"), 0)
    roles = [flute, flute + 1, violin, violin + 1]
    onsets = [0] * 4 + [6 * eighth for eighth in range(8, 8 * 40) for _ in range(2)]
    who = [*roles, *[flute, violin] * (8 * 39)]
    notes = Notes.of(onsets, [6] * len(who), [72] * len(who), who)
    line_up = LineUp.of(dict(zip(roles, [73, 73, 40, 40], strict=True)))
    pages = to_svg(to_musicxml(Piece("x", notes, time_signatures=FOUR_FOUR, line_up=line_up)))
    assert len(pages) > 1
    assert (">Flute 2<" in pages[0], ">Vln. 2<" in pages[-1]) == (True, False)
    assert ">Vln. 1<" in pages[-1]


def test_our_reader_reads_a_full_score_as_the_same_band():
    piece = read_score(to_musicxml(TUNE).encode(), ".musicxml", "x", band=True)
    as_read = np.where(NOTES.role == DRUMS, 3, NOTES.duration_ticks)
    expected = Notes.of(NOTES.onset_ticks, as_read, NOTES.pitch, NOTES.role)
    assert (piece.line_up, piece.notes) == (LINE_UP, expected)


def test_a_part_that_has_no_notes_has_no_staff():
    silent = Piece("x", NOTES[NOTES.role != DRUMS], time_signatures=FOUR_FOUR, line_up=LINE_UP)
    assert texts(parsed(silent), "part-list/score-part/part-name") == NAMES[:-1]


def test_a_full_score_is_engraved_with_all_names_the_same_each_time(capfd):
    crowd = [role for role in range(60) if role % 4 == 0]
    piece = Piece(
        "x",
        Notes.of([0] * 16, [12] * 16, [60] * 15 + [36], [*crowd, DRUMS]),
        time_signatures=FOUR_FOUR,
        line_up=LineUp.usual([*crowd, DRUMS]),
    )
    first, again = (to_one_svg(to_svg(to_musicxml(piece))) for _ in range(2))
    assert first == again
    for name in ("Piccolo", "Violin", "Sitar", "Drums"):
        assert f">{name}</tspan>" in first
    assert capfd.readouterr().err == ""  # music21 warns of what it cannot write
