"""Reads scores: sounding notes, in playing order, or a reason why not."""

import io
import zipfile
from contextlib import suppress

import music21
import pytest
from hypothesis import given
from hypothesis import strategies as st

from music.errors import UnreadablePieceError
from music.notes import Notes
from music.piece import Piece, TempoChange, TimeSignature
from music.reading import read_piece
from music.reading.measures import Marks, Measure
from music.reading.music21_process import Music21Process, ScoreTooHardError
from music.reading.repeats import playing_order
from music.reading.scores import read_score

FOUR_FOUR = (
    "<attributes><divisions>2</divisions><time><beats>4</beats><beat-type>4</beat-type></time>"
    "</attributes>"
)
CONTAINER = (
    '<container><rootfiles><rootfile full-path="{}"/><rootfile full-path="score.pdf"/>'
    "</rootfiles></container>"
)
START_REPEAT = '<barline location="left"><repeat direction="forward"/></barline>'
END_REPEAT = '<barline location="right"><repeat direction="backward"/></barline>'


def note(name: str, eighths: int = 2, inside: str = "", *, chord: bool = False) -> str:
    """A note like C4, so long."""
    step, alter, octave = name[0], name.count("#") - name.count("b"), name[-1]
    return (
        f"<note>{'<chord/>' if chord else ''}"
        f"<pitch><step>{step}</step><alter>{alter}</alter><octave>{octave}</octave></pitch>"
        f"<duration>{eighths}</duration>{inside}</note>"
    )


def notes(names: str, eighths: int = 2) -> str:
    return "".join(note(name, eighths) for name in names.split())


def tie(kind: str) -> str:
    return f'<tie type="{kind}"/>'


def ending(number: str, kind: str, location: str = "left", inside: str = "") -> str:
    return (
        f'<barline location="{location}"><ending number="{number}" type="{kind}"/>{inside}'
        "</barline>"
    )


def sound(**attributes: str) -> str:
    return "<direction><sound {}/></direction>".format(
        " ".join(f'{name}="{value}"' for name, value in attributes.items())
    )


def words(text: str) -> str:
    return f"<direction><direction-type><words>{text}</words></direction-type></direction>"


def sign(name: str) -> str:
    return f"<direction><direction-type><{name}/></direction-type></direction>"


def musicxml(*parts: list[str], part_list: str = "") -> bytes:
    """A score of parts, each a list of measures."""
    written = (
        f'<part id="P{number}">'
        + "".join(f'<measure number="{n}">{content}</measure>' for n, content in enumerate(part, 1))
        + "</part>"
        for number, part in enumerate(parts, 1)
    )
    return f"<score-partwise>{part_list}{''.join(written)}</score-partwise>".encode()


def read(content: bytes | str, suffix: str = ".musicxml") -> Piece:
    return read_score(content.encode() if isinstance(content, str) else content, suffix, "x")


def zipped(**files: str | bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/", 1) if "META" in name else name, content)
    return out.getvalue()


ONE_MEASURE = musicxml([FOUR_FOUR + notes("C4 D4 E4 F4")])
OTHER = musicxml([FOUR_FOUR + notes("B4 B4 B4 B4")])


# Files


def test_a_suffix_may_be_in_capitals(tmp_path):
    path = tmp_path / "UP.MXL"
    path.write_bytes(zipped(**{"META-INF/container.xml": CONTAINER.format("a.xml"),
                               "a.xml": ONE_MEASURE}))  # fmt: skip
    assert read_piece(path).notes.pitch.tolist() == [60, 62, 64, 65]


@pytest.mark.parametrize(
    "files",
    [
        {"a.xml": OTHER, "META-INF/container.xml": CONTAINER.format("b.xml"), "b.xml": ONE_MEASURE},
        {"__MACOSX/._a.xml": b"\0\5\x16\7", "META-INF/container.xml": CONTAINER.format("a.xml"),
         "a.xml": ONE_MEASURE},
        {"__MACOSX/._a.xml": b"\0\5\x16\7", "cover.png": b"", "a.musicxml": ONE_MEASURE},
    ],
    ids=["two scores", "files of macOS", "no container.xml"],
)  # fmt: skip
def test_the_container_says_which_file_is_the_score(files):
    assert read(zipped(**files), ".mxl").notes.pitch.tolist() == [60, 62, 64, 65]


def test_an_uncompressed_score_may_be_called_mxl():
    assert len(read(ONE_MEASURE, ".mxl").notes) == 4


BOMB = b"""<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<score-partwise><part>&b;</part></score-partwise>"""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (zipped(**{"readme.txt": "x"}), "no score in the zip file"),
        (zipped(**{"META-INF/container.xml": CONTAINER.format("a.xml")}), "names 'a.xml', which"),
        (ONE_MEASURE.join([b"PK", b""]), "broken zip file: File is not a zip file"),
        (zipped(**{"a.xml": ONE_MEASURE})[:-40], "broken zip file"),
        (zipped(**{"a.xml": bytes(40 * 2**20)}), "larger than 32 MB"),
        (b"<a/>" * 2_100_000, "larger than 32 MB or 2000000 XML tags"),
        (b"<a " + b"b='' " * 2_100_000 + b"/>", "larger than 32 MB or 2000000 XML tags"),
        (BOMB, "declares the XML entity 'a', which no score needs"),
        (b"<score-partwise>&nbsp;</score-partwise>", "broken XML: undefined entity"),
        (b"<html></html>", "not MusicXML: its root element is <html>"),
        (b"<?xml version='1.0' encoding='nonsense'?><a/>", "broken XML: unknown encoding"),
        (b"", "broken XML: no element found"),
    ],
)  # fmt: skip
def test_an_invalid_or_too_large_score_is_refused_with_a_reason(content, reason):
    with pytest.raises(UnreadablePieceError, match=reason):
        read(content)


def test_a_score_with_a_million_levels_is_refused():
    with pytest.raises(UnreadablePieceError, match="not MusicXML"):
        read(b"<a>" * 900_000 + b"</a>" * 900_000)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_a_score_is_read_in_its_encoding(encoding):
    text = f"<?xml version='1.0' encoding='{encoding}'?><!-- Fr\xe8re -->" + ONE_MEASURE.decode()
    assert len(read(text.encode(encoding)).notes) == 4


# MusicXML


@pytest.mark.parametrize(
    ("transpose", "pitch"),
    [
        ("<diatonic>-1</diatonic><chromatic>-2</chromatic>", 58),
        ("<diatonic>0</diatonic><chromatic>0</chromatic><octave-change>-1</octave-change>", 48),
        ("<chromatic>3</chromatic><octave-change>1</octave-change>", 75),
    ],
    ids=["clarinet", "contrabass", "E-flat piccolo"],
)
def test_transposing_instruments_sound_where_they_sound(transpose, pitch):
    attributes = f"<attributes><transpose>{transpose}</transpose></attributes>"
    assert read(musicxml([FOUR_FOUR + attributes + note("C4")])).notes.pitch.tolist() == [pitch]


def test_a_staff_may_transpose_alone():
    attributes = (
        '<attributes><transpose number="2"><chromatic>-12</chromatic></transpose></attributes>'
    )
    upper, lower = note("C4", 2, "<staff>1</staff>"), note("C4", 2, "<staff>2</staff>")
    piece = read(musicxml([FOUR_FOUR + attributes + upper + lower]))
    assert piece.notes.pitch.tolist() == [60, 48]


def test_voices_chords_and_parts_sound_together():
    first = (
        FOUR_FOUR + note("C5", 4) + note("E5", 4, chord=True)
        + "<backup><duration>4</duration></backup><forward><duration>2</duration></forward>"
        + note("C4", 2) + note("F5", 4)
    )  # fmt: skip
    second = FOUR_FOUR + note("C3", 8)
    assert read(musicxml([first], [second])).notes == Notes.of(
        [0, 0, 0, 12, 24], [48, 24, 24, 12, 24], [48, 72, 76, 60, 77]
    )


def test_a_measure_that_parts_fill_differently_starts_and_ends_for_all_at_once():
    short, full = FOUR_FOUR + note("C4"), FOUR_FOUR + note("E4", 8)
    piece = read(musicxml([short, note("D4")], [full, note("F4")]))
    assert piece.notes.onset_ticks.tolist() == [0, 0, 48, 48]


def test_a_measure_without_anything_lasts_a_bar():
    piece = read(musicxml([FOUR_FOUR + note("C4", 8), "", note("D4")]))
    assert piece.notes.onset_ticks.tolist() == [0, 96]


def test_grace_notes_cue_notes_and_drums_do_not_sound():
    instruments = (
        '<part-list><score-part id="P1"><midi-instrument id="I1"><midi-channel>1</midi-channel>'
        '</midi-instrument><midi-instrument id="I2"><midi-channel>10</midi-channel>'
        "</midi-instrument></score-part></part-list>"
    )
    measure = (
        FOUR_FOUR
        + "<note><grace/><pitch><step>A</step><octave>4</octave></pitch></note>"
        + note("B4", 2, "<cue/>")
        + note("C4", 2, '<instrument id="I2"/>')
        + "<note><unpitched/><duration>2</duration></note>"
        + note("D4")
    )
    piece = read(musicxml([measure], part_list=instruments))
    assert piece.notes.pitch.tolist() == [62]
    assert piece.time_signatures == (TimeSignature(-36, 4, 4),)


def test_a_part_on_the_drum_channel_is_left_out():
    drums = (
        '<part-list><score-part id="P2"><midi-instrument id="I1"><midi-channel>10</midi-channel>'
        "</midi-instrument></score-part></part-list>"
    )
    measure = FOUR_FOUR + note("C4")
    assert len(read(musicxml([measure], [FOUR_FOUR + note("D4")], part_list=drums)).notes) == 1


def test_tied_notes_are_one_over_bar_lines_and_gaps():
    arpeggio = (
        FOUR_FOUR + note("C4", 1, tie("start")) + note("E4", 1, tie("start"))
        + note("C4", 6, tie("stop")) + note("E4", 6, tie("stop") + tie("start"), chord=True)
    )  # fmt: skip
    piece = read(musicxml([arpeggio, note("E4", 2, tie("stop"))]))
    assert piece.notes == Notes.of([0, 6], [48, 54], [60, 64])


def test_a_tie_without_a_start_is_a_note():
    assert len(read(musicxml([FOUR_FOUR + note("C4", 2, tie("stop"))])).notes) == 1


def test_tempos_are_kept_where_they_are():
    metronome = (
        "<direction><direction-type><metronome><beat-unit>{}</beat-unit>{}"
        "<per-minute>{}</per-minute></metronome></direction-type></direction>"
    )
    piece = read(
        musicxml(
            [
                FOUR_FOUR
                + metronome.format("quarter", "<beat-unit-dot/>", "c. 60")
                + note("C4", 8),
                note("D4", 2) + sound(tempo="140.5") + note("E4", 6),
                metronome.format("half", "", "40") + note("F4", 8),
            ]
        )
    )
    assert piece.tempos == (TempoChange(0, 90), TempoChange(60, 140.5), TempoChange(96, 80))


def test_time_signatures_and_pickups_are_kept():
    three_eight = "<attributes><time><beats>3</beats><beat-type>8</beat-type></time></attributes>"
    piece = read(musicxml([FOUR_FOUR + note("G4", 2), note("C5", 8), three_eight + note("D5", 3)]))
    assert piece.time_signatures == (TimeSignature(-36, 4, 4), TimeSignature(60, 3, 8))


def test_a_bar_that_a_repeat_sign_divides_is_one_bar():
    piece = read(
        musicxml(
            [FOUR_FOUR + note("C4", 8), note("D4", 6) + END_REPEAT, note("E4", 2), note("F4", 8)]
        )
    )
    assert piece.time_signatures[0] == TimeSignature(0, 4, 4)
    assert piece.notes.onset_ticks.tolist() == [0, 48, 84, 132, 168, 180]
    assert [s.start_ticks for s in piece.time_signatures] == [0, 84]


@pytest.mark.parametrize(
    ("time", "signature"),
    [
        ("<beats>3+2</beats><beat-type>8</beat-type>", [(5, 8)]),
        (
            "<beats>3</beats><beat-type>4</beat-type><beats>3</beats><beat-type>8</beat-type>",
            [(9, 8)],
        ),
        ("<beats>4</beats><beat-type>3</beat-type>", []),
        ("<beats>0</beats><beat-type>4</beat-type>", []),
        ("<beats>100</beats><beat-type>4</beat-type>", []),
        ("<senza-misura/>", []),
    ],
)  # fmt: skip
def test_a_time_signature_may_be_a_sum_or_none(time, signature):
    attributes = f"<attributes><divisions>2</divisions><time>{time}</time></attributes>"
    piece = read(musicxml([attributes + note("C4")]))
    assert [(s.numerator, s.denominator) for s in piece.time_signatures] == signature


def test_a_timewise_score_is_the_same():
    timewise = (
        f'<score-timewise><measure number="1"><part id="P1">{FOUR_FOUR}{note("C4", 8)}</part>'
        f'<part id="P2">{FOUR_FOUR}{note("E4", 8)}</part></measure><measure number="2">'
        f'<part id="P1">{note("D4", 8)}</part><part id="P2">{note("F4", 8)}</part></measure>'
        "</score-timewise>"
    )
    partwise = musicxml([FOUR_FOUR + note("C4", 8), note("D4", 8)],
                        [FOUR_FOUR + note("E4", 8), note("F4", 8)])  # fmt: skip
    assert read(timewise).notes == read(partwise).notes


@pytest.mark.parametrize(
    ("measure", "reason"),
    [
        (note("C4"), "a <duration> comes before any <divisions>, which give its unit"),
        ("<attributes><divisions>0</divisions></attributes>", "<divisions> is 0, not above 0"),
        (
            "<attributes><divisions>1e999</divisions></attributes>",
            "<divisions> is '1e999', not a num",
        ),
        (FOUR_FOUR + "<note><rest/></note>", "a note has no <duration>"),
        (FOUR_FOUR + note("C4", -1), "a <duration> is -1, below 0"),
        (FOUR_FOUR + note("H4"), "a <pitch> lacks a <step> from A to G or an <octave>"),
        (FOUR_FOUR + note("Cx"), "<octave> is 'x', not a number"),
    ],
)
def test_an_element_without_meaning_refuses_the_score(measure, reason):
    with pytest.raises(UnreadablePieceError) as refused:
        read(musicxml([measure]))
    assert f"broken MusicXML in measure 1 of part P1: {reason}" in str(refused.value)


def test_a_score_of_hours_is_refused():
    with pytest.raises(UnreadablePieceError, match="longer than 100000 beats"):
        read(musicxml([FOUR_FOUR + note("C4", 10**9)]))


def test_a_note_ends_with_the_music():
    content = musicxml([FOUR_FOUR + note("C4", 8) + note("C6", 10**9, chord=True)])
    assert read(content).notes == Notes.of([0, 0], [48, 48], [60, 84])


def test_inaudible_pitches_are_left_out():
    names = [note("C4"), note("C4").replace(">4<", ">999999999<")]
    assert read(musicxml([FOUR_FOUR + "".join(names)])).notes.pitch.tolist() == [60]


@given(st.data())
def test_a_damaged_score_is_read_or_refused(data):
    whole = musicxml(
        [
            FOUR_FOUR + START_REPEAT + notes("C4 D4"),
            sound(dacapo="yes") + note("E4", 8) + END_REPEAT,
        ]
    )
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 8)))
    damaged = whole[:start] + data.draw(st.binary(max_size=3)) + whole[end:]
    with suppress(UnreadablePieceError):
        read(damaged)


def test_music21_reads_the_same_notes(tmp_path):
    corpus = music21.corpus.parse("bach/bwv66.6")
    path = corpus.write("musicxml", tmp_path / "bwv66.musicxml")
    sounding = corpus.stripTies().flatten().notes
    expected = {(round(n.offset * 12), n.pitch.midi) for n in sounding}
    found = read_piece(path).notes
    first = min(onset for onset, _ in expected)
    onsets, pitches = found.onset_ticks.tolist(), found.pitch.tolist()
    assert {
        (onset + first, pitch) for onset, pitch in zip(onsets, pitches, strict=True)
    } == expected


# Repeats


def played(*measures: str) -> list[int]:
    """The measures of a score as they sound, each one known by its pitch."""
    content = [note(f"{'CDEFGAB'[n % 7]}{4 + n // 7}", 8) for n in range(len(measures))]
    first = [FOUR_FOUR + measures[0], *measures[1:]]
    ours = read(musicxml([a.replace("|", b) if "|" in a else a + b
                          for a, b in zip(first, content, strict=True)]))  # fmt: skip
    names = {12 * (5 + n // 7) + [0, 2, 4, 5, 7, 9, 11][n % 7]: n for n in range(len(measures))}
    return [names[pitch] for pitch in ours.notes.pitch.tolist()]


END_FIRST = ending("1", "stop", "right", '<repeat direction="backward"/>')


@pytest.mark.parametrize(
    ("measures", "order"),
    [
        (["", "", ""], [0, 1, 2]),
        (["", "|" + END_REPEAT, ""], [0, 1, 0, 1, 2]),
        (["", START_REPEAT, "|" + END_REPEAT, ""], [0, 1, 2, 1, 2, 3]),
        (["|" + END_REPEAT, "|" + END_REPEAT], [0, 0, 1, 1]),
        (["|" + END_REPEAT.replace("direction", 'times="4" direction')], [0, 0, 0, 0]),
        (
            ["", START_REPEAT, ending("1", "start") + "|" + END_FIRST,
             ending("2", "start") + "|" + ending("2", "stop"), ""],
            [0, 1, 2, 1, 3, 4],
        ),
        (
            ["", ending("1,2", "start") + "|" + END_FIRST, ending("3", "start")],
            [0, 1, 0, 1, 0, 2],
        ),
        (["", ending("1", "start") + "|" + END_FIRST, ending("3", "start")], [0, 1, 0, 2]),
        (["", ending("1", "start") + "|" + END_FIRST, ""], [0, 1, 0, 2]),
        (
            ["", ending("1", "start") + "|" + ending("1", "stop"), ending("2", "start")],
            [0, 1, 2],
        ),
        (["", sound(fine="yes"), "", sound(dacapo="yes")], [0, 1, 2, 3, 0, 1]),
        (["|" + END_REPEAT, "", sound(dacapo="yes")], [0, 0, 1, 2, 0, 1, 2]),
        (["", sound(segno="s"), "", sound(dalsegno="s"), ""], [0, 1, 2, 3, 1, 2, 3, 4]),
        (
            ["", sound(tocoda="c"), "", sound(dacapo="yes"), sound(coda="c"), ""],
            [0, 1, 2, 3, 0, 1, 4, 5],
        ),
        (
            [sound(fine="yes"), "|" + sound(dacapo="yes"), "", "|" + END_REPEAT],
            [0, 1, 0, 2, 3, 2, 3],
        ),
        (["", sound(dalsegno="nowhere"), ""], [0, 1, 2]),
        (["", words("Fine"), "", words("D.C. al Fine")], [0, 1, 2, 3, 0, 1]),
        (["", "", words("Da Capo")], [0, 1, 2, 0, 1, 2]),
        (["", sign("segno"), "", words("D. S."), ""], [0, 1, 2, 3, 1, 2, 3, 4]),
        (
            [sign("segno"), words("To Coda ") + sign("coda"), words("(Dal Segno al Coda)"),
             sign("coda"), ""],
            [0, 1, 2, 0, 1, 3, 4],
        ),
        (
            ["", sound(segno="s") + sign("segno"), words("D.S.") + sound(dalsegno="s"), ""],
            [0, 1, 2, 1, 2, 3],
        ),
        (["", words("D.S."), words("D. con fuoco"), words("dolce")], [0, 1, 2, 3]),
    ],
    ids=[
        "none", "to the start", "to its sign", "two sections", "four times", "two endings",
        "three endings", "numbers left out", "a lone first ending", "endings without a repeat",
        "da capo al fine", "no repeats after da capo", "dal segno", "al coda", "music after a fine",
        "no such segno", "da capo al fine in words", "da capo in words", "dal segno in words",
        "dal segno al coda in words", "in words and for playing", "words without a place",
    ],
)  # fmt: skip
def test_measures_are_played_as_they_sound(measures, order):
    assert played(*measures) == order


@pytest.mark.parametrize(
    ("marks", "order"),
    [
        ([Marks(), Marks(plays=2), Marks()], [0, 1, 2]),
        (
            [Marks(), Marks(endings={1}, plays=2), Marks(endings={2}), Marks()],
            [0, 2, 3],
        ),
        ([Marks(fine=True), Marks(da_capo=True), Marks()], [0, 1, 2]),
        (
            [Marks(segno="s"), Marks(to_coda="c"), Marks(dal_segno="s"), Marks(coda="c")],
            [0, 1, 2, 3],
        ),
    ],
    ids=["a repeat", "endings", "a fine", "a coda"],
)
def test_without_repeats_every_measure_is_played_once(marks, order):
    assert playing_order([Measure(marks=each) for each in marks], repeats=False) == order


def test_a_da_capo_goes_to_the_start_of_its_movement():
    measures = [FOUR_FOUR + note("C4", 8), note("D4", 8), note("E4", 8) + sound(dacapo="yes"),
                note("F4", 8)]  # fmt: skip
    content = musicxml(measures)
    for old, new in ((b'"2"', b'"1"'), (b'"3"', b'"2"'), (b'"4"', b'"1"')):
        content = content.replace(b"<measure number=" + old, b"<measure number=" + new)
    pitches = read(content.replace(b'number="1"', b'number="7"', 1)).notes.pitch.tolist()
    assert pitches == [60, 62, 64, 62, 64, 65]


def test_signs_may_stand_in_any_part():
    piece = read(musicxml([FOUR_FOUR + note("C4", 8)], [FOUR_FOUR + note("E4", 8) + END_REPEAT]))
    assert piece.notes.onset_ticks.tolist() == [0, 0, 48, 48]


@pytest.mark.parametrize(
    "marks",
    [
        [Marks(plays=9999)] * 100,
        [Marks(coda="a"), Marks(to_coda="a"), Marks(da_capo=True)],
        [Marks()] * 100_001,
    ],
    ids=["many repeats", "codas in a circle", "many measures"],
)
def test_repeats_are_bounded(marks):
    with pytest.raises(UnreadablePieceError, match="with its repeats, longer than 100000 measures"):
        playing_order([Measure(marks=each) for each in marks])


_MARKS = st.builds(
    Marks,
    starts_movement=st.booleans(),
    starts_repeat=st.booleans(),
    plays=st.integers(1, 3),
    endings=st.sets(st.integers(0, 3), max_size=2),
    segno=st.sampled_from([None, "a"]),
    coda=st.sampled_from([None, "a"]),
    da_capo=st.booleans(),
    dal_segno=st.sampled_from([None, "a"]),
    to_coda=st.sampled_from([None, "a"]),
    fine=st.booleans(),
)


@given(st.lists(_MARKS, max_size=8))
def test_any_signs_give_an_order_or_are_refused(marks):
    try:
        order = playing_order([Measure(marks=each) for each in marks])
    except UnreadablePieceError:
        return
    assert set(order) <= set(range(len(marks)))
    assert not marks or order


# Others


def test_a_bad_tune_is_left_out_of_its_book_with_a_warning():
    bad = "X:2\nT:Keel Row\nM:4/4\nL:1/4\nK:G\nGABc|[1,2 GGGG:|[3 BBBB|\n\n"
    book = "X:1\nT:A\nL:1/4\nK:C\nCD\n\n" + bad + "X:3\nT:B\nL:1/4\nK:C\nEF\n"
    piece = read(book, ".abc")
    assert piece.notes.pitch.tolist() == [60, 62, 64, 65]
    (warning,) = piece.warnings
    assert warning.startswith("the tune 'Keel Row' is left out: music21 cannot read it: Bad chord")
    with pytest.raises(UnreadablePieceError, match="music21 cannot read it: Bad chord"):
        read(bad, ".abc")
    with pytest.raises(UnreadablePieceError, match="none of its 2 tunes can be read"):
        read(bad + bad, ".abc")


def test_a_tune_book_may_be_latin_1_and_keeps_meters_and_tempos():
    book = (
        "X:1\nT:Fr\xe8re\nM:4/4\nL:1/4\nK:C\n|:CDEF|GABc|CDEF:|\n\n"
        "X:2\nT:Two\nM:3/4\nL:1/8\nQ:1/4=90\nK:G\nGABcde|fgabag|]\n"
    )
    piece = read(book.encode("latin-1"), ".abc")
    assert piece.notes.onset_ticks.tolist() == [*range(0, 288, 12), *range(288, 360, 6)]
    assert piece.tempos == (TempoChange(0, 120), TempoChange(288, 90))
    assert piece.time_signatures == (TimeSignature(0, 4, 4), TimeSignature(288, 3, 4))


def test_an_abc_tunes_endings_are_played_as_they_sound():
    piece = read("X:1\nT:V\nM:4/4\nL:1/4\nK:C\nG|:CDEF|1GABc:|2cBAG|]\n", ".abc")
    assert piece.notes.pitch.tolist() == [67, 60, 62, 64, 65, 67, 69, 71, 72, 60, 62, 64, 65, 72,
                                          71, 69, 67]  # fmt: skip
    assert piece.time_signatures[0] == TimeSignature(-36, 4, 4)


@pytest.mark.parametrize(
    ("tune", "played_measures"),
    [
        ("|:CCCC|1DDDD|EEEE:|2FFFF|GGGG:|\n|:AAAA|BBBB:|", "CDECFGABAB"),
        ("|:CCCC|DDDD|1EEEE:|2FFFF||GGGG|AAAA:|", "CDECDFGAGA"),
        ("|:CCCC|1DDDD|EEEE:|2FFFF|GGGG|]\nAAAA|BBBB|", "CDECFGAB"),
    ],
    ids=["a repeat sign", "a double bar line", "the end"],
)
def test_an_abc_ending_continues_to_the_next_strong_bar_line(tune, played_measures):
    piece = read(f"X:1\nT:V\nM:4/4\nL:1/4\nK:C\n{tune}\n", ".abc")
    names = ["CDEFGAB"[[0, 2, 4, 5, 7, 9, 11].index(pitch % 12)] for pitch in piece.notes.pitch]
    assert "".join(names[::4]) == played_measures


def test_a_score_that_takes_all_memory_is_refused_and_the_next_is_read():
    with pytest.raises(UnreadablePieceError, match="music21 cannot read it: MemoryError"):
        read("X:1\nM:999999999/1\nL:1/4\nK:C\nCDEF|CDEF|CDEF|CDEF|\n", ".abc")
    assert len(read("X:1\nT:A\nL:1/4\nK:C\nCD\n", ".abc").notes) == 2


def test_a_score_that_takes_too_long_is_refused_and_the_next_is_read(monkeypatch):
    process = Music21Process()
    monkeypatch.setattr("music.reading.music21_process._START", "import time; time.sleep(0.2)")
    with pytest.raises(ScoreTooHardError, match="music21 takes more than 60 s or 1024 MB for it"):
        process.read_measures("X:1", "abc")
    monkeypatch.undo()
    assert len(process.read_measures("X:1\nT:A\nL:1/4\nK:C\nCD\n", "abc")) == 1
    process.close()


def test_a_score_whose_process_stands_still_is_refused_and_the_next_is_read(monkeypatch):
    process = Music21Process()
    monkeypatch.setattr("music.reading.music21_process.MOST_WAITING_S", 0.2)
    monkeypatch.setattr("music.reading.music21_process._START", "import time; time.sleep(999)")
    with pytest.raises(ScoreTooHardError, match="music21 takes more than 60 s or 1024 MB for it"):
        process.read_measures("X:1" + " " * 2**20, "abc")  # more than a connection holds
    monkeypatch.undo()
    assert len(process.read_measures("X:1\nT:A\nL:1/4\nK:C\nCD\n", "abc")) == 1
    process.close()


def test_an_mei_score_is_read():
    mei = (
        '<mei xmlns="http://www.music-encoding.org/ns/mei"><music><body><mdiv><score><scoreDef>'
        '<staffGrp><staffDef n="1" lines="5" clef.shape="G" clef.line="2" meter.count="2" '
        'meter.unit="4"/></staffGrp></scoreDef><section><measure n="1" right="rptend">'
        '<staff n="1"><layer n="1">'
        '<note pname="c" oct="4" dur="4"/><note pname="d" oct="4" dur="4"/></layer></staff>'
        "</measure></section></score></mdiv></body></music></mei>"
    )
    for suffix in (".mei", ".xml"):
        piece = read(mei, suffix)
        assert piece.notes.pitch.tolist() == [60, 62, 60, 62]
        assert piece.time_signatures == (TimeSignature(0, 2, 4),)


def test_a_text_that_would_take_minutes_is_refused():
    with pytest.raises(UnreadablePieceError, match="longer than 1048576 characters"):
        read("X:1\nK:C\n" + "C" * 2**20, ".abc")


@pytest.mark.parametrize("suffix", [".abc", ".krn", ".mei", ".mxl"])
@given(content=st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(suffix, content):
    with suppress(UnreadablePieceError):
        read(content, suffix)
