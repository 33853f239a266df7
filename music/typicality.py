"""How typical a song is of a game's own pieces, by measures of its notes.

Songs of one request are ranked by it. It compares a song with the game's pieces in measures that
tell degenerate or wandering music from music that a person wrote: how much returns, how clear the
key is, how dense, how thick, how varied. It knows nothing of melody or taste.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from music.keys import find_key
from music.notes import TICKS_PER_BEAT, Notes

FEWEST_PIECES = 3  # fewer have no spread to compare with
FEWEST_NOTES = 16  # shorter pieces measure little
_RUN_NOTES = 8
_LEAP_SEMITONES = 7  # larger steps are leaps
_MOST_DEVIATIONS = 4.0  # what is farther away is not worse
_DIGITS = 4


@dataclass(frozen=True)
class Typicality:
    """How typical a song is.

    Attributes:
        score: 0 to 1, the mean of the measures' closeness; 1 if every measure is the pieces' mean.
        measures: Name -> the song's value.
    """

    score: float
    measures: Mapping[str, float]


@dataclass(frozen=True)
class Usual:
    """The measures of a game's pieces.

    Attributes:
        mean: Name -> the mean over the pieces.
        deviation: Name -> the standard deviation over the pieces, above 0.
    """

    mean: Mapping[str, float]
    deviation: Mapping[str, float]

    @classmethod
    def of(cls, pieces: Iterable[Notes]) -> Self | None:
        """Measure pieces; None if there are too few of 16 notes or more."""
        measured = [measures(notes) for notes in pieces if len(notes) >= FEWEST_NOTES]
        if len(measured) < FEWEST_PIECES:
            return None
        columns = {name: np.array([each[name] for each in measured]) for name in MEASURES}
        return cls(
            {name: float(values.mean()) for name, values in columns.items()},
            {
                name: max(float(values.std(ddof=1)), LEAST_DEVIATION[name])
                for name, values in columns.items()
            },
        )

    def typicality(self, notes: Notes) -> Typicality:
        """Compare one or more notes with the pieces."""
        measured = measures(notes)
        closeness = [
            _closeness((value - self.mean[name]) / self.deviation[name])
            for name, value in measured.items()
        ]
        score = round(float(np.mean(closeness)), _DIGITS)
        return Typicality(score, {name: round(v, _DIGITS) for name, v in measured.items()})


def measures(notes: Notes) -> dict[str, float]:
    """Measure one or more notes, ordered; drums and transposition change nothing."""
    heard = notes.as_piano() if notes.is_melodic.any() else notes
    return {name: float(measure(heard)) for name, measure in MEASURES.items()}


def _closeness(deviations: float) -> float:
    """Return 1 at the mean, 0.6 one standard deviation away, and almost 0 from three on."""
    return float(np.exp(-(min(abs(deviations), _MOST_DEVIATIONS) ** 2) / 2))


def _repeated_share(notes: Notes) -> float:
    """Return the share of notes within a run of eight that the music has played before."""
    if len(notes) < _RUN_NOTES:
        return 0.0
    pitches = np.lib.stride_tricks.sliding_window_view(notes.pitch, _RUN_NOTES)
    steps = np.lib.stride_tricks.sliding_window_view(np.diff(notes.onset_ticks), _RUN_NOTES - 1)
    runs = np.concatenate([pitches, steps], axis=1)
    _, first, kind = np.unique(runs, axis=0, return_index=True, return_inverse=True)
    is_repeated = first[kind.ravel()] < np.arange(len(runs))
    covered = np.convolve(is_repeated, np.ones(_RUN_NOTES))  # notes of the runs that start there
    return float((covered > 0).mean())


def _notes_per_beat(notes: Notes) -> float:
    return len(notes) * TICKS_PER_BEAT / notes.end_ticks


def _notes_per_onset(notes: Notes) -> float:
    return len(notes) / len(np.unique(notes.onset_ticks))


def _note_beats(notes: Notes) -> float:
    """Return the geometric mean of the notes' lengths."""
    return float(2 ** np.log2(notes.duration_ticks / TICKS_PER_BEAT).mean())


def _rhythm_bits(notes: Notes) -> float:
    """Return the entropy of the times between onsets."""
    return _entropy_bits(np.diff(np.unique(notes.onset_ticks)).astype(np.int32))


def _pitch_bits(notes: Notes) -> float:
    """Return the entropy of the pitches."""
    return _entropy_bits(notes.pitch)


def _key_fit(notes: Notes) -> float:
    """Return the correlation with the key that fits best."""
    return find_key(notes).fit


def _outside_key_share(notes: Notes) -> float:
    """Return the share of the sounding time outside of the key's scale."""
    return find_key(notes).outside_share


def _leap_share(notes: Notes) -> float:
    """Return the share of the top line's steps that are wider than a fifth."""
    top = np.array([chord[-1] for chord in notes.chords()])
    return float((np.abs(np.diff(top)) > _LEAP_SEMITONES).mean()) if len(top) > 1 else 0.0


def _same_chord_share(notes: Notes) -> float:
    """Return the share of onsets that strike the keys of the one before."""
    chords = [tuple(chord.tolist()) for chord in notes.chords()]
    return float(np.mean([a == b for a, b in pairwise(chords)])) if len(chords) > 1 else 0.0


def _entropy_bits(values: NDArray[np.int32]) -> float:
    shares = np.unique(values, return_counts=True)[1] / max(1, len(values))
    return float(-(shares * np.log2(shares)).sum())


MEASURES: Mapping[str, Callable[[Notes], float]] = {
    "repeated_share": _repeated_share,
    "notes_per_beat": _notes_per_beat,
    "notes_per_onset": _notes_per_onset,
    "note_beats": _note_beats,
    "rhythm_bits": _rhythm_bits,
    "pitch_bits": _pitch_bits,
    "key_fit": _key_fit,
    "outside_key_share": _outside_key_share,
    "leap_share": _leap_share,
    "same_chord_share": _same_chord_share,
}
# Pieces that are all alike in a measure do not make the smallest difference count.
LEAST_DEVIATION: Mapping[str, float] = {
    "repeated_share": 0.05,
    "notes_per_beat": 0.25,
    "notes_per_onset": 0.1,
    "note_beats": 0.05,
    "rhythm_bits": 0.1,
    "pitch_bits": 0.1,
    "key_fit": 0.02,
    "outside_key_share": 0.01,
    "leap_share": 0.02,
    "same_chord_share": 0.01,
}
