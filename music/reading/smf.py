"""Parses standard MIDI files: from any bytes to events, in bounded time and memory.

Every byte is checked, so the result depends on the file alone. Files that break the rules are read
if their meaning is clear. Others are refused, with the position of the error.

Sources: The Complete MIDI 1.0 Detailed Specification, Standard MIDI Files 1.0; RP-029, Bundling SMF
and DLS data in an RMID file (MIDI Association). The meta event 21, the port of a track for music of
more than 16 channels, is in no specification, but sequencers write it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from music.errors import UnreadablePieceError

MOST_BYTES = 4 * 2**20
MOST_TRACKS = 256
MOST_EVENTS = 100_000
MOST_BEATS = 10_000  # over an hour

EXCLUSIVE, TEXT, TEMPO, TIME_SIGNATURE = 0xF0, 0x01, 0x51, 0x58  # kinds of system events

_CHUNK_HEAD_BYTES = 8
_HEADER_BYTES = 6
_INDEPENDENT_TRACKS = 2  # the format whose tracks follow each other
_STATUS = 0x80  # the first byte that is one
_PROGRAM_CHANGE, _PITCH_BEND = 0xC0, 0xE0  # from the one to the other, one byte of data
_SYSTEM = 0xF0  # the first status without a channel
_ESCAPE, _META = 0xF7, 0xFF
_TRACK_NAME = 0x03
_PORT = 0x21
_END_OF_TRACK = 0x2F
_END_OF_EXCLUSIVE = b"\xf7"
_LONGEST_NUMBER_BYTES = 4


class SystemEvent(NamedTuple):
    """A message without a channel.

    Attributes:
        tick: When it is complete.
        kind: EXCLUSIVE, TEMPO, TIME_SIGNATURE, or TEXT at the start of a track.
        data: As the file has it. An exclusive message that was split is whole, without F0 and F7.
        port: 0 to 127, the one that its track is sent to.
    """

    tick: int
    kind: int
    data: bytes
    port: int


@dataclass(frozen=True)
class MidiFile:
    """A file's events: E with a channel, and those without one.

    They are ordered by tick, then by track, then by their order in the track.

    Attributes:
        ticks_per_beat: 1 to 32,767.
        tick: int64[E], 0 or more.
        track: int64[E], 0 or more.
        status: int64[E], 0x80 to 0xEF: the kind, and the channel in the low four bits.
        data1: int64[E], 0 to 127: pitch, number of a controller or program.
        data2: int64[E], 0 to 127: velocity or value of a controller.
        port: int64[E], 0 to 127: each port has its own 16 channels.
        system: Events without a channel.
        track_names: The name of every track; empty if it has none.
        end_tick: Where the longest track ends.
        is_cut: Whether the file ends within a track.
        missing_tracks: How many of the tracks in the header are missing.
    """

    ticks_per_beat: int
    tick: NDArray[np.int64]
    track: NDArray[np.int64]
    status: NDArray[np.int64]
    data1: NDArray[np.int64]
    data2: NDArray[np.int64]
    port: NDArray[np.int64]
    system: tuple[SystemEvent, ...]
    track_names: tuple[bytes, ...]
    end_tick: int
    is_cut: bool
    missing_tracks: int


class _Header(NamedTuple):
    """The fields of the header chunk, and the position after it."""

    form: int
    tracks: int
    ticks_per_beat: int
    end: int


class _Track(NamedTuple):
    """A track's events.

    Attributes:
        ticks: Of every event.
        messages: Status and both bytes of data of every event.
        ports: The index of an event, and the port from there on; the first index is 0.
        system: Those without a channel.
        name: The first that it has; empty if it has none.
        end_tick: Where it ends.
        is_cut: Whether the file ends before it does.
    """

    ticks: list[int]
    messages: bytearray
    ports: list[tuple[int, int]]
    system: list[SystemEvent]
    name: bytes
    end_tick: int
    is_cut: bool


def parse_midi(data: bytes) -> MidiFile:
    """Parse a standard MIDI file, or the one within a RIFF file.

    Longer headers, other chunks, wrong numbers of tracks, and a running status that continues
    after an event without a channel are accepted. A file that ends early is read up to its end.
    The tracks of a file of format 2 follow each other.

    Raises:
        UnreadablePieceError: It is not a MIDI file, is broken, or too long.
    """
    if len(data) > MOST_BYTES:
        raise UnreadablePieceError(f"more than {MOST_BYTES // 2**20} MB")
    data = _without_riff(data)
    header = _header(data)
    chunks = _track_chunks(data, header.end)
    if not 1 <= len(chunks) <= MOST_TRACKS:
        raise UnreadablePieceError(f"it has {len(chunks)} tracks; 1 to {MOST_TRACKS} are read")
    tracks: list[_Track] = []
    for number, (start, stop) in enumerate(chunks, 1):
        in_sequence = tracks and header.form == _INDEPENDENT_TRACKS
        start_tick = _next_beat(tracks[-1].end_tick, header) if in_sequence else 0
        track = _parse_track(data, start, stop, start_tick=start_tick, number=number)
        if track.end_tick > MOST_BEATS * header.ticks_per_beat:
            raise UnreadablePieceError(f"track {number} is longer than {MOST_BEATS} beats")
        tracks.append(track)
    if sum(len(track.ticks) + len(track.system) for track in tracks) > MOST_EVENTS:
        raise UnreadablePieceError(f"more than {MOST_EVENTS} events")
    return _merged(tracks, header)


def _without_riff(data: bytes) -> bytes:
    """Extract the MIDI file from a RIFF file; return anything else unchanged."""
    if data[:4] != b"RIFF" or data[8:12] != b"RMID":
        return data
    at = 12
    while (start := at + _CHUNK_HEAD_BYTES) <= len(data):
        length = int.from_bytes(data[at + 4 : start], "little")
        if data[at : at + 4] == b"data":
            return data[start : start + length]
        at = start + length + length % 2
    raise UnreadablePieceError("a RIFF file without a MIDI file in it")


def _header(data: bytes) -> _Header:
    if data[:4] != b"MThd":
        raise UnreadablePieceError("not a MIDI file: it does not begin with MThd")
    if len(data) < _CHUNK_HEAD_BYTES + _HEADER_BYTES:
        raise UnreadablePieceError(f"it ends within its header, at byte {len(data)}")
    length, form, tracks, division = (
        int.from_bytes(data[start:stop]) for start, stop in ((4, 8), (8, 10), (10, 12), (12, 14))
    )
    if length < _HEADER_BYTES:
        raise UnreadablePieceError(f"its header has {length} bytes; at least 6 are needed")
    if form > _INDEPENDENT_TRACKS:
        raise UnreadablePieceError(f"it is of format {form}; 0, 1 and 2 are read")
    if division >= 1 << 15:
        raise UnreadablePieceError("it counts time in frames (SMPTE), not in ticks per beat")
    if not division:
        raise UnreadablePieceError("a beat has no ticks")
    return _Header(form, tracks, division, _CHUNK_HEAD_BYTES + length)


def _track_chunks(data: bytes, at: int) -> list[tuple[int, int]]:
    """Find the start and stop of each track's events; the last stop may be after the end."""
    found = []
    while (start := at + _CHUNK_HEAD_BYTES) <= len(data):
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : start])
        at = start + length
        if kind == b"MTrk":
            found.append((start, at))
    return found


def _next_beat(tick: int, header: _Header) -> int:
    return -(-tick // header.ticks_per_beat) * header.ticks_per_beat


def _parse_track(data: bytes, start: int, stop: int, *, start_tick: int, number: int) -> _Track:
    """Parse the events of a track up to its end or that of the file.

    Args:
        data: The file.
        start: The start of the events.
        stop: Their end, perhaps after the end of the file.
        start_tick: The start of the track.
        number: The number of the track, from 1.
    """
    parser = _TrackParser(data[start:stop], start_tick)
    is_cut = stop > len(data)
    try:
        parser.run()
    except IndexError:
        if not is_cut:
            raise _broken(number, start + parser.place, "is cut off") from None
    except ValueError as error:
        raise _broken(number, start + parser.place, str(error)) from None
    return _Track(
        parser.ticks,
        parser.messages,
        parser.ports,
        parser.system,
        parser.name,
        parser.end_tick,
        is_cut=is_cut and not parser.is_ended,
    )


class _TrackParser:
    """Parses the events of one track, and keeps the relevant ones.

    Attributes:
        ticks: As in `_Track`.
        messages: As in `_Track`.
        ports: As in `_Track`.
        system: Those without a channel.
        name: As in `_Track`.
        place: The position of the latest event in the track.
        end_tick: The end of the track, or of its part that was read.
        is_ended: Whether the track has an end event.
    """

    def __init__(self, track: bytes, start_tick: int) -> None:
        self.ticks: list[int] = []
        self.messages = bytearray()
        self.ports = [(0, 0)]
        self.system: list[SystemEvent] = []
        self.name = b""
        self.place = 0
        self.end_tick = start_tick
        self.is_ended = False
        self._track = track
        self._exclusive = bytearray()  # the packets so far of a message that is split

    def run(self) -> None:
        """Parse all events; each takes a fifth of a microsecond, and files have 50,000.

        Raises:
            IndexError: The track ends within the event at `place`.
            ValueError: That event is broken; the message says how.
        """
        track, end = tuple(self._track), len(self._track)  # a tuple is indexed faster than bytes
        keep_tick, keep_byte = self.ticks.append, self.messages.append
        tick, at, place, status = self.end_tick, 0, 0, 0
        try:
            while at < end:
                place = at
                delta = track[at]
                at += 1
                if delta >= _STATUS:
                    delta, at = _number(track, place)
                tick += delta
                data1 = track[at]
                if data1 >= _STATUS:
                    if data1 >= _SYSTEM:
                        at = self._system_event(at, tick)
                        if self.is_ended:
                            break
                        continue
                    status = data1
                    at += 1
                    data1 = track[at]
                if _PROGRAM_CHANGE <= status < _PITCH_BEND:
                    data2 = 0
                    at += 1
                else:
                    data2 = track[at + 1]
                    at += 2
                if not status:
                    raise ValueError("has no status")
                if data1 | data2 >= _STATUS:
                    raise ValueError("has a status where data should be")
                keep_tick(tick)
                keep_byte(status)
                keep_byte(data1)
                keep_byte(data2)
        finally:
            self.place, self.end_tick = place, tick

    def _system_event(self, at: int, tick: int) -> int:
        """Parse the event with its status at a position; return the position after it."""
        status = self._track[at]
        if status not in {EXCLUSIVE, _ESCAPE, _META}:
            raise ValueError("is not one of a file")
        is_meta = status == _META
        kind = self._track[at + 1] if is_meta else EXCLUSIVE
        length, start = _number(self._track, at + 1 + is_meta)
        end = start + length
        if end > len(self._track):
            raise IndexError
        if not is_meta:
            self._exclusive_packet(status, self._track[start:end], tick)
        elif kind == _END_OF_TRACK:
            self.is_ended = True
        elif kind in {TEMPO, TIME_SIGNATURE} or (kind == TEXT and not tick):
            self._keep(tick, kind, self._track[start:end])
        elif kind == _TRACK_NAME and not self.name:
            self.name = self._track[start:end]
        elif kind == _PORT and length == 1:
            self.ports.append((len(self.ticks), self._track[start] & 0x7F))
        return end

    def _exclusive_packet(self, status: int, packet: bytes, tick: int) -> None:
        if status == EXCLUSIVE:
            self._exclusive.clear()
        self._exclusive += packet
        if packet.endswith(_END_OF_EXCLUSIVE):
            message = bytes(self._exclusive[: -len(_END_OF_EXCLUSIVE)])
            self._keep(tick, EXCLUSIVE, message)
            self._exclusive.clear()

    def _keep(self, tick: int, kind: int, data: bytes) -> None:
        _, port = self.ports[-1]
        self.system.append(SystemEvent(tick, kind, data, port))


def _number(track: Sequence[int], at: int) -> tuple[int, int]:
    """Read a number of variable length; return it and the position after it."""
    value, last = 0, at + _LONGEST_NUMBER_BYTES - 1
    while (byte := track[at]) >= _STATUS and at < last:
        value = value << 7 | byte & 0x7F
        at += 1
    if byte >= _STATUS:
        raise ValueError("has a number of more than four bytes")
    return value << 7 | byte, at + 1


def _broken(track: int, place: int, what: str) -> UnreadablePieceError:
    return UnreadablePieceError(f"track {track} is broken: its event at byte {place} {what}")


def _merged(tracks: list[_Track], header: _Header) -> MidiFile:
    """Merge the events of all tracks in order."""
    tick = np.array([tick for track in tracks for tick in track.ticks], dtype=np.int64)
    number = np.repeat(np.arange(len(tracks)), [len(track.ticks) for track in tracks])
    messages = b"".join(track.messages for track in tracks)
    order = np.argsort(tick, kind="stable")
    status, data1, data2 = (
        np.frombuffer(messages, np.uint8).reshape(-1, 3)[order].T.astype(np.int64)
    )
    system = sorted((event for track in tracks for event in track.system), key=lambda e: e.tick)
    return MidiFile(
        ticks_per_beat=header.ticks_per_beat,
        tick=tick[order],
        track=number[order],
        status=status,
        data1=data1,
        data2=data2,
        port=_ports(tracks)[order],
        system=tuple(system),
        track_names=tuple(track.name for track in tracks),
        end_tick=max(track.end_tick for track in tracks),
        is_cut=any(track.is_cut for track in tracks),
        missing_tracks=max(0, header.tracks - len(tracks)),
    )


def _ports(tracks: list[_Track]) -> NDArray[np.int64]:
    """Return the port of every event, track by track."""
    starts, ports, events = [], [], 0
    for track in tracks:
        for index, port in track.ports:
            starts.append(events + index)
            ports.append(port)
        events += len(track.ticks)
    return np.repeat(ports, np.diff(starts, append=events))
