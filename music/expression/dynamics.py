"""The velocities of a song, which follow from meter, voice and phrase after sampling.

A note's velocity depends only on the notes at earlier onsets, its own position and its own pitch.
So a streamed song has the same velocities as in one response, and the order of notes that start
together does not matter.

The weights were fitted by least squares to the velocities of 36 piano pieces whose own velocities
vary, and rounded. Those files hardly show the arch of a phrase; it is a convention.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from statistics import median

import numpy as np
from numpy.typing import NDArray

from music.meter import meter_of
from music.notes import Notes
from music.performance import FLAT_VELOCITY
from music.piece import Piece, TimeSignature

VELOCITY_RANGE = (48, 104)
MOST_SPREAD = 16.0

_DOWNBEAT, _STRONG_BEAT, _BEAT = 1.0, 0.6, 0.3
_VOICE = 2.0  # of a note at the top, above one at the bottom
_DRUM_VOICE = _VOICE / 2
_BELOW, _ABOVE = 16, 4  # semitones around the top line in which loudness grows with pitch
_FIRST_LINE, _LOWEST_LINE = 72.0, 60.0  # pitches of the top line
_FALL_PER_TICK = 0.1  # semitones: the top line falls while no note is struck at its height
_PHRASE, _PHRASE_BARS = 0.5, 4
_MEAN, _DEVIATION = 1.29, 0.82  # of the sum of all three, over those pieces

_FEWEST_VELOCITIES = 8  # of an expressive piece
_LEAST_SPREAD = 3.0


@dataclass(frozen=True)
class Dynamics:
    """How loud a song is, and how much that varies.

    Attributes:
        level: Mean velocity, in `VELOCITY_RANGE`.
        spread: Standard deviation of the velocities, 0 to `MOST_SPREAD`.
    """

    level: float
    spread: float


SHAPED = Dynamics(76.0, 9.0)
"""The dynamics for a collection whose own velocities do not vary."""

FLAT = Dynamics(FLAT_VELOCITY, 0.0)


class Shaper:
    """Computes the velocities of a song, passage by passage."""

    def __init__(self, signatures: Sequence[TimeSignature], dynamics: Dynamics) -> None:
        """Start before the first note.

        Args:
            signatures: The song's time signatures, as in `Piece`, one or more.
            dynamics: Level and spread.
        """
        self._signatures = signatures
        self._dynamics = dynamics
        self._line = _FIRST_LINE  # before the latest onset
        self._onset_ticks = 0
        self._top = 0.0  # of what starts at the latest onset

    def velocities(self, notes: Notes) -> NDArray[np.int32]:
        """Return the velocities of the song's next notes.

        Args:
            notes: N notes in the song's time, with ascending onsets.

        Returns:
            int32[N], in `VELOCITY_RANGE`.
        """
        columns = notes.onset_ticks, notes.pitch, notes.is_melodic
        rows = zip(*(column.tolist() for column in columns), strict=True)
        weights = [
            self._weight(onset, pitch) if is_melodic else self._accent(onset) + _DRUM_VOICE
            for onset, pitch, is_melodic in rows
        ]
        standard = (np.array(weights, dtype=np.float64) - _MEAN) / _DEVIATION
        velocities = self._dynamics.level + self._dynamics.spread * standard
        return np.rint(velocities).clip(*VELOCITY_RANGE).astype(np.int32)

    def _weight(self, onset_ticks: int, pitch: int) -> float:
        if onset_ticks > self._onset_ticks:
            fallen = _FALL_PER_TICK * (onset_ticks - self._onset_ticks)
            self._line = max(_LOWEST_LINE, max(self._line, self._top) - fallen)
            self._onset_ticks, self._top = onset_ticks, 0.0
        self._top = max(self._top, pitch)
        above_line = min(max(pitch - self._line, -_BELOW), _ABOVE)
        voice = _VOICE * (above_line + _BELOW) / (_BELOW + _ABOVE)
        return self._accent(onset_ticks) + voice

    def _accent(self, onset_ticks: int) -> float:
        """Return the accent of an onset by its position in the bar and in the phrase."""
        started = [each for each in self._signatures if each.start_ticks <= onset_ticks]
        signature = started[-1] if started else self._signatures[0]
        bar_ticks, pickup = signature.bar_ticks, signature.start_ticks < 0
        first_bar_ticks = signature.start_ticks + (bar_ticks if pickup else 0)
        phrase_ticks = _PHRASE_BARS * bar_ticks
        place = (onset_ticks - first_bar_ticks) % phrase_ticks
        arch = _PHRASE * float(np.sin(np.pi * place / phrase_ticks))
        return _accents(signature.numerator, signature.denominator).get(place % bar_ticks, 0) + arch


@lru_cache(maxsize=64)
def _accents(numerator: int, denominator: int) -> dict[int, float]:
    """Return the accents of the beats of a bar, by their ticks from the bar line."""
    meter = meter_of(numerator, denominator)
    beats = sum(meter.groups)
    strong = set(accumulate(meter.groups, initial=0))
    strong |= {start + 2 for start in strong if start + 4 in strong}  # the third of four
    weights = {beat: _STRONG_BEAT if beat in strong else _BEAT for beat in range(beats)}
    weights[0] = _DOWNBEAT
    return {beat * meter.beat_ticks: weight for beat, weight in weights.items()}


def learned_dynamics(pieces: Iterable[Piece]) -> Dynamics:
    """Learn a collection's level and spread if at least half of its pieces are expressive.

    Most MIDI files have only one velocity, or one for each track.
    """
    performed = [piece.performance for piece in pieces]
    expressive = [
        one.velocity for one in performed if one is not None and is_expressive(one.velocity)
    ]
    if not performed or 2 * len(expressive) < len(performed):
        return SHAPED
    level = median(float(velocity.mean()) for velocity in expressive)
    spread = median(float(velocity.std()) for velocity in expressive)
    level = float(np.clip(level, *VELOCITY_RANGE))
    return Dynamics(round(level, 1), round(min(spread, MOST_SPREAD), 1))


def is_expressive(velocity: NDArray[np.int32]) -> bool:
    """Return whether a piece's velocities vary as a player's do.

    Args:
        velocity: int32[N].
    """
    varied = len(np.unique(velocity)) >= _FEWEST_VELOCITIES
    return varied and float(velocity.std()) >= _LEAST_SPREAD
