"""Plays written measures: notes, tempos and time signatures in the order of time."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from music.errors import UnreadablePieceError
from music.notes import TICKS_PER_BEAT, cleaned, is_on_piano, rounded_to_grid
from music.piece import DEFAULT_TEMPO_BPM, Piece, TempoChange, TimeSignature, meter_map, tempo_map
from music.players.line_up import ONE_PIANO
from music.reading.band.parts import Parts, as_band
from music.reading.measures import UNITS_PER_BEAT, Measure, WrittenNote
from music.reading.repeats import playing_order

LONGEST_BEATS = 100_000  # over ten hours: not a piece
_COMMON_TIME = (4, 4)  # the default of a score
_NUMERATORS = range(1, 100)
_DENOMINATORS = frozenset({1, 2, 4, 8, 16, 32, 64})
_SLOWEST_BPM, _FASTEST_BPM = 1.0, 10_000.0
_PITCHES = range(128)
_LONGEST_TIE_GAP = 4 * UNITS_PER_BEAT
_MOST_OPEN_TIES = 4  # from one key of one part: it has four voices at most
# Programs round tuplets, so that a bar may end a little late. Half a tick of our grid.
_LENGTH_STEP = UNITS_PER_BEAT // (2 * TICKS_PER_BEAT)

_OpenTies = dict[tuple[int, int], list[int]]  # notes whose ties are open, by part and pitch


@dataclass
class Sounding:
    """Music as it is played, with merged parts or as a band.

    Attributes:
        repeats: Whether repeats and jumps are played.
        band: Whether parts keep their roles; otherwise they are merged, without drums.
        onsets: Units of each note after the start.
        ends: Units of each note after the start.
        pitches: MIDI note numbers.
        players: Part, program and whether it is drums of each note.
        tempos: Units after the start, and quarter notes per minute.
        signatures: Units after the start, where a bar starts; numerator and denominator.
        length: Units.
    """

    repeats: bool = True
    band: bool = False
    onsets: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    pitches: list[int] = field(default_factory=list)
    players: list[tuple[int, int, bool]] = field(default_factory=list)
    tempos: list[tuple[int, float]] = field(default_factory=list)
    signatures: list[tuple[int, int, int]] = field(default_factory=list)
    length: int = 0

    def play(self, measures: Sequence[Measure]) -> None:
        """Append a score, from the next beat on.

        Raises:
            UnreadablePieceError: It is too long; it is not appended.
        """
        order = playing_order(measures, repeats=self.repeats)
        lengths, in_force = _lengths(measures)
        start = -(-self.length // UNITS_PER_BEAT) * UNITS_PER_BEAT
        end = start + sum(lengths[index] for index in order)
        if end > LONGEST_BEATS * UNITS_PER_BEAT:
            raise UnreadablePieceError(f"longer than {LONGEST_BEATS} beats")
        self.length = end
        self.tempos.append((start, DEFAULT_TEMPO_BPM))
        bars = _Bars(self.signatures)
        ties: _OpenTies = {}
        for index in order:
            measure, signature = measures[index], in_force[index]
            if signature is not None:
                bars.add(start, lengths[index], signature)
            self.tempos += [(start + at, bpm) for at, bpm in measure.tempos if _is_tempo(bpm)]
            for note in sorted(measure.notes, key=lambda note: note.onset):
                if note.pitch in _PITCHES and (self.band or not note.is_drum):
                    self._strike(note, start, ties)
            start += lengths[index]

    def _strike(self, note: WrittenNote, start: int, ties: _OpenTies) -> None:
        """Add a note head, or prolong the note that it is tied to.

        Args:
            note: The note head.
            start: The start of its measure.
            ties: Changed in place.
        """
        onset, end = (min(start + place, self.length) for place in (note.onset, note.end))
        opened = ties.setdefault((note.part, note.pitch), [])
        place = self._tied_to(onset, opened) if note.is_tied_from else None
        if place is None:
            place = len(self.onsets)
            self.onsets.append(onset)
            self.ends.append(end)
            self.pitches.append(note.pitch)
            self.players.append((note.part, note.program, note.is_drum))
        else:
            opened.remove(place)
            self.ends[place] = end
        if note.is_tied_on:
            opened.append(place)
            del opened[:-_MOST_OPEN_TIES]

    def _tied_to(self, onset: int, opened: Sequence[int]) -> int | None:
        """Find the note that a tie comes from. A tie may span a gap, as in written arpeggios."""
        gaps = {place: abs(onset - self.ends[place]) for place in opened}
        nearest = min(gaps, key=gaps.__getitem__, default=None)
        return nearest if nearest is not None and gaps[nearest] <= _LONGEST_TIE_GAP else None

    def piece(self, name: str, warnings: Sequence[str] = ()) -> Piece:
        """Return it on the grid; it may have no notes."""
        onset_beats = [onset / UNITS_PER_BEAT for onset in self.onsets]
        duration_beats = [
            (end - onset) / UNITS_PER_BEAT
            for onset, end in zip(self.onsets, self.ends, strict=True)
        ]
        notes, line_up = rounded_to_grid(onset_beats, duration_beats, self.pitches), ONE_PIANO
        if self.band and len(notes):
            notes, line_up = as_band(notes, self._parts())
        first_note_ticks = int(notes.onset_ticks.min()) if len(notes) else 0
        tempos = [TempoChange(_ticks(start), bpm) for start, bpm in self.tempos]
        signatures = [TimeSignature(_ticks(start), *meter) for start, *meter in self.signatures]
        return Piece(
            name,
            cleaned(notes),
            tempo_map(tempos, first_note_ticks),
            meter_map(signatures, first_note_ticks),
            tuple(warnings),
            line_up=line_up,
        )

    def _parts(self) -> Parts:
        """Return the parts of the notes on a piano's keys."""
        number, program, is_drum = np.array(self.players)[is_on_piano(self.pitches)].T
        return Parts(number, program, is_drum.astype(np.bool_))


class _Bars:
    """Records the starts of bars, which are not always those of measures.

    A first measure that is too short for its time signature is the end of a bar. So is a measure
    that completes the previous one: a repeat sign may be within a bar.
    """

    def __init__(self, signatures: list[tuple[int, int, int]]) -> None:
        """Add to `signatures`, as in `Sounding`."""
        self._signatures = signatures
        self._filled: int | None = None  # of the bar that is not complete yet

    def add(self, start: int, length: int, signature: tuple[int, int]) -> None:
        """Add a measure."""
        bar = _bar_units(signature)
        if self._filled is None and length < bar:
            self._signatures.append((start + length - bar, *signature))
            self._filled = 0
        elif self._filled and self._filled + length == bar:
            self._filled = 0
        else:
            self._signatures.append((start, *signature))
            self._filled = length % bar


def _lengths(
    measures: Sequence[Measure],
) -> tuple[list[int], list[tuple[int, int] | None]]:
    """Return the length in units and the time signature of every measure, as written."""
    lengths: list[int] = []
    in_force: list[tuple[int, int] | None] = []
    signature: tuple[int, int] | None = None
    for measure in measures:
        if measure.signature is not None and _is_meter(*measure.signature):
            signature = measure.signature
        length = round(measure.length / _LENGTH_STEP) * _LENGTH_STEP
        lengths.append(length or _bar_units(signature or _COMMON_TIME))
        in_force.append(signature)
    return lengths, in_force


def _is_meter(numerator: int, denominator: int) -> bool:
    return numerator in _NUMERATORS and denominator in _DENOMINATORS


def _is_tempo(bpm: float) -> bool:
    return _SLOWEST_BPM <= bpm <= _FASTEST_BPM


def _bar_units(signature: tuple[int, int]) -> int:
    numerator, denominator = signature
    return max(1, 4 * numerator * UNITS_PER_BEAT // denominator)


def _ticks(units: int) -> int:
    return round(units * TICKS_PER_BEAT / UNITS_PER_BEAT)
