"""Whether a MIDI file from a stranger is whole and of a bounded size, before a parser reads it.

symusic's parser, in C++, trusts what a file says of itself: it reads behind the end of one that
lies, and copies and sorts whatever it finds. So every event that it will see is walked through here
first, once, in time that grows with the file, and nothing is kept.

Source: The Complete MIDI 1.0 Detailed Specification, Standard MIDI Files 1.0 (MIDI Association).
"""

from collections.abc import Iterator
from typing import NamedTuple

from music.errors import UnreadablePieceError

MOST_TRACKS = 256
MOST_EVENTS = 100_000
MOST_STRIKES = 20_000  # the parser's time may grow with their square
MOST_PROGRAM_CHANGES = 256  # the parser makes a part of each
MOST_BEATS = 10_000  # over an hour

_HEADER_BYTES = 14
_CHUNK_HEAD_BYTES = 8
_STATUS = 0x80  # the first byte that is one
_NOTE_ON, _PROGRAM_CHANGE, _PITCH_BEND = 0x90, 0xC0, 0xE0
_SYSTEM_EXCLUSIVE, _META = 0xF0, 0xFF
_END_OF_TRACK = 0x2F
_META_BYTES = {0x51: 3, 0x58: 4, 0x59: 2}  # a tempo, a time signature, a key signature


class _Event(NamedTuple):
    """What counts of an event.

    Attributes:
        tick: When it happens.
        kind: Its status, without the channel where it has one.
        last: Its last byte; of a note, how hard it is struck.
    """

    tick: int
    kind: int
    last: int


def check_midi(midi: bytes) -> None:
    """Make sure that a MIDI file is whole, and no larger than a long piece.

    Raises:
        UnreadablePieceError: It is not; the message says what is broken, and where.
    """
    tracks, ticks_per_beat = _header(midi)
    end, events, strikes, program_changes = _HEADER_BYTES, 0, 0, 0
    for track in range(1, tracks + 1):
        start, end = _track(midi, end, track)
        for tick, kind, last in _events(midi[start:end], start, track):
            events += 1
            strikes += kind == _NOTE_ON and last > 0
            program_changes += kind == _PROGRAM_CHANGE
            if tick > MOST_BEATS * ticks_per_beat:
                raise UnreadablePieceError(f"track {track} is longer than {MOST_BEATS} beats")
            if events > MOST_EVENTS:
                raise UnreadablePieceError(f"more than {MOST_EVENTS} events")
            if strikes > MOST_STRIKES:
                raise UnreadablePieceError(f"more than {MOST_STRIKES} notes")
            if program_changes > MOST_PROGRAM_CHANGES:
                raise UnreadablePieceError(f"more than {MOST_PROGRAM_CHANGES} changes of program")


def _header(midi: bytes) -> tuple[int, int]:
    """Read how many tracks there are, and how many ticks a beat has."""
    if midi[:4] != b"MThd":
        raise UnreadablePieceError("not a MIDI file: it does not begin with MThd")
    if len(midi) < _HEADER_BYTES:
        raise UnreadablePieceError(f"it ends within its header, at byte {len(midi)}")
    length, form, tracks, division = (
        int.from_bytes(midi[start:stop]) for start, stop in ((4, 8), (8, 10), (10, 12), (12, 14))
    )
    if length != _HEADER_BYTES - _CHUNK_HEAD_BYTES:
        raise UnreadablePieceError(f"its header says that it has {length} bytes, not 6")
    if form > 1:
        raise UnreadablePieceError(f"it is of format {form}; 0 and 1 are read")
    if not 1 <= tracks <= MOST_TRACKS:
        raise UnreadablePieceError(f"it has {tracks} tracks; 1 to {MOST_TRACKS} are read")
    if division >= 1 << 15:
        raise UnreadablePieceError("it counts time in frames (SMPTE), not in ticks a beat")
    if not division:
        raise UnreadablePieceError("a beat of it has no ticks")
    return tracks, division


def _track(midi: bytes, at: int, track: int) -> tuple[int, int]:
    """Find where the events of the next track begin and end; other chunks are passed over."""
    kind = b""
    while kind != b"MTrk":
        chunk, start = at, at + _CHUNK_HEAD_BYTES
        if start > len(midi):
            raise UnreadablePieceError(f"it ends before track {track}, at byte {len(midi)}")
        kind, length = midi[chunk : chunk + 4], int.from_bytes(midi[chunk + 4 : start])
        at = start + length
        if at > len(midi):
            raise UnreadablePieceError(
                f"track {track} is cut off: its chunk at byte {chunk} says that it has {length} "
                f"bytes, and the file ends after {len(midi) - start}"
            )
    return start, at


def _events(track: bytes, offset: int, number: int) -> Iterator[_Event]:
    """Walk through a track's events.

    Args:
        track: Its bytes.
        offset: Where they are in the file.
        number: The track's, from 1.
    """
    at, tick, status = 0, 0, 0
    while at < len(track):
        place = offset + at
        try:
            delta, at = _variable(track, at)
            if track[at] >= _STATUS:
                status, at = track[at], at + 1
            end = _end(track, at, status)
            last = track[end - 1]
        except IndexError:
            raise _broken(number, place, "is cut off") from None
        except ValueError as error:
            raise _broken(number, place, str(error)) from None
        if status == _META and track[at] == _END_OF_TRACK:
            return
        tick += delta
        is_system = status >= _SYSTEM_EXCLUSIVE
        yield _Event(tick, status if is_system else status & 0xF0, last)
        at, status = end, 0 if is_system else status  # a channel's status may go on


def _end(track: bytes, at: int, status: int) -> int:
    """Find where the data of an event end, which begin at a place of its track."""
    if status == _META:
        length, start = _variable(track, at + 1)
        if length != (expected := _META_BYTES.get(track[at], length)):
            raise ValueError(f"has {length} bytes of data, where its kind has {expected}")
        return start + length
    if status == _SYSTEM_EXCLUSIVE:
        length, start = _variable(track, at)
        return start + length
    if not _STATUS <= status < _SYSTEM_EXCLUSIVE:
        raise ValueError("has no status" if not status else "is not one of a file")
    end = at + (1 if _PROGRAM_CHANGE <= status < _PITCH_BEND else 2)
    if max(track[at:end], default=0) >= _STATUS:
        raise ValueError("has a status where data should be")
    return end


def _variable(track: bytes, at: int) -> tuple[int, int]:
    """Read a number of variable length; gives it and where the next byte is."""
    value = 0
    for place in range(at, at + 4):
        value = value << 7 | track[place] & 0x7F
        if track[place] < _STATUS:
            return value, place + 1
    raise ValueError("has a number of more than four bytes")


def _broken(track: int, place: int, what: str) -> UnreadablePieceError:
    return UnreadablePieceError(f"track {track} is broken: its event at byte {place} {what}")
