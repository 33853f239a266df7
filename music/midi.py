"""Writes notes as a standard MIDI file, with symusic."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from music.band.channels import MELODIC_CHANNELS, channels_of
from music.band.description import described
from music.band.levels import level, panning
from music.band.parts import playing
from music.form.plan import Plan
from music.notes import TICKS_PER_BEAT, Notes, released
from music.performance import Performance, plain
from music.piece import TempoChange, TimeSignature
from music.players.line_up import ONE_PIANO, LineUp

MIDI_TICKS_PER_BEAT = 480
TEMPO_RANGE_BPM = (20.0, 400.0)
_MOST_NUMERATOR = 255  # a byte
# The loop marks of game music players: RPG Maker and others read the controller, whose position is
# the start of the loop.
_LOOP_START, _LOOP_END, _LOOP_CONTROLLER = "loopStart", "loopEnd", 111
_VOLUME, _PAN = 7, 10  # controllers
_SCALE = MIDI_TICKS_PER_BEAT // TICKS_PER_BEAT
_A_TICK_LATER, _END_OF_TRACK = b"\1", b"\xff\x2f\0"
_FILE_HEADER, _CHUNK_HEADER = struct.Struct(">4sIHHH"), struct.Struct(">4sI")
_SEVERAL_TRACKS = 1  # the file's kind


@dataclass(frozen=True)
class _Track:
    """A track and which notes it has.

    Attributes:
        name: Of the track.
        program: The instrument; the kit for drums.
        plays: bool[N], which of the notes.
        is_drums: Whether it plays on channel 10.
        controls: The controllers at the start, and their values.
        place: Its place among all tracks, from which symusic takes the channel: it numbers the
            channels by place, without the tenth, and begins again after 15.
    """

    name: str
    program: int
    plays: NDArray[np.bool_]
    is_drums: bool = False
    controls: tuple[tuple[int, int], ...] = ()
    place: int = 0


def to_midi(
    notes: Notes,
    *,
    tempos: Sequence[TempoChange],
    time_signatures: Sequence[TimeSignature] = (),
    name: str,
    text: str,
    performance: Performance | None = None,
    plan: Plan | None = None,
    line_up: LineUp = ONE_PIANO,
    end_ticks: int | None = None,
) -> bytes:
    """Write a MIDI file: one track for a piano, or a track for each part of a band.

    Every note ends at the latest when its key is struck again. The tracks of a band are in the
    order of its score (`music.band.parts`), without parts that have no notes, and end together.
    Drums play on channel 10. More than 15 other parts share channels (`music.band.channels`). A
    text event describes the line-up, which `music.reading` reads back (`music.band.description`).

    Args:
        notes: One or more, ordered, no two with the same onset, role and pitch.
        tempos: As in `Piece`.
        time_signatures: As in `Piece`; 4/4 if there are none.
        name: The track's name; of a band, whose tracks have the names of instruments, a text event.
        text: The text event at the start, which describes the origin of the music.
        plan: Its sections become markers. A loop's notes and tracks end on its last bar line; it
            has the markers loopStart and loopEnd, and controller 111 at its start.
        performance: How the notes sound; None for one velocity and the written lengths.
        line_up: The instrument of every role of the notes.
        end_ticks: The end of a band's music; None for that of the notes. Its tracks end there, or
            with the plan if that is later.
    """
    is_band = not line_up.is_piano
    tracks = list(_tracks_of_band(notes, line_up)) if is_band else [_of_piano(notes, name, line_up)]
    texts = [name, text, described(line_up)] if is_band else [text]
    score = _score(tempos, time_signatures)
    _add_tracks(score, tracks, notes, performance or plain(notes))
    _mark(score, texts, plan)
    header, *chunks = _chunks(_as_text_events(score.dumps_midi(), texts))
    chunks = [chunks[track.place] for track in tracks]
    if is_band:
        header = _FILE_HEADER.pack(b"MThd", 6, _SEVERAL_TRACKS, len(chunks), MIDI_TICKS_PER_BEAT)
        end = _SCALE * max(end_ticks or notes.end_ticks, 0 if plan is None else plan.end_ticks)
        ends = [_last_event(score, track.place) for track in tracks]
        chunks = [_ended(chunk, end - last) for chunk, last in zip(chunks, ends, strict=True)]
    elif plan is not None and plan.loops:
        chunks = [_ended(chunk, 0) for chunk in chunks]
    return b"".join((header, *chunks))


def _of_piano(notes: Notes, name: str, piano: LineUp) -> _Track:
    return _Track(name, piano.players[0].program, np.ones(len(notes), np.bool_))


def _tracks_of_band(notes: Notes, line_up: LineUp) -> Iterator[_Track]:
    """Yield the tracks of the parts that play, on the channels of their leaders."""
    parts = playing(line_up, notes)
    place = -1
    for part, channel in zip(parts, channels_of(parts), strict=True):
        place += 1
        if not part.is_drums:
            place += (MELODIC_CHANNELS.index(channel.number) - place) % len(MELODIC_CHANNELS)
        role, program = channel.leader.role, channel.leader.program
        controls = (_VOLUME, level(role)), (_PAN, panning(role))
        yield _Track(part.name, program, part.of(notes), part.is_drums, controls, place)


def _score(tempos: Sequence[TempoChange], time_signatures: Sequence[TimeSignature]) -> Any:
    """Create symusic's score, without tracks."""
    import symusic  # noqa: PLC0415  a twentieth of the API's start, and not every song is MIDI

    score = symusic.Score(MIDI_TICKS_PER_BEAT)
    for change in tempos:
        score.tempos.append(symusic.Tempo(change.start_ticks * _SCALE, change.bpm))
    for mark in _from_the_start(time_signatures):
        score.time_signatures.append(
            symusic.TimeSignature(mark.start_ticks * _SCALE, mark.numerator, mark.denominator)
        )
    return score


def _add_tracks(
    score: Any, tracks: Iterable[_Track], notes: Notes, performance: Performance
) -> None:
    """Add tracks at their places; empty ones are between them."""
    import symusic  # noqa: PLC0415  as above

    sounding_ticks = np.minimum(performance.sounding_ticks, released(notes).duration_ticks)
    columns = (
        notes.onset_ticks * _SCALE,
        np.rint(sounding_ticks * _SCALE).clip(min=1).astype(np.int32),
        notes.pitch.astype(np.int8),
        performance.velocity.astype(np.int8),
    )
    for track in tracks:
        while len(score.tracks) < track.place:
            score.tracks.append(symusic.Track("", 0, is_drum=False))
        added = symusic.Track(track.name, track.program, is_drum=track.is_drums)
        added.notes = symusic.Note.from_numpy(*(column[track.plays] for column in columns))
        for number, value in track.controls:
            added.controls.append(symusic.ControlChange(0, number, value))
        score.tracks.append(added)


def _mark(score: Any, texts: Iterable[str], plan: Plan | None) -> None:
    """Write texts into the first track, and mark a plan's sections and its loop."""
    import symusic  # noqa: PLC0415  as above

    first = score.tracks[0]
    for text in texts:
        first.lyrics.append(symusic.TextMeta(0, text))
    if plan is None:
        return
    marks = [
        (start_ticks, section.name)
        for start_ticks, section in zip(plan.section_start_ticks, plan.sections, strict=True)
    ]
    if plan.loops:
        marks += [(plan.loop_start_ticks, _LOOP_START), (plan.end_ticks, _LOOP_END)]
        first.controls.append(
            symusic.ControlChange(plan.loop_start_ticks * _SCALE, _LOOP_CONTROLLER, 0)
        )
    for ticks, name in sorted(marks, key=itemgetter(0)):
        score.markers.append(symusic.TextMeta(ticks * _SCALE, name))


def _chunks(midi: bytes) -> Iterator[bytes]:
    """Yield the chunks of a file: the header and the tracks."""
    at = 0
    while at < len(midi):
        _, length = _CHUNK_HEADER.unpack_from(midi, at)
        end = at + _CHUNK_HEADER.size + length
        yield midi[at:end]
        at = end


def _last_event(score: Any, place: int) -> int:
    """Return the tick of a track's last event; the first track has those of the whole score."""
    of_score = (score.tempos, score.time_signatures, score.markers) if place == 0 else ()
    ticks = [score.tracks[place].end(), *(each.time for events in of_score for each in events)]
    return int(max(ticks))


def _ended(track: bytes, wait_ticks: int) -> bytes:
    """End a track some ticks after its last event; symusic ends it after one."""
    events = track[_CHUNK_HEADER.size :].removesuffix(_A_TICK_LATER + _END_OF_TRACK)
    events += _variable_length(max(0, wait_ticks)) + _END_OF_TRACK
    return _CHUNK_HEADER.pack(b"MTrk", len(events)) + events


def _from_the_start(signatures: Sequence[TimeSignature]) -> Iterator[TimeSignature]:
    """Yield time signatures from tick 0 on. A pickup becomes a separate bar: 1/4 for a quarter."""
    if not signatures or signatures[0].start_ticks > 0:
        yield TimeSignature(0, 4, 4)
    for signature in signatures:
        if signature.start_ticks < 0:
            yield from _pickup(signature)
        else:
            yield signature


def _pickup(signature: TimeSignature) -> Iterator[TimeSignature]:
    left_ticks = signature.bar_ticks + signature.start_ticks
    for denominator in (4, 8, 16):
        beats, rest = divmod(left_ticks * denominator, 4 * TICKS_PER_BEAT)
        if not rest and beats <= _MOST_NUMERATOR:
            yield TimeSignature(0, beats, denominator)
            break
    else:
        yield replace(signature, start_ticks=0)
    yield replace(signature, start_ticks=left_ticks)


def _as_text_events(midi: bytes, texts: Iterable[str]) -> bytes:
    """Turn the lyrics that carry texts into text events, which symusic does not write."""
    for text in texts:
        lyric, text_event = (_meta_event(kind, text.encode()) for kind in (0x05, 0x01))
        midi = midi.replace(lyric, text_event, 1)
    return midi


def _meta_event(kind: int, content: bytes) -> bytes:
    return bytes((0xFF, kind)) + _variable_length(len(content)) + content


def _variable_length(number: int) -> bytes:
    """Write a number as MIDI does: seven bits a byte, the highest bit in all but the last."""
    written = bytearray([number & 0x7F])
    while rest := number >> 7 * len(written):
        written.insert(0, 0x80 | rest & 0x7F)
    return bytes(written)
