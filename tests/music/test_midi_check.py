"""MIDI files of strangers: what is whole passes, what is not is refused with what is broken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from music.errors import UnreadablePieceError
from music.midi import to_midi
from music.midi_check import MOST_BEATS, MOST_EVENTS, MOST_STRIKES, check_midi
from music.notes import Notes
from music.reading import read_midi, read_untrusted_midi
from tests.music.test_reading import midi_file, note

ON, OFF = b"\x00\x90\x3c\x40", b"\x60\x80\x3c\x40"
PEDAL = b"\x00\xb0\x40\x00"
END = b"\x00\xff\x2f\x00"


def header(*, length=6, form=1, tracks=1, division=96):
    parts = ((length, 4), (form, 2), (tracks, 2), (division, 2))
    return b"MThd" + b"".join(value.to_bytes(size) for value, size in parts)


def chunk(events, *, kind=b"MTrk", length=None):
    return kind + (len(events) if length is None else length).to_bytes(4) + events


def file_of(events):
    return header() + chunk(events)


WHOLE = {
    "a note": file_of(ON + OFF + END),
    "no end of track": file_of(ON + OFF),
    "bytes behind the end of a track": file_of(ON + OFF + END + b"\xff\xff"),
    "bytes behind the last track": file_of(ON + OFF + END) + b"MTrk\xff",
    "a running status": file_of(ON + b"\x60\x3c\x00" + END),
    "another chunk": header() + chunk(b"\xff" * 9, kind=b"XFIH") + chunk(ON + OFF + END),
    "system exclusive": file_of(b"\x00\xf0\x03abc" + ON + OFF + END),
    "an empty text": file_of(b"\x00\xff\x01\x00" + ON + OFF + END),
    "an unknown meta event": file_of(b"\x00\xff\x60\x81\x00" + b"x" * 128 + ON + OFF + END),
    "one track": header(form=0) + chunk(ON + OFF + END),
    "a second track": header(tracks=2) + chunk(END) + chunk(ON + OFF + END),
    "a program of one byte": file_of(b"\x00\xc0\x05\x00\x06" + ON + OFF + END),
}

BROKEN = [
    (b"", "not a MIDI file: it does not begin with MThd"),
    (b"RIFF" + header(), "not a MIDI file: it does not begin with MThd"),
    (header()[:13], "it ends within its header, at byte 13"),
    (header(length=7) + b"\0" + chunk(ON), "its header says that it has 7 bytes, not 6"),
    (header(form=2) + chunk(ON), "it is of format 2; 0 and 1 are read"),
    (header(tracks=0), "it has 0 tracks; 1 to 256 are read"),
    (header(tracks=257) + chunk(END) * 257, "it has 257 tracks; 1 to 256 are read"),
    (header(division=0xE728) + chunk(ON), "it counts time in frames (SMPTE), not in ticks a beat"),
    (header(division=0) + chunk(ON), "a beat of it has no ticks"),
    (header(), "it ends before track 1, at byte 14"),
    (header(tracks=2) + chunk(ON + OFF + END), "it ends before track 2, at byte 34"),
    (header() + chunk(b"", kind=b"XFIH"), "it ends before track 1, at byte 22"),
    (
        header() + chunk(ON, length=1 << 31),
        (
            "track 1 is cut off: its chunk at byte 14 says that it has 2147483648 bytes, "
            "and the file ends after 4"
        ),
    ),
    (file_of(ON + b"\x60\x80\x3c"), "track 1 is broken: its event at byte 26 is cut off"),
    (file_of(ON + b"\x60"), "track 1 is broken: its event at byte 26 is cut off"),
    (file_of(ON + b"\x80\x80"), "track 1 is broken: its event at byte 26 is cut off"),
    (file_of(b"\x00\xff\x03\x09abc"), "track 1 is broken: its event at byte 22 is cut off"),
    (file_of(b"\x00\xf0\x09abc"), "track 1 is broken: its event at byte 22 is cut off"),
    (file_of(b"\x00\xff"), "track 1 is broken: its event at byte 22 is cut off"),
    (file_of(b"\x00\x3c\x40"), "track 1 is broken: its event at byte 22 has no status"),
    (
        file_of(ON + b"\x00\xff\x01\x00\x00\x3c\x00"),
        "track 1 is broken: its event at byte 30 has no status",
    ),
    (
        file_of(b"\x00\x90\xff\x40"),
        "track 1 is broken: its event at byte 22 has a status where data should be",
    ),
    (file_of(b"\x00\xf4"), "track 1 is broken: its event at byte 22 is not one of a file"),
    (
        file_of(b"\xff\xff\xff\xff\x7f" + ON),
        "track 1 is broken: its event at byte 22 has a number of more than four bytes",
    ),
    (
        file_of(b"\x00\xff\x51\x00" + ON),
        "track 1 is broken: its event at byte 22 has 0 bytes of data, where its kind has 3",
    ),
    (file_of(ON + b"\xff\xff\xff\x7f\x80\x3c\x40"), "track 1 is longer than 10000 beats"),
    (file_of(PEDAL + b"\x00\x40\x00" * MOST_EVENTS), "more than 100000 events"),
    (file_of(ON + b"\x00\x3c\x40" * MOST_STRIKES), "more than 20000 notes"),
    (file_of(b"\x00\xc0\x05" * 257), "more than 256 changes of program"),
]


@pytest.mark.parametrize("midi", WHOLE.values(), ids=WHOLE)
def test_what_is_whole_is_read_as_ever(midi):
    check_midi(midi)
    assert read_untrusted_midi(midi, "x") == read_midi(midi, "x")
    assert read_midi(midi, "x").notes == Notes.of([0], [12], [60])


@pytest.mark.parametrize(("midi", "reason"), BROKEN, ids=[reason for _, reason in BROKEN])
def test_what_is_broken_says_what_is(midi, reason):
    with pytest.raises(UnreadablePieceError) as refusal:
        check_midi(midi)
    assert str(refusal.value) == reason


@pytest.mark.parametrize(
    "midi", [file_of(END), file_of(ON + END), midi_file(note(60, 480, channel=9))]
)
def test_a_file_without_notes_is_refused(midi):
    with pytest.raises(UnreadablePieceError, match=r"^no notes in it \(drums are left out\)$"):
        read_untrusted_midi(midi, "x")


@pytest.mark.parametrize("beats", [MOST_BEATS, MOST_BEATS + 1])
def test_a_long_piece_is_not_a_longer_one(beats):
    midi = midi_file(note(60, beats), ticks_per_beat=1)
    if beats <= MOST_BEATS:
        assert read_untrusted_midi(midi, "x").notes.duration_ticks.tolist() == [12 * beats]
    else:
        with pytest.raises(UnreadablePieceError, match="longer than 10000 beats"):
            check_midi(midi)


SONG = to_midi(
    Notes.of(range(0, 480, 6), [6] * 80, [60 + n % 24 for n in range(80)]),
    tempo_bpm=90,
    name="song",
    text="text",
)
changes = st.lists(
    st.tuples(st.integers(0, len(SONG) - 1), st.integers(0, 3), st.binary(max_size=6)), max_size=4
)


@given(changes, st.none() | st.integers(0, len(SONG)))
def test_whatever_passes_can_be_read(changes, cut):
    mutant = bytearray(SONG)
    for place, dropped, put in changes:
        mutant[place : place + dropped] = put
    try:
        check_midi(bytes(mutant[:cut]))
    except UnreadablePieceError:
        return
    assert read_midi(bytes(mutant[:cut]), "x").notes.end_ticks <= 12 * MOST_BEATS


@given(st.binary(max_size=80))
def test_no_bytes_make_more_than_a_refusal(content):
    for midi in (content, file_of(content)):
        try:
            notes = read_untrusted_midi(midi, "x").notes
        except UnreadablePieceError:
            continue
        assert len(notes)
