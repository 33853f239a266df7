"""Reads MIDI files from unknown sources: the result depends only on the file's bytes."""

from collections import deque
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from music.errors import UnreadablePieceError
from music.midi import to_midi
from music.notes import Notes
from music.piece import TempoChange, TimeSignature, constant_tempo
from music.reading import read_midi
from music.reading.midi import MOST_NOTES, _paired
from music.reading.smf import MOST_BEATS, MOST_BYTES, MOST_EVENTS
from tests.mutants import mutants, read_as_training_does

SHARED = Path(__file__).parents[4] / "shared"
ON, OFF = b"\x00\x90\x3c\x40", b"\x60\x80\x3c\x40"
NOTE = ON + OFF
PEDAL = b"\x00\xb0\x40\x00"
END = b"\x00\xff\x2f\x00"
TWO_BEATS = Notes.of([0, 12], [12, 12], [60, 60])


def header(*, length=6, form=1, tracks=1, division=96):
    parts = ((length, 4), (form, 2), (tracks, 2), (division, 2))
    return b"MThd" + b"".join(value.to_bytes(size) for value, size in parts)


def chunk(events, *, kind=b"MTrk", length=None):
    return kind + (len(events) if length is None else length).to_bytes(4) + events


def file_of(events):
    return header() + chunk(events)


def riff(midi):
    body = b"RMIDLIST\x03\x00\x00\x00abc\x00data" + len(midi).to_bytes(4, "little") + midi
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def notes_of(events):
    return read_midi(file_of(events + END), "x").notes


def sounding(events):
    """List onset, duration and pitch of what is read, in ticks of the grid."""
    return list(zip(*(column.tolist() for column in notes_of(events).columns[:3]), strict=True))


ONE_BEAT = {
    "a note": file_of(NOTE + END),
    "no end of track": file_of(NOTE),
    "bytes after the end of a track": file_of(NOTE + END + b"\xff\xff"),
    "bytes after the last track": file_of(NOTE + END) + b"MTrk\xff",
    "a running status": file_of(ON + b"\x60\x3c\x00" + END),
    "a running status after an exclusive message": file_of(
        ON + b"\x00\xf0\x05\x7e\x7f\x09\x01\xf7\x60\x3c\x00" + END
    ),
    "a running status after a meta event": file_of(ON + b"\x00\xff\x01\x00\x60\x3c\x00" + END),
    "another chunk": header() + chunk(b"\xff" * 9, kind=b"XFIH") + chunk(NOTE + END),
    "an exclusive message": file_of(b"\x00\xf0\x03abc" + NOTE + END),
    "an exclusive message in packets": file_of(b"\x00\xf0\x02\x43a\x08\xf7\x02b\xf7" + NOTE + END),
    "escaped bytes": file_of(b"\x00\xf7\x02\xf3\x01" + NOTE + END),
    "an empty text": file_of(b"\x00\xff\x01\x00" + NOTE + END),
    "an unknown meta event": file_of(b"\x00\xff\x60\x81\x00" + b"x" * 128 + NOTE + END),
    "one track": header(form=0) + chunk(NOTE + END),
    "a second track": header(tracks=2) + chunk(END) + chunk(NOTE + END),
    "more tracks than announced": header(tracks=0) + chunk(END) + chunk(NOTE + END),
    "a longer header": header(length=8) + b"\0\0" + chunk(NOTE + END),
    "a program of one byte": file_of(b"\x00\xc0\x05\x00\x06" + NOTE + END),
    "a RIFF file": riff(file_of(NOTE + END)),
}

BROKEN = [
    (b"", "not a MIDI file: it does not begin with MThd"),
    (b"RIFF" + header(), "not a MIDI file: it does not begin with MThd"),
    (b"RIFF\x04\x00\x00\x00RMID", "a RIFF file without a MIDI file in it"),
    (riff(b"data"), "not a MIDI file: it does not begin with MThd"),
    (header()[:13], "it ends within its header, at byte 13"),
    (header(length=5) + chunk(NOTE), "its header has 5 bytes; at least 6 are needed"),
    (header(form=3) + chunk(NOTE), "it is of format 3; 0, 1 and 2 are read"),
    (header(), "it has 0 tracks; 1 to 256 are read"),
    (header() + chunk(b"", kind=b"XFIH"), "it has 0 tracks; 1 to 256 are read"),
    (header() + chunk(END) * 257, "it has 257 tracks; 1 to 256 are read"),
    (
        header(division=0xE728) + chunk(NOTE),
        "it counts time in frames (SMPTE), not in ticks per beat",
    ),
    (header(division=0) + chunk(NOTE), "a beat has no ticks"),
    (file_of(ON + b"\x60\x80\x3c"), "track 1 is broken: its event at byte 26 is cut off"),
    (file_of(ON + b"\x60"), "track 1 is broken: its event at byte 26 is cut off"),
    (file_of(ON + b"\x80\x80"), "track 1 is broken: its event at byte 26 is cut off"),
    (file_of(b"\x00\xff\x03\x09abc"), "track 1 is broken: its event at byte 22 is cut off"),
    (file_of(b"\x00\xf0\x09abc"), "track 1 is broken: its event at byte 22 is cut off"),
    (file_of(b"\x00\xff"), "track 1 is broken: its event at byte 22 is cut off"),
    (file_of(b"\x00\x3c\x40"), "track 1 is broken: its event at byte 22 has no status"),
    (
        file_of(b"\x00\x90\xff\x40"),
        "track 1 is broken: its event at byte 22 has a status where data should be",
    ),
    (
        file_of(b"\x00\xc0\xff\x40"),
        "track 1 is broken: its event at byte 22 has a status where data should be",
    ),
    (file_of(b"\x00\xf4"), "track 1 is broken: its event at byte 22 is not one of a file"),
    (
        file_of(b"\xff\xff\xff\xff\x7f" + ON),
        "track 1 is broken: its event at byte 22 has a number of more than four bytes",
    ),
    (
        header(tracks=2) + chunk(END) + chunk(b"\x00\xf4"),
        "track 2 is broken: its event at byte 34 is not one of a file",
    ),
    (file_of(ON + b"\xff\xff\xff\x7f\x80\x3c\x40"), "track 1 is longer than 10000 beats"),
    (file_of(PEDAL + b"\x00\x40\x00" * MOST_EVENTS), "more than 100000 events"),
    (file_of(b"\x00\xff\x51\x03\x07\xa1\x20" * (MOST_EVENTS + 1)), "more than 100000 events"),
    (file_of(ON + b"\x00\x3c\x40" * MOST_NOTES), "more than 20000 notes"),
    (file_of(NOTE) + bytes(MOST_BYTES), "more than 4 MB"),
    (file_of(END), "no notes in it"),
    (file_of(ON * 3 + END), "none of its notes can be read: 3 without an end"),
    (file_of(b"\x00\x99\x24\x40\x60\x24\x00"), "none of its notes can be read: 1 of drums"),
    (
        file_of(b"\x00\x90\x6d\x40\x60\x6d\x00\x00\x14\x40\x60\x14\x00" + ON),
        (
            "none of its notes can be read: 1 without an end and 2 outside of the piano's range "
            "(A0 to C8)"
        ),
    ),
    (
        header() + chunk(ON, length=1 << 31),
        "none of its notes can be read: 1 without an end; the file ends early",
    ),
]


@pytest.mark.parametrize("midi", ONE_BEAT.values(), ids=ONE_BEAT)
def test_a_file_is_read_if_its_meaning_is_clear(midi):
    piece = read_midi(midi, "x")
    assert piece.notes == Notes.of([0], [12], [60])
    assert piece.warnings == ()


@pytest.mark.parametrize(("midi", "reason"), BROKEN, ids=[reason for _, reason in BROKEN])
def test_a_broken_file_is_refused_with_the_reason(midi, reason):
    with pytest.raises(UnreadablePieceError) as refusal:
        read_midi(midi, "x")
    assert str(refusal.value) == reason


ENDS_EARLY = "the file ends early; notes read: 1"
ENDLESS = "notes left out, without an end: 1"


@pytest.mark.parametrize(
    ("midi", "warnings"),
    [
        (file_of(NOTE * 2)[:-1], (ENDS_EARLY, ENDLESS)),
        (header() + chunk(NOTE, length=99), (ENDS_EARLY,)),
        (header() + chunk(NOTE + END, length=99), ()),  # the track is whole
        (header(tracks=3) + chunk(NOTE), ("tracks announced but missing: 2",)),
        (file_of(NOTE + ON), (ENDLESS,)),
        (
            file_of(NOTE + b"\x00\x90\x6d\x40\x60\x6d\x00"),
            ("notes left out, outside of the piano's range (A0 to C8): 1",),
        ),
        (
            file_of(b"\x00\xff\x51\x04\x00\x07\xa1\x20\x00\xff\x58\x02\x03\x02" + NOTE),
            ("malformed tempos or time signatures ignored: 2",),
        ),
    ],
)
def test_warnings_list_what_was_left_out_or_ignored(midi, warnings):
    piece = read_midi(midi, "x")
    assert piece.warnings == warnings
    assert piece.notes == Notes.of([0], [12], [60])
    assert piece.tempos == (TempoChange(0, 120),)
    assert piece.time_signatures == ()


@pytest.mark.parametrize("cut", range(22, len(file_of(NOTE * 24)) - 1, 7))
def test_a_file_that_ends_early_is_read_up_to_its_end(cut):
    whole = file_of(NOTE * 24)
    complete_notes = (cut - 22) // len(NOTE)
    if not complete_notes:
        with pytest.raises(UnreadablePieceError, match=r"the file ends early$"):
            read_midi(whole[:cut], "x")
        return
    piece = read_midi(whole[:cut], "x")
    assert len(piece.notes) == complete_notes
    assert f"the file ends early; notes read: {complete_notes}" in piece.warnings


def test_the_tracks_of_format_2_follow_each_other():
    patterns = chunk(b"\x00\xff\x51\x03\x0f\x42\x40" + NOTE + END) + chunk(NOTE + END)
    assert read_midi(header(form=2, tracks=2) + patterns, "x").notes == TWO_BEATS
    uneven = chunk(b"\x00\x90\x3c\x40\x61\x3c\x00" + END) + chunk(NOTE + END)  # a tick too long
    piece = read_midi(header(form=2, tracks=2) + uneven, "x")
    assert piece.notes.onset_ticks.tolist() == [0, 24]


@pytest.mark.parametrize("beats", [MOST_BEATS, MOST_BEATS + 1])
def test_a_piece_may_have_10000_beats(beats):
    on = b"\x00\x90\x3c\x40"
    off = bytes((0x80 | beats >> 7, beats & 0x7F)) + b"\x80\x3c\x40"
    midi = header(division=1) + chunk(on + off)
    if beats <= MOST_BEATS:
        assert read_midi(midi, "x").notes.duration_ticks.tolist() == [12 * beats]
    else:
        with pytest.raises(UnreadablePieceError, match="longer than 10000 beats"):
            read_midi(midi, "x")


# Drums. D is a note on channel 11, which is a drum's where something says so.

D = b"\x00\x9a\x3e\x40\x60\x3e\x00"
GS_RESET = b"\x00\xf0\x0a\x41\x10\x42\x12\x40\x00\x7f\x00\x41\xf7"
XG_ON = b"\x00\xf0\x08\x43\x10\x4c\x00\x00\x7e\x00\xf7"
GM_ON = b"\x00\xf0\x05\x7e\x7f\x09\x01\xf7"


def gs_part(block, mode):
    return bytes((0, 0xF0, 10, 0x41, 0x10, 0x42, 0x12, 0x40, 0x10 | block, 0x15, mode, 0, 0xF7))


def xg_part(channel, mode):
    return bytes((0, 0xF0, 8, 0x43, 0x10, 0x4C, 0x08, channel, 0x07, mode, 0xF7))


def program(bank, fine=None, channel=10):
    fine_bank = b"" if fine is None else bytes((0, 0xB0 | channel, 32, fine))
    return bytes((0, 0xB0 | channel, 0, bank)) + fine_bank + bytes((0, 0xC0 | channel, 0))


DRUMS = {
    "GS part": gs_part(0xA, 2),
    "GS part in two packets": b"\x00\xf0\x05"
    + gs_part(0xA, 2)[3:8]
    + b"\x00\xf7\x05"
    + gs_part(0xA, 2)[8:],
    "GS part after a reset": GS_RESET + gs_part(0xA, 1),
    "XG part": XG_ON + xg_part(10, 2),
    "XG part without a reset": xg_part(10, 1),
    "XG drum bank": XG_ON + program(127),
    "XG drum bank without a reset": program(127, 0),
    "XG sound effects": XG_ON + program(126),
    "GM2 drum bank": program(120),
    "XG on after GS": GS_RESET + XG_ON + program(127),
}
MELODIES = {
    "nothing": b"",
    "GS part of channel 10": gs_part(0, 2),
    "GS part of channel 12": gs_part(0xB, 2),
    "GS part and back": gs_part(0xA, 1) + gs_part(0xA, 0),
    "GS part and a reset": gs_part(0xA, 1) + GS_RESET,
    "GS part and General MIDI": gs_part(0xA, 1) + GM_ON,
    "XG part and XG again": xg_part(10, 2) + XG_ON,
    "XG part of no channel": xg_part(26, 2),
    "bank 127 of GS": GS_RESET + program(127),
    "bank 127 of Roland's maps": program(127, 3),
    "bank without a program": b"\x00\xba\x00\x7f",
    "drum bank and back": program(127) + program(0),
    "drum bank of channel 12": program(127, channel=11),
    "another maker's message": b"\x00\xf0\x0a\x42" + gs_part(0xA, 2)[4:],
    "a short message": b"\x00\xf0\x03\x41\x10\xf7\x00\xf0\x01\xf7\x00\xf0\x00",
}


@pytest.mark.parametrize("setup", DRUMS.values(), ids=DRUMS)
def test_a_channel_that_plays_drums_is_left_out(setup):
    assert notes_of(setup + D + NOTE).pitch.tolist() == [60]


@pytest.mark.parametrize("setup", MELODIES.values(), ids=MELODIES)
def test_a_channel_that_plays_a_melody_is_read(setup):
    assert notes_of(setup + D + NOTE).pitch.tolist() == [62, 60]


@pytest.mark.parametrize("block_and_channel", [(0, 9), (1, 0), (9, 8), (0xA, 10), (0xF, 15)])
def test_gs_parts_have_block_numbers_of_their_own(block_and_channel):
    block, channel = block_and_channel
    other = (channel + 1) % 9
    drum = bytes((0, 0x90 | channel, 62, 64, 96, 62, 0))
    melody = bytes((0, 0x90 | other, 60, 64, 96, 60, 0))
    assert notes_of(gs_part(block, 1) + drum + melody).pitch.tolist() == [60]


def test_channel_10_can_play_a_melody():
    tenth = b"\x00\x99\x3e\x40\x60\x3e\x00"
    assert notes_of(gs_part(0, 0) + tenth).pitch.tolist() == [62]
    assert notes_of(xg_part(9, 0) + tenth).pitch.tolist() == [62]


def test_a_channel_plays_drums_from_the_message_on_in_all_tracks():
    setup = b"\x60" + gs_part(0xA, 2)[1:] + END
    assert read_midi(header(tracks=2) + chunk(D + D + D) + chunk(setup), "x").notes == Notes.of(
        [0], [12], [62]
    )


# Sustain pedal. Times are in ticks of the file, 8 of them are a tick of the grid.


def at(tick, *message):
    return tick, bytes(message)


def timed(*events):
    parts, now = [], 0
    for tick, message in events:
        parts.append(bytes((tick - now,)) + message)
        now = tick
    return b"".join(parts)


DOWN, HALF, ALMOST, UP = (at(0, 0xB0, 64, value)[1] for value in (127, 64, 63, 0))
KEY, LET_GO = b"\x90\x3c\x40", b"\x80\x3c\x40"


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([(0, DOWN), (0, KEY), (8, LET_GO), (96, UP)], [(0, 12, 60)]),
        ([(0, HALF), (0, KEY), (8, LET_GO), (96, UP)], [(0, 12, 60)]),
        ([(0, ALMOST), (0, KEY), (8, LET_GO), (96, UP)], [(0, 1, 60)]),
        ([(0, DOWN), (0, KEY), (8, LET_GO), (96, ALMOST)], [(0, 12, 60)]),
        ([(0, DOWN), (0, KEY), (8, LET_GO), (48, HALF), (96, UP)], [(0, 12, 60)]),
        ([(0, KEY), (8, LET_GO), (8, DOWN), (96, UP)], [(0, 1, 60)]),  # pressed too late
        ([(0, DOWN), (0, KEY), (48, UP), (96, LET_GO)], [(0, 12, 60)]),  # the key is held
        ([(0, DOWN), (0, KEY), (48, UP), (48, DOWN), (56, LET_GO), (96, UP)], [(0, 12, 60)]),
        (  # the key is struck again
            [(0, DOWN), (0, KEY), (8, LET_GO), (48, KEY), (56, LET_GO), (96, UP)],
            [(0, 6, 60), (6, 6, 60)],
        ),
        ([(0, DOWN), (0, KEY), (8, LET_GO), (96, b"\xff\x01\x00")], [(0, 12, 60)]),  # to the end
        ([(0, DOWN), (0, KEY), (8, LET_GO), (96, b"\xb0\x79\x00")], [(0, 12, 60)]),  # reset
        ([(0, b"\xb1\x40\x7f"), (0, KEY), (8, LET_GO), (96, b"\xb1\x40\x00")], [(0, 1, 60)]),
    ],
)
def test_notes_sound_while_the_pedal_of_their_channel_is_down(events, expected):
    assert sounding(timed(*events)) == expected


def test_the_pedal_of_a_channel_holds_its_notes_in_all_tracks():
    pedal = chunk(timed((0, DOWN), (96, UP)) + END)
    midi = header(tracks=2) + pedal + chunk(timed((0, KEY), (8, LET_GO)) + END)
    assert read_midi(midi, "x").notes == Notes.of([0], [12], [60])


# Each port has 16 channels of its own.

PORT_1 = b"\x00\xff\x21\x01\x01"


@pytest.mark.parametrize(("port", "duration"), [(b"", 12), (PORT_1, 1)], ids=["same", "other"])
def test_the_pedal_of_a_channel_holds_no_notes_of_another_port(port, duration):
    pedal = chunk(timed((0, DOWN), (96, UP)) + END)
    midi = header(tracks=2) + pedal + chunk(port + timed((0, KEY), (8, LET_GO)) + END)
    assert read_midi(midi, "x").notes == Notes.of([0], [duration], [60])


@pytest.mark.parametrize("setup", DRUMS.values(), ids=DRUMS)
def test_a_channel_plays_drums_only_at_its_own_port(setup):
    melody, drums = D + END, PORT_1 + setup + D + END
    midi = header(tracks=2) + chunk(melody) + chunk(drums)
    assert read_midi(midi, "x").notes == Notes.of([0], [12], [62])


def test_channel_10_of_every_port_plays_drums():
    with pytest.raises(UnreadablePieceError, match="1 of drums"):
        notes_of(PORT_1 + b"\x00\x99\x3e\x40\x60\x3e\x00")


def test_a_track_continues_at_another_port():
    tenth = b"\x00\xba\x00\x7f\x00\xca\x00"  # makes channel 11 play drums
    assert notes_of(PORT_1 + tenth + D + b"\x00\xff\x21\x01\x00" + D) == Notes.of([0], [12], [62])


# Pairs of note-on and note-off.


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=60))
def test_a_note_off_ends_the_first_note_of_its_key_that_sounds(events):
    waiting, expected = {}, []
    for index, (key, is_on) in enumerate(events):
        queue = waiting.setdefault(key, deque())
        if is_on:
            queue.append(index)
        elif queue:
            expected.append((queue.popleft(), index))
    key = np.array([key for key, _ in events], dtype=np.int64)
    is_on = np.array([is_on for _, is_on in events], dtype=np.bool_)
    start, end = _paired(key, is_on)
    assert sorted(zip(start.tolist(), end.tolist(), strict=True)) == sorted(expected)


# Tempo map and time signatures.

THREE_FOUR = b"\x00\xff\x58\x04\x03\x02\x18\x08"
BPM_60, BPM_180 = (b"\x00\xff\x51\x03" + us.to_bytes(3) for us in (1_000_000, 333_333))


def test_tempo_map_and_last_tempo_are_read():
    piece = read_midi(file_of(BPM_60 + NOTE * 40 + BPM_180 + NOTE * 32 + END), "x")
    assert piece.tempos == (TempoChange(0, 60), TempoChange(480, 180))
    assert (piece.tempo_bpm, piece.last_tempo_bpm) == (60, 180)


def test_time_signatures_are_read_and_a_pickup_is_kept():
    waltz = read_midi(file_of(THREE_FOUR + NOTE * 6 + END), "x")
    assert waltz.time_signatures == (TimeSignature(0, 3, 4),)
    pickup = read_midi(file_of(THREE_FOUR + b"\x81\x40" + NOTE[1:] + NOTE * 6 + END), "x")
    assert pickup.notes.onset_ticks[0] == 0
    assert pickup.time_signatures == (TimeSignature(-24, 3, 4),)


@pytest.mark.parametrize("data", [b"\x00\x02\x18\x08", b"\x03\x07\x18\x08", b"\x03\xff\x18\x08"])
def test_a_time_signature_that_cannot_be_is_ignored(data):
    piece = read_midi(file_of(b"\x00\xff\x58\x04" + data + NOTE), "x")
    assert piece.time_signatures == ()
    assert piece.warnings == ("malformed tempos or time signatures ignored: 1",)


# Mutants.

SONG = to_midi(
    Notes.of(range(0, 480, 6), [6] * 80, [60 + n % 24 for n in range(80)]),
    tempos=constant_tempo(90),
    name="song",
    text="text",
)
PEDALLED = (
    header(tracks=2)
    + chunk(
        XG_ON + program(127) + BPM_60 + THREE_FOUR + PEDAL[:3] + b"\x7f" + NOTE * 9 + PEDAL + END
    )
    + chunk(gs_part(0xB, 1) + D * 20 + END)
)
changes = st.lists(
    st.tuples(st.integers(0, len(SONG) - 1), st.integers(0, 3), st.binary(max_size=6)), max_size=4
)


@pytest.mark.parametrize("source", ["built", "real"])
def test_mutants_are_read_or_set_aside_with_the_reason(source, tmp_path):
    if source == "built":
        files, count = [SONG, PEDALLED, riff(SONG)], 500
    else:
        files, count = real_files(), 200
    readings = [read_as_training_does(midi, tmp_path) for midi in mutants(files, count, seed=3)]
    read = sum(reading.piece is not None for reading in readings)
    assert count / 20 < read < count * 19 / 20
    assert all(reading.reason for reading in readings if reading.piece is None)


def real_files():
    found = sorted(SHARED.glob("midi/*/*.mid"))[::10]
    if not found:
        pytest.skip("the real pieces are not beside the checkout")
    return [path.read_bytes() for path in found]


@given(changes, st.none() | st.integers(0, len(SONG)))
def test_a_mutant_is_read_within_bounds_or_refused(changes, cut):
    mutant = bytearray(SONG)
    for place, dropped, put in changes:
        mutant[place : place + dropped] = put
    try:
        notes = read_midi(bytes(mutant[:cut]), "x").notes
    except UnreadablePieceError:
        return
    assert 0 < len(notes) <= MOST_NOTES
    assert notes.onset_ticks[0] == 0
    assert notes.end_ticks <= 12 * MOST_BEATS


@given(st.binary(max_size=80))
def test_no_bytes_make_more_than_a_refusal(content):
    for midi in (content, file_of(content), riff(file_of(content))):
        try:
            notes = read_midi(midi, "x").notes
        except UnreadablePieceError:
            continue
        assert len(notes)
