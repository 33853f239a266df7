"""Reads standard MIDI files: from events to notes, tempo map and time signatures."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from music.errors import UnreadablePieceError
from music.notes import (
    TICKS_PER_BEAT,
    Notes,
    cleaning_order,
    is_on_piano,
    released,
    rounded_to_grid,
)
from music.performance import Performance
from music.piece import Piece, TempoChange, TimeSignature, meter_map, tempo_map
from music.players.line_up import ONE_PIANO, LineUp
from music.reading.band.described import as_described
from music.reading.band.parts import Parts, as_band
from music.reading.drums import drum_mask
from music.reading.smf import TEMPO, TEXT, TIME_SIGNATURE, MidiFile, SystemEvent, parse_midi

MIDI_SUFFIXES = frozenset({".kar", ".mid", ".midi", ".rmi"})
MOST_NOTES = 20_000

_NOTE_OFF, _NOTE_ON, _CONTROLLER, _PROGRAM_CHANGE = 0x80, 0x90, 0xB0, 0xC0
_CHANNEL_BITS = 11  # of a channel numbered over all ports
_PEDAL, _RESET_CONTROLLERS = 64, 121
_PEDAL_DOWN = 64  # this value or more (General MIDI); nothing lies between up and down
_TEMPO_BYTES, _TIME_SIGNATURE_BYTES = 3, 4
_SHORTEST_BEAT = 6  # the power of 2 of a 64th note
_US_PER_MINUTE = 60e6
_SHORTEST_SOUND = 0.01  # ticks of our grid: a note may end where it starts
_OFF_PIANO = "outside of the piano's range (A0 to C8)"


def read_midi(midi: bytes, name: str, *, band: bool = False) -> Piece:
    """Read an untrusted standard MIDI file, in bounded time and memory.

    All parts are merged, without drums, or get their roles in a band. A note-off ends the first
    note of its key that still sounds. While the sustain pedal of its channel is down, the note
    continues until the pedal is released or the key is struck again.

    Args:
        midi: The file, possibly within a RIFF file (RMID).
        name: The piece's name.
        band: Whether it is read as a band. A part is then what a track plays on a channel with a
            program, which is 0 until the channel gets one. The files of `music.midi` say which
            role each part has, and who plays though it has no note.

    Returns:
        The piece, with one note or more. Its warnings say what was left out or ignored.

    Raises:
        UnreadablePieceError: It is not a MIDI file, is broken or too long, counts time in frames,
            or has no notes.
    """
    file = parse_midi(midi)
    found = _find_notes(file, band=band)
    if not len(found.notes):
        raise UnreadablePieceError(_why_none(file, found))
    kept = cleaning_order(found.notes)
    held = found.notes[kept]
    first_note_ticks = int(held.onset_ticks[0])
    notes = released(held).shifted(-first_note_ticks)
    tempos, signatures = _tempo_changes(file), _time_signatures(file)
    marks = sum(event.kind in (TEMPO, TIME_SIGNATURE) for event in file.system)
    ignored = marks - len(tempos) - len(signatures)
    return Piece(
        name,
        notes,
        tempo_map(tempos, first_note_ticks),
        meter_map(signatures, first_note_ticks),
        tuple(_warnings(file, found, len(notes), ignored)),
        _performance(found.performance[kept], held, notes),
        found.line_up,
    )


@dataclass(frozen=True)
class _Found:
    """The notes of a file.

    Attributes:
        notes: On the grid, counted from the file's start, not cleaned.
        performance: How they sound.
        line_up: Who plays them.
        drums: How many were left out because they are drums.
        endless: How many were left out because they never end.
        off_piano: How many were left out because they are outside of the piano's range.
    """

    notes: Notes
    performance: Performance
    line_up: LineUp
    drums: int
    endless: int
    off_piano: int


def _find_notes(file: MidiFile, *, band: bool) -> _Found:
    kind = file.status & 0xF0
    is_on = (kind == _NOTE_ON) & (file.data2 > 0)
    if is_on.sum() > MOST_NOTES:
        raise UnreadablePieceError(f"more than {MOST_NOTES} notes")
    is_drum = is_on & drum_mask(file)
    events = np.flatnonzero((kind == _NOTE_ON) | (kind == _NOTE_OFF))
    key = file.track << 18 | _channel(file) << 7 | file.data1
    start, end = (events[indices] for indices in _paired(key[events], is_on[events]))
    left_out = 0 if band else int(is_drum.sum())
    is_played = band | ~is_drum[start]
    endless = int(is_on.sum()) - left_out - int(is_played.sum())
    is_read = is_played & is_on_piano(file.data1[start])
    off_piano = int(is_played.sum() - is_read.sum())
    start, end = start[is_read], end[is_read]
    duration = _release_ticks(file, end) - file.tick[start]
    beat, line_up = file.ticks_per_beat, ONE_PIANO
    notes = rounded_to_grid(file.tick[start] / beat, duration / beat, file.data1[start])
    if band:
        part = file.track << _CHANNEL_BITS | _channel(file)
        parts = Parts(part[start], _programs(file)[start], is_drum[start])
        texts = (event.data for event in file.system if event.kind == TEXT)
        described = as_described(notes, parts, texts, file.track_names, file.track[start])
        notes, line_up = described or as_band(notes, parts)
    sounding = np.maximum(_SHORTEST_SOUND, duration * TICKS_PER_BEAT / beat)
    performance = Performance(
        file.data2[start].astype(np.int32),
        np.where(notes.is_melodic, sounding, notes.duration_ticks).astype(np.float32),
    )
    return _Found(notes, performance, line_up, left_out, endless, off_piano)


def _programs(file: MidiFile) -> NDArray[np.int64]:
    """Return the program of each event's channel then, 0 until it gets one: int64[E]."""
    by_channel = np.argsort(_channel(file), kind="stable")
    is_change = (file.status[by_channel] & 0xF0) == _PROGRAM_CHANGE
    is_first = np.diff(_channel(file)[by_channel], prepend=-1) > 0
    indices = np.arange(len(by_channel))
    latest = np.maximum.accumulate(np.where(is_change | is_first, indices, 0))
    programs = np.empty_like(file.data1)
    programs[by_channel] = np.where(is_change, file.data1[by_channel], 0)[latest]
    return programs


def _performance(performance: Performance, held: Notes, notes: Notes) -> Performance:
    """End sounds at the latest when notes are released.

    Args:
        performance: The performance of the held notes.
        held: The notes, possibly held after their key is struck again.
        notes: The same notes, released then.
    """
    is_released = notes.duration_ticks < held.duration_ticks
    most = np.where(is_released, notes.duration_ticks, np.inf).astype(np.float32)
    return Performance(performance.velocity, np.minimum(performance.sounding_ticks, most))


def _channel(file: MidiFile) -> NDArray[np.int64]:
    """Return the channel of each event, numbered over all ports: int64[E], 0 to 2047."""
    return file.port << 4 | file.status & 0x0F


def _paired(
    key: NDArray[np.int64], is_on: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pair every note-on with the note-off that ends it, for each key in their order.

    Args:
        key: int64[E], 0 or more, of note-ons and note-offs in their order.
        is_on: bool[E], which of them are note-ons.

    Returns:
        intp[N] each: the indices of note-ons and of their note-offs, without notes that never end.
    """
    by_key = np.argsort(key, kind="stable")
    is_on = is_on[by_key]
    is_first = np.diff(key[by_key], prepend=-1) > 0
    first, group = np.flatnonzero(is_first), np.cumsum(is_first) - 1
    # Counted for each key. If there are more note-offs, some had no note to end.
    ons = np.cumsum(is_on, dtype=np.int64)
    ons -= (ons - is_on)[first][group]
    offs = np.arange(1, len(key) + 1) - first[group] - ons
    apart = group * (len(key) + 1)  # more than any count: keeps the keys apart
    idle_offs = np.maximum.accumulate(np.maximum(0, offs - ons) + apart) - apart
    ended, wanted = offs - idle_offs + apart, (ons + apart)[is_on]
    end = np.searchsorted(ended, wanted)
    has_end = np.append(ended, -1)[end] == wanted
    return by_key[is_on][has_end], by_key[end[has_end]]


def _release_ticks(file: MidiFile, end: NDArray[np.intp]) -> NDArray[np.int64]:
    """Return when notes stop sounding: at their ends or, later, when the pedal is released.

    Args:
        file: E events.
        end: intp[N], the indices of their note-offs.

    Returns:
        int64[N], ticks.
    """
    channel = _channel(file)
    is_controller = file.status & 0xF0 == _CONTROLLER
    is_pedal = is_controller & ((file.data1 == _PEDAL) | (file.data1 == _RESET_CONTROLLERS))
    is_down = (file.data1 == _PEDAL) & (file.data2 >= _PEDAL_DOWN)
    ticks = file.tick[end]
    for number in np.flatnonzero(np.bincount(channel[is_pedal])).tolist():
        pedal = np.flatnonzero(is_pedal & (channel == number))
        ups = pedal[~is_down[pedal]]
        up_ticks = np.append(file.tick[ups], file.end_tick)
        before = np.searchsorted(pedal, end) - 1
        is_held = (channel[end] == number) & (before >= 0) & is_down[pedal[before]]
        ticks = np.where(is_held, up_ticks[np.searchsorted(ups, end)], ticks)
    return ticks


def _tempo_changes(file: MidiFile) -> list[TempoChange]:
    return [
        TempoChange(_grid_ticks(file, event), _US_PER_MINUTE / us_per_beat)
        for event in file.system
        if event.kind == TEMPO
        and len(event.data) == _TEMPO_BYTES
        and (us_per_beat := int.from_bytes(event.data))
    ]


def _time_signatures(file: MidiFile) -> list[TimeSignature]:
    return [
        TimeSignature(_grid_ticks(file, event), event.data[0], 1 << event.data[1])
        for event in file.system
        if event.kind == TIME_SIGNATURE
        and len(event.data) == _TIME_SIGNATURE_BYTES
        and event.data[0]
        and event.data[1] <= _SHORTEST_BEAT
    ]


def _grid_ticks(file: MidiFile, event: SystemEvent) -> int:
    return round(event.tick * TICKS_PER_BEAT / file.ticks_per_beat)


def _why_none(file: MidiFile, found: _Found) -> str:
    """Return why no note of a file was read."""
    kinds = {
        "of drums": found.drums,
        "without an end": found.endless,
        _OFF_PIANO: found.off_piano,
    }
    unread = " and ".join(f"{count} {kind}" for kind, count in kinds.items() if count)
    reason = f"none of its notes can be read: {unread}" if unread else "no notes in it"
    return f"{reason}; the file ends early" if file.is_cut else reason


def _warnings(file: MidiFile, found: _Found, notes: int, ignored: int) -> Iterator[str]:
    if file.is_cut:
        yield f"the file ends early; notes read: {notes}"
    if file.missing_tracks:
        yield f"tracks announced but missing: {file.missing_tracks}"
    if found.endless:
        yield f"notes left out, without an end: {found.endless}"
    if found.off_piano:
        yield f"notes left out, {_OFF_PIANO}: {found.off_piano}"
    if ignored:
        yield f"malformed tempos or time signatures ignored: {ignored}"
