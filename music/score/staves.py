"""Notes as a pianist reads them: a staff for each hand, bars, voices, rests and ties.

What a pianist would hold with the pedal is written until the next note; and a staff has two voices
at most, the notes that are held and those that move meanwhile.
"""

import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from music.meter import Measure
from music.notes import TICKS_PER_BEAT, Notes
from music.score.drum_kit import FEET

_SMALL_TICKS = 4  # overlaps and rests that short are a matter of touch, and not written

Tie = Literal["start", "stop", "continue"]


@dataclass(frozen=True)
class Head:
    """A note head.

    Attributes:
        pitch: MIDI note number.
        tie: Where it stands in a row of tied heads.
    """

    pitch: int
    tie: Tie | None = None


@dataclass(frozen=True)
class Stem:
    """Heads of one voice that are written together.

    Attributes:
        start: Ticks from the bar line.
        ticks: A value that notation has.
        heads: One or more.
    """

    start: int
    ticks: int
    heads: tuple[Head, ...]


@dataclass(frozen=True)
class Rest:
    """A silence of one voice.

    Attributes:
        start: Ticks from the bar line.
        ticks: A value that notation has, or a whole bar.
        is_shown: False where it only fills the bar beside the staff's other voice.
    """

    start: int
    ticks: int
    is_shown: bool = True


Voice = tuple[Stem | Rest, ...]  # from bar line to bar line, or a pickup
Bar = tuple[Voice, ...]  # one voice, or the upper and the lower
Staff = tuple[Bar, ...]


@dataclass(frozen=True)
class _Note:
    """A note within a bar.

    Attributes:
        start: Ticks from the bar line.
        end: Ticks from the bar line, beyond the next one where it is tied.
        pitch: MIDI note number.
        is_tied: Whether it began in a bar before.
    """

    start: int
    end: int
    pitch: int
    is_tied: bool = False


@dataclass(frozen=True)
class _Chord:
    """Notes of one voice that are struck together, from start to end within a bar."""

    start: int
    end: int
    notes: tuple[_Note, ...]

    def holds_over(self, note: _Note, bar_ticks: int) -> bool:
        """Return whether a note of it sounds on over the bar line."""
        return self.end == bar_ticks and note.end > bar_ticks


_Chords = Sequence[_Chord]  # of one voice, in order


def drum_staff(notes: Notes, bars: Sequence[Measure]) -> Staff:
    """Write the notes of drums: one voice for hands, and one for feet.

    A drum has no length, so each is written until the next of its voice or the end of the quarter.

    Args:
        notes: Quantized, ordered; their pitches are keys of a drum kit.
        bars: One after the other; none starts later.
    """
    written = []
    for bar in bars:
        within = (bar.start_ticks <= notes.onset_ticks) & (
            notes.onset_ticks < bar.start_ticks + bar.ticks
        )
        struck = notes[within].shifted(-bar.start_ticks)
        by_feet = np.isin(struck.pitch, list(FEET))
        voices = [_struck(struck[some], bar) for some in (~by_feet, by_feet) if some.any()]
        written.append(_bar(voices, bar))
    return tuple(written)


def _struck(notes: Notes, bar: Measure) -> _Chords:
    """Gather the drums of one voice in a bar that are struck together."""
    starts = np.unique(notes.onset_ticks).tolist()
    chords = []
    for start, following in zip(starts, [*starts[1:], bar.ticks], strict=True):
        end = min(following, (start // TICKS_PER_BEAT + 1) * TICKS_PER_BEAT)
        values = bar.meter.note_values(start, end)
        end = sum(values[0]) if values else end
        pitches = notes.pitch[notes.onset_ticks == start].tolist()
        chords.append(_Chord(start, end, tuple(_Note(start, end, pitch) for pitch in pitches)))
    return chords


def staff_of(notes: Notes, bars: Sequence[Measure]) -> Staff:
    """Write the notes of a hand, or of a part that has one staff.

    Args:
        notes: Quantized, ordered, from the first bar on.
        bars: One after the other; nothing sounds later.
    """
    written: list[Bar] = []
    tied: list[_Note] = []
    columns = notes.onset_ticks, notes.duration_ticks, notes.pitch
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    for bar in bars:
        start, end = bar.start_ticks, bar.start_ticks + bar.ticks
        first, behind = (bisect.bisect_left(rows, (tick,)) for tick in (start, end))
        begun = [
            _Note(onset - start, onset + ticks - start, pitch)
            for onset, ticks, pitch in rows[first:behind]
        ]
        parts = _separated([*tied, *begun], bar.ticks)
        written.append(_bar(parts, bar))
        tied = list(_carried(parts, bar.ticks))
    return tuple(written)


def _carried(parts: Iterable[_Chords], bar_ticks: int) -> Iterator[_Note]:
    """Return the notes that sound on over the bar line, as the next bar sees them."""
    for chord in (chord for part in parts for chord in part):
        for note in chord.notes:
            if chord.holds_over(note, bar_ticks):
                yield _Note(0, note.end - bar_ticks, note.pitch, is_tied=True)


def _separated(notes: Sequence[_Note], bar_ticks: int) -> list[_Chords]:
    """Separate a bar's notes into voices: those held while others move, and the others.

    Returns:
        Two at most, the higher first.
    """
    held = [note for note in notes if _is_held(note, notes)]
    moving = [note for note in notes if note not in held]
    parts = [part for part in (held, moving) if part]
    parts.sort(key=lambda part: -sum(note.pitch for note in part) / len(part))
    return [_chords(part, bar_ticks) for part in parts]


def _is_held(note: _Note, notes: Sequence[_Note]) -> bool:
    """Return whether other notes come and go while a note sounds.

    Notes that all sound on until the same time are the pedal's doing and not held.
    """
    for other in notes:
        if note.start < other.start < note.end - _SMALL_TICKS:
            leaves_before = other.end <= note.end - _SMALL_TICKS
            follows_one = any(
                mate.start == note.start and mate.end <= other.start + 1 for mate in notes
            )
            if leaves_before or follows_one:
                return True
    return False


def _chords(notes: Sequence[_Note], bar_ticks: int) -> _Chords:
    """Gather notes that start together, each chord until the next one at most."""
    starts = sorted({note.start for note in notes})
    return [
        _chord(tuple(note for note in notes if note.start == start), following)
        for start, following in zip(starts, [*starts[1:], bar_ticks], strict=True)
    ]


def _chord(notes: tuple[_Note, ...], following: int) -> _Chord:
    end = min(following, max(note.end for note in notes))
    if following - end <= _SMALL_TICKS:
        end = following
    return _Chord(notes[0].start, end, notes)


def _bar(parts: Sequence[_Chords], bar: Measure) -> Bar:
    """Write a bar's voices; the upper one's rests give way to the lower, whose own never show."""
    if len(parts) < 2:
        return (_voice(parts[0] if parts else [], bar, hiding=[]),)
    upper, lower = parts
    always = [_Chord(0, bar.ticks, ())]
    return _voice(upper, bar, hiding=lower), _voice(lower, bar, hiding=always)


def _voice(chords: _Chords, bar: Measure, hiding: _Chords) -> Voice:
    """Write chords and the rests between them, from bar line to bar line.

    Args:
        chords: Of one voice.
        bar: The bar.
        hiding: While these sound, rests are not shown.
    """
    written: list[Stem | Rest] = []
    behind = bar.lead_ticks
    for chord in chords:
        written += _rests(behind, chord.start, bar, hiding)
        written += _stems(chord, bar)
        behind = chord.end
    return (*written, *_rests(behind, bar.ticks, bar, hiding))


def _rests(start: int, end: int, bar: Measure, hiding: _Chords) -> Iterator[Rest]:
    for place, ticks in bar.meter.rest_values(start, end):
        hidden = any(chord.start < place + ticks and place < chord.end for chord in hiding)
        yield Rest(place, ticks, is_shown=not hidden)


def _stems(chord: _Chord, bar: Measure) -> Iterator[Stem]:
    """Write a chord in as many values as it takes, tied."""
    for start, ticks in bar.meter.note_values(chord.start, chord.end):
        heads = (
            Head(note.pitch, _tie(note, chord, (start, start + ticks), bar.ticks))
            for note in chord.notes
        )
        yield Stem(start, ticks, tuple(heads))


def _tie(note: _Note, chord: _Chord, value: tuple[int, int], bar_ticks: int) -> Tie | None:
    """Return how one value of a chord's note, from start to end, is tied to those around it."""
    start, end = value
    sounded_before = note.is_tied or start > chord.start
    sounds_on = end < chord.end or chord.holds_over(note, bar_ticks)
    if sounded_before and sounds_on:
        return "continue"
    if sounded_before:
        return "stop"
    return "start" if sounds_on else None
