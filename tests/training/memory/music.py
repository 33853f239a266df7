"""Music for the tests of memory, and its memory computed note by note."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from music.codec.notetuple import NoteTuple
from music.notes import Notes
from training.memory.candidates import (
    BARS_BACK,
    CANDIDATES,
    FEWEST_TRANSPOSED_NOTES,
    HISTORY_NOTES,
    KEY_HALF_LIVES_TICKS,
    KEY_WEIGHTS_EXACT,
    LONGEST_RUN,
    MOST_HALF_TURNS,
    TRANSPOSED,
    run_buckets,
)

CODEC = NoteTuple.over()
LOWEST = 21  # the MIDI note number of key 0


def fields_of(onsets, pitches, durations=6) -> NDArray[np.int32]:
    """Write notes, in ticks and MIDI note numbers, as field values int32[N, 3]."""
    durations = np.broadcast_to(durations, len(pitches))
    return CODEC.split_fields(CODEC.encode(Notes.of(onsets, durations, pitches)))


def melody(*pitches: int, shift: int = 6) -> NDArray[np.int32]:
    """Write notes one after the other, `shift` ticks apart."""
    return fields_of(np.arange(len(pitches)) * shift, pitches)


def random_fields(seed: int, notes: int, keys: int = 10) -> NDArray[np.int32]:
    """Make music that comes back, also in other keys, with chords and keys struck again."""
    random = np.random.default_rng(seed)
    strikes: dict[tuple[int, int], int] = {}
    now = 0
    while len(strikes) < notes:
        so_far = sorted(strikes)
        length = int(random.integers(2, 24))
        if so_far and random.random() < 0.7:
            first = int(random.integers(len(so_far)))
            there, moved = so_far[first][0], int(random.choice([0, 0, -2, 3, 5]))
            again = so_far[first : first + length]
            fresh = [(now + o - there, p + moved, strikes[o, p]) for o, p in again]
        else:
            onsets = now + np.cumsum(random.choice([0, 3, 6, 6, 12], length))
            pitches = 55 + random.integers(0, keys, length)
            fresh = list(zip(onsets, pitches, random.choice([3, 6, 12, 40], length), strict=True))
        for onset, pitch, duration in fresh:
            if LOWEST <= pitch <= 108:
                strikes[int(onset), int(pitch)] = int(duration)
        now = max(strikes)[0] + int(random.choice([3, 6, 12, 24]))
    onsets, pitches = zip(*sorted(strikes)[:notes], strict=True)
    durations = [strikes[strike] for strike in zip(onsets, pitches, strict=True)]
    return fields_of(onsets, pitches, durations)


def onsets_of(fields: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return onsets in ticks; the first is 0."""
    ticks = CODEC.shift_ticks[fields[:, 0]]
    return np.cumsum(ticks) - ticks[0]


@dataclass(frozen=True)
class Guess:
    """A candidate for the note after a note; `fields` are those of a note."""

    fields: tuple[int, int, int]
    evidence: int


NO_GUESS = Guess((0, 0, 0), 0)


def slow_guesses(fields: NDArray[np.int32], bar_ticks: int) -> list[list[Guess]]:
    """Work out every candidate at every note, by the definitions alone."""
    bars_back = [_slow_bars_back(fields, bars * bar_ticks) for bars in BARS_BACK]
    return [
        [
            _slow_match(fields, n),
            *(guesses[n] for guesses in bars_back),
            _slow_transposed_match(fields, n),
        ]
        for n in range(len(fields))
    ]


def as_arrays(guesses: list[list[Guess]]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return candidates int32[N, C, 3] and evidence int32[N, C]."""
    candidates = np.array([[guess.fields for guess in each] for each in guesses], np.int32)
    evidence = np.array([[guess.evidence for guess in each] for each in guesses], np.int32)
    assert evidence.shape == (len(guesses), CANDIDATES)
    return candidates, evidence


def evidence_of(run: int, period: int) -> int:
    """Number a match of `run` notes whose equal ended `period` notes ago."""
    return int(run_buckets()[run]) * (MOST_HALF_TURNS + 1) + min(2 * run // period, MOST_HALF_TURNS)


def _slow_match(fields, n: int) -> Guess:
    def equal(one: int, other: int) -> bool:
        return other >= 0 and (fields[one, :2] == fields[other, :2]).all()

    run, end = _slow_longest_run(n, HISTORY_NOTES - 1, equal)
    return Guess(tuple(fields[end + 1].tolist()), evidence_of(run, n - end)) if run else NO_GUESS


def _slow_transposed_match(fields, n: int) -> Guess:
    pitch = fields[:, 1]

    def equal(one: int, other: int) -> bool:
        return (
            other >= 1
            and fields[one, 0] == fields[other, 0]
            and pitch[one] - pitch[one - 1] == pitch[other] - pitch[other - 1]
            and pitch[one] != pitch[other]
        )

    run, end = _slow_longest_run(n, HISTORY_NOTES - 2, equal)
    shift, key, duration = fields[end + 1].tolist() if run else (0, 0, 0)
    key += int(pitch[n] - pitch[end])
    if run < FEWEST_TRANSPOSED_NOTES or not 0 <= key < len(CODEC.pitch):
        return NO_GUESS
    return Guess((shift, key, duration), evidence_of(run, n - end))


def _slow_longest_run(n: int, most_back: int, equal) -> tuple[int, int]:
    longest, longest_end = 0, n
    for end in range(n - 1, max(n - most_back, 0) - 1, -1):
        run = 0
        while run < LONGEST_RUN and equal(n - run, end - run):
            run += 1
        if run > longest:
            longest, longest_end = run, end
    return longest, longest_end


def _slow_bars_back(fields, back_ticks: int) -> list[Guess]:
    onsets, pitch = onsets_of(fields), fields[:, 1]
    guesses: list[Guess] = []
    right: list[bool] = []
    for n in range(len(fields)):
        before = guesses[-1] if guesses else NO_GUESS
        right.append(before.evidence > 0 and before.fields[:2] == tuple(fields[n, :2]))
        there = onsets[n] - back_ticks
        after = [m for m in range(n + 1) if (onsets[m], pitch[m]) > (there, pitch[n])]
        if there < 0 or n - after[0] >= HISTORY_NOTES - 1:
            guesses.append(NO_GUESS)
            continue
        wait = int(CODEC.nearest_shift(np.array([onsets[after[0]] - there]))[0])
        _, key, duration = fields[after[0]].tolist()
        guesses.append(Guess((wait, key, duration), 1 + sum(right[-8:])))
    return guesses


def slow_key_weights(fields: NDArray[np.int32]) -> NDArray[np.float64]:
    """Sum directly how long each pitch class has sounded: float64[N, 24]; halves sum to 3."""
    onsets = onsets_of(fields)
    lasting = np.minimum(CODEC.duration_ticks[fields[:, 2]], 48)
    rows = []
    for n in range(len(fields)):
        row = []
        for half_life in KEY_HALF_LIVES_TICKS:
            weights = np.zeros(12)
            for m in range(n + 1):
                age = onsets[n] - onsets[m]
                weights[(fields[m, 1] + LOWEST) % 12] += lasting[m] * 0.5 ** (age / half_life)
            row.append(3 * weights / weights.sum())
        rows.append(np.concatenate(row))
    return np.array(rows)


def slow_sounding(fields: NDArray[np.int32], n: int) -> tuple[set[int], set[int]]:
    """Return which keys sound when note n starts, and which of its onset are struck already."""
    onsets = onsets_of(fields)
    ends = onsets + CODEC.duration_ticks[fields[:, 2]]
    last = {int(fields[m, 1]): m for m in range(n)}  # of each key, the last note
    sounds = {key for key, m in last.items() if onsets[m] < onsets[n] < ends[m]}
    struck = {key for key, m in last.items() if onsets[m] == onsets[n]}
    return sounds, struck


__all__ = [
    "CODEC",
    "NO_GUESS",
    "TRANSPOSED",
    "as_arrays",
    "evidence_of",
    "fields_of",
    "melody",
    "onsets_of",
    "random_fields",
    "slow_guesses",
    "slow_key_weights",
    "slow_sounding",
]


def as_served(inputs):
    """Round a batch's key weights as the decoder does, which keeps sums exact."""
    whole = np.floor(inputs["key_weights"] * KEY_WEIGHTS_EXACT)
    return {**inputs, "key_weights": whole / KEY_WEIGHTS_EXACT}
