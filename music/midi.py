"""Writes notes as a standard MIDI file, with symusic."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any

import numpy as np

from music.form.plan import Plan
from music.notes import TICKS_PER_BEAT, Notes, released
from music.performance import Performance, plain
from music.piece import TempoChange, TimeSignature

MIDI_TICKS_PER_BEAT = 480
ACOUSTIC_GRAND_PIANO = 0  # General MIDI program
TEMPO_RANGE_BPM = (20.0, 400.0)
_MOST_NUMERATOR = 255  # a byte
# The loop marks of game music players: RPG Maker and others read the controller, whose position is
# the start of the loop.
_A_TICK_LATER, _END_OF_TRACK = b"\1", b"\xff\x2f\0"
_LOOP_START, _LOOP_END, _LOOP_CONTROLLER = "loopStart", "loopEnd", 111


def to_midi(
    notes: Notes,
    *,
    tempos: Sequence[TempoChange],
    time_signatures: Sequence[TimeSignature] = (),
    name: str,
    text: str,
    performance: Performance | None = None,
    plan: Plan | None = None,
) -> bytes:
    """Write a MIDI file of one piano track.

    Every note ends at the latest when its key is struck again.

    Args:
        notes: Ordered, no two with the same onset and pitch.
        tempos: As in `Piece`.
        time_signatures: As in `Piece`; 4/4 if there are none.
        name: The track's name.
        text: The text event at the start, which describes the origin of the music.
        plan: Its sections become markers. A loop's notes and track end on its last bar line; it
            has the markers loopStart and loopEnd, and controller 111 at its start.
        performance: How the notes sound; None for one velocity and the written lengths.
    """
    import symusic  # noqa: PLC0415  a twentieth of the API's start, and not every song is MIDI

    scale = MIDI_TICKS_PER_BEAT // TICKS_PER_BEAT
    performance = performance or plain(notes)
    sounding_ticks = np.minimum(performance.sounding_ticks, released(notes).duration_ticks)
    track = symusic.Track(name, ACOUSTIC_GRAND_PIANO, is_drum=False)
    track.notes = symusic.Note.from_numpy(
        notes.onset_ticks * scale,
        np.rint(sounding_ticks * scale).clip(min=1).astype(np.int32),
        notes.pitch.astype(np.int8),
        performance.velocity.astype(np.int8),
    )
    track.lyrics.append(symusic.TextMeta(0, text))
    score = symusic.Score(MIDI_TICKS_PER_BEAT)
    for change in tempos:
        score.tempos.append(symusic.Tempo(change.start_ticks * scale, change.bpm))
    for mark in _from_the_start(time_signatures):
        score.time_signatures.append(
            symusic.TimeSignature(mark.start_ticks * scale, mark.numerator, mark.denominator)
        )
    if plan is not None:
        _mark(score, track, plan, scale)
    score.tracks.append(track)
    midi = _as_text_event(score.dumps_midi(), text)
    return _ended_at_last_event(midi) if plan is not None and plan.loops else midi


def _mark(score: Any, track: Any, plan: Plan, scale: int) -> None:
    """Mark a plan's sections and its loop."""
    import symusic  # noqa: PLC0415  as above

    marks = [
        (start_ticks, section.name)
        for start_ticks, section in zip(plan.section_start_ticks, plan.sections, strict=True)
    ]
    if plan.loops:
        marks += [(plan.loop_start_ticks, _LOOP_START), (plan.end_ticks, _LOOP_END)]
        track.controls.append(
            symusic.ControlChange(plan.loop_start_ticks * scale, _LOOP_CONTROLLER, 0)
        )
    for ticks, name in sorted(marks, key=itemgetter(0)):
        score.markers.append(symusic.TextMeta(ticks * scale, name))


def _ended_at_last_event(midi: bytes) -> bytes:
    """End a track at its last event, not a tick later as symusic does."""
    return midi.removesuffix(_A_TICK_LATER + _END_OF_TRACK) + b"\0" + _END_OF_TRACK


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


def _as_text_event(midi: bytes, text: str) -> bytes:
    """Turn the lyric that carries `text` into a text event, which symusic does not write."""
    lyric, text_event = (_meta_event(kind, text.encode()) for kind in (0x05, 0x01))
    return midi.replace(lyric, text_event, 1)


def _meta_event(kind: int, content: bytes) -> bytes:
    length = bytearray([len(content) & 0x7F])
    while rest := len(content) >> 7 * len(length):
        length.insert(0, 0x80 | rest & 0x7F)
    return bytes((0xFF, kind, *length)) + content
