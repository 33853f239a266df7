"""Numbers that describe an excerpt: pitch, harmony, rhythm, texture and repetition.

Each feature is one number per excerpt. A classifier tells two kinds of excerpts apart
by them, and a reader can see which of them matter.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from music.keys import find_key
from music.notes import LOWEST_PITCH, TICKS_PER_BEAT, Notes
from training.report.metrics.band_features import band_features
from training.report.metrics.bars import similarity
from training.report.metrics.texture import longest_run, parallel_octaves_share

EXCERPT_BEATS = 32
EXCERPT_TICKS = EXCERPT_BEATS * TICKS_PER_BEAT
FEWEST_NOTES = 16  # shorter excerpts are not representative

# Upper bounds, in ticks, of the classes of durations and times between onsets.
_LENGTH_BOUNDS_TICKS = np.array([2, 3, 4, 6, 9, 12, 18, 24, 36, 48])
_FAR_SEMITONES = 10  # between neighbouring notes of a chord: the hands are apart
_BAR_LAGS = (1, 2, 4)
_GRID_TICKS = 3  # sixteenths
_NEARBY_NOTES = 48  # the number of preceding notes that may still sound
_PLACES_TICKS = (0, 3, 4, 6, 8, 9)  # within a beat: sixteenths and triplets


def excerpts(notes: Notes, hop_beats: int = EXCERPT_BEATS // 2) -> Iterator[Notes]:
    """Cut a piece into excerpts of 32 beats, one every `hop_beats`.

    A piece that is shorter is one excerpt. Excerpts in which one piano would play fewer than 16
    notes are left out.
    """
    last_start = max(0, int(notes.onset_ticks[-1:].max(initial=0)) - EXCERPT_TICKS)
    for start in range(0, last_start + 1, hop_beats * TICKS_PER_BEAT):
        first, end = np.searchsorted(notes.onset_ticks, [start, start + EXCERPT_TICKS])
        excerpt = notes[slice(int(first), int(end))].shifted(-start)
        if len(excerpt.as_piano()) >= FEWEST_NOTES:
            yield excerpt


def features(notes: Notes, bar_ticks: int) -> dict[str, float]:
    """Describe an excerpt.

    Transposition does not change most features, only the four that describe the register.

    Args:
        notes: 16 or more that one piano would play; as those of one piano, except where the parts
            of a band and its drums are described.
        bar_ticks: Length of a bar; the excerpt need not start at a bar line.

    Returns:
        Finite numbers by name, the same names in the same order for every excerpt.
    """
    heard = notes.as_piano()
    described = {
        **_pitch(heard),
        **_harmony(heard),
        **_rhythm(heard),
        **_texture(heard),
        **_repetition(heard, bar_ticks),
        **band_features(notes, bar_ticks),
    }
    return {name: float(value) for name, value in described.items()}


def _pitch(notes: Notes) -> dict[str, float]:
    pitch = notes.pitch.astype(np.float64)
    classes = np.bincount(notes.pitch % 12, minlength=12)
    key = find_key(notes)
    return {
        "pitch_mean": pitch.mean(),
        "pitch_deviation": pitch.std(),
        "pitch_lowest": pitch.min(),
        "pitch_highest": pitch.max(),
        "pitch_entropy_bits": _entropy_bits(np.unique(notes.pitch, return_counts=True)[1]),
        "different_pitches_share": len(np.unique(notes.pitch)) / len(notes),
        "pitch_class_entropy_bits": _entropy_bits(classes),
        "pitch_classes": np.count_nonzero(classes),
        "key_fit": key.fit,
        "key_margin": key.margin,
        "outside_key_share": key.outside_share,
        **{f"degree_{n}_share": share for n, share in enumerate(key.degree_share)},
    }


def _harmony(notes: Notes) -> dict[str, float]:
    """Count the intervals between notes that sound at the same time, and between bass notes."""
    lower, upper = _sounding_pairs(notes)
    semitones = upper - lower
    classes = _shares(semitones % 12, 12)
    chords = notes.chords()
    bass = np.array([chord[0] for chord in chords])
    return {
        **{f"interval_class_{n}_share": share for n, share in enumerate(classes)},
        "interval_mean_semitones": semitones.mean() if len(semitones) else 0.0,
        "semitone_clash_share": np.isin(semitones, (1, 13)).mean() if len(semitones) else 0.0,
        "bass_entropy_bits": _entropy_bits(np.unique(bass % 12, return_counts=True)[1]),
        **_line("lowest", bass),
    }


def _rhythm(notes: Notes) -> dict[str, float]:
    onsets = np.unique(notes.onset_ticks)
    gaps = np.diff(onsets)
    place = onsets % TICKS_PER_BEAT
    log_duration = np.log2(notes.duration_ticks)
    on_grid = {f"place_{n}_share": (place == n).mean() for n in _PLACES_TICKS}
    return {
        "notes_per_beat": len(notes) / EXCERPT_BEATS,
        "onsets_per_beat": len(onsets) / EXCERPT_BEATS,
        **_length_shares("gap", gaps),
        "gap_entropy_bits": _entropy_bits(np.unique(gaps, return_counts=True)[1]),
        "same_gap_share": (np.diff(gaps) == 0).mean() if len(gaps) > 1 else 0.0,
        **_length_shares("duration", notes.duration_ticks),
        "duration_entropy_bits": _entropy_bits(
            np.unique(notes.duration_ticks, return_counts=True)[1]
        ),
        "duration_mean_log2_ticks": log_duration.mean(),
        "duration_deviation_log2_ticks": log_duration.std(),
        **on_grid,
        "off_grid_share": 1 - sum(on_grid.values()),
        "legato_share": _legato_share(notes),
    }


def _texture(notes: Notes) -> dict[str, float]:
    chords = notes.chords()
    sizes = np.array([len(chord) for chord in chords])
    top, bottom = (np.array([chord[end] for chord in chords]) for end in (-1, 0))
    sounding = _sounding_counts(notes)
    widest = np.array([np.diff(chord).max(initial=0) for chord in chords])
    steps = np.diff(np.stack([top, bottom]), axis=1)
    moves_together = (steps[0] == steps[1]) & (steps[0] != 0) & (top[1:] != bottom[1:])
    return {
        **{f"chord_of_{n}_share": (sizes == n).mean() for n in (1, 2, 3, 4)},
        "chord_mean_notes": sizes.mean(),
        "chord_deviation_notes": sizes.std(),
        "sounding_mean_notes": sounding.mean(),
        "sounding_deviation_notes": sounding.std(),
        "silent_share": (sounding == 0).mean(),
        "hands_apart_share": (widest >= _FAR_SEMITONES).mean(),
        "span_mean_semitones": (top - bottom).mean(),
        "parallel_share": moves_together.mean() if len(moves_together) else 0.0,
        "parallel_octaves_share": parallel_octaves_share(chords),
        **_line("highest", top),
    }


def _line(name: str, pitch: NDArray[np.int32]) -> dict[str, float]:
    """Describe how a line of pitches int32[N] moves from onset to onset."""
    steps = np.diff(pitch)
    if not len(steps):
        steps = np.zeros(1, np.int32)
    size = np.abs(steps)
    turns = np.sign(steps[1:]) * np.sign(steps[:-1]) < 0
    return {
        f"{name}_repeated_share": (size == 0).mean(),
        f"{name}_step_share": ((size > 0) & (size <= 2)).mean(),
        f"{name}_skip_share": ((size > 2) & (size <= 7)).mean(),
        f"{name}_leap_share": (size > 7).mean(),
        f"{name}_mean_semitones": size.mean(),
        f"{name}_turn_share": turns.mean() if len(turns) else 0.0,
    }


def _repetition(notes: Notes, bar_ticks: int) -> dict[str, float]:
    bars = _bars(notes, bar_ticks)
    keys = _struck(bars, with_pitch=True)
    rhythms = _struck(bars, with_pitch=False)
    chords = [tuple(chord.tolist()) for chord in notes.chords()]
    repeated = np.array([a == b for a, b in pairwise(chords)] or [False])
    return {
        **{f"bars_alike_{lag}_apart": _likeness(keys, lag) for lag in _BAR_LAGS},
        **{f"rhythms_alike_{lag}_apart": _likeness(rhythms, lag) for lag in _BAR_LAGS},
        "distinct_bars_share": len(set(keys)) / len(keys),
        "distinct_rhythms_share": len(set(rhythms)) / len(rhythms),
        "distinct_four_grams_share": _distinct_grams(notes, 4),
        "distinct_eight_grams_share": _distinct_grams(notes, 8),
        "same_chord_share": repeated.mean(),
        "longest_same_chord_onsets": longest_run(repeated) + 1,
    }


def _bars(notes: Notes, bar_ticks: int) -> list[Notes]:
    """Cut notes into whole bars of ticks, the first from tick 0; at least one."""
    bar_ticks = min(bar_ticks, EXCERPT_TICKS)
    ends = np.arange(bar_ticks, EXCERPT_TICKS + 1, bar_ticks)
    places = np.searchsorted(notes.onset_ticks, [0, *ends])
    return [
        notes[slice(int(first), int(end))].shifted(-n * bar_ticks)
        for n, (first, end) in enumerate(pairwise(places))
    ]


def _struck(bars: list[Notes], *, with_pitch: bool) -> list[frozenset[tuple[int, int]]]:
    """Return the onsets and pitches in each bar, on a grid of sixteenths."""
    places = [(bar.onset_ticks // _GRID_TICKS).tolist() for bar in bars]
    keys = [(bar.pitch if with_pitch else 0 * bar.pitch).tolist() for bar in bars]
    return [frozenset(zip(*both, strict=True)) for both in zip(places, keys, strict=True)]


def _likeness(bars: list[frozenset[tuple[int, int]]], lag: int) -> float:
    """Average the similarity of bars that are `lag` bars apart (Jaccard index)."""
    pairs = [(a, b) for a, b in zip(bars, bars[lag:], strict=False) if a or b]
    return float(np.mean([similarity(a, b) for a, b in pairs])) if pairs else 0.0


def _distinct_grams(notes: Notes, length: int) -> float:
    steps = np.column_stack([np.diff(notes.onset_ticks), np.diff(notes.pitch)])
    grams = np.lib.stride_tricks.sliding_window_view(steps, length, axis=0)
    return len(np.unique(grams.reshape(len(grams), -1), axis=0)) / len(grams)


def _sounding_pairs(notes: Notes) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Pair each note with the notes that sound when it starts, the lower pitch first."""
    lags = range(1, min(_NEARBY_NOTES, len(notes)))
    later = np.concatenate([np.arange(lag, len(notes)) for lag in lags])
    earlier = np.concatenate([np.arange(len(notes) - lag) for lag in lags])
    sounds = notes.onset_ticks[earlier] + notes.duration_ticks[earlier] > notes.onset_ticks[later]
    one, other = notes.pitch[later[sounds]], notes.pitch[earlier[sounds]]
    return np.minimum(one, other), np.maximum(one, other)


def _sounding_counts(notes: Notes) -> NDArray[np.int64]:
    """Count at every tick of the excerpt how many notes sound: int64[EXCERPT_TICKS]."""
    changes = np.zeros(EXCERPT_TICKS + 1, dtype=np.int64)
    np.add.at(changes, notes.onset_ticks.clip(max=EXCERPT_TICKS), 1)
    np.add.at(changes, (notes.onset_ticks + notes.duration_ticks).clip(max=EXCERPT_TICKS), -1)
    return np.cumsum(changes)[:-1]


def _legato_share(notes: Notes) -> float:
    """Return the share of notes that end exactly at a later onset."""
    return float(np.isin(notes.onset_ticks + notes.duration_ticks, notes.onset_ticks).mean())


def _length_shares(name: str, ticks: NDArray[np.int32]) -> dict[str, float]:
    shares = _shares(np.searchsorted(_LENGTH_BOUNDS_TICKS, ticks), len(_LENGTH_BOUNDS_TICKS) + 1)
    bounds = [*(f"to_{bound}" for bound in _LENGTH_BOUNDS_TICKS), "longer"]
    return {f"{name}_{b}_share": share for b, share in zip(bounds, shares, strict=True)}


def _shares(numbers: NDArray[np.int32] | NDArray[np.int64], kinds: int) -> NDArray[np.float64]:
    counts = np.bincount(numbers, minlength=kinds).astype(np.float64)
    shares: NDArray[np.float64] = counts / max(counts.sum(), 1)
    return shares


def _entropy_bits(weights: NDArray[np.float64] | NDArray[np.int64]) -> float:
    shares = weights[weights > 0] / max(weights.sum(), 1e-9)
    return float(-(shares * np.log2(shares)).sum())


_EXAMPLE = Notes.of(range(FEWEST_NOTES), [1] * FEWEST_NOTES, [LOWEST_PITCH] * FEWEST_NOTES)
FEATURES = tuple(features(_EXAMPLE, EXCERPT_TICKS))
"""The names of all features, in the order of `features`."""
