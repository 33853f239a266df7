"""How a song ends: the candidate that closes it best, and a chord made to close."""

from collections.abc import Sequence

import numpy as np

from music.form.candidates import Candidate
from music.keys import Keys, find_key
from music.notes import (
    HIGHEST_PITCH,
    LOWEST_PITCH,
    Notes,
    cleaning_order,
    join,
    released,
)

_MAJOR_TRIAD, _MINOR_TRIAD = (0, 4, 7), (0, 3, 7)


def best_closing(candidates: Sequence[Candidate], song: Notes, keys: Keys = frozenset()) -> int:
    """Choose the candidate whose first chord closes the music best.

    It is struck on the downbeat, has the tonic in the bass, and few notes outside of the tonic's
    triad.

    Args:
        candidates: One or more; of their notes, those at the bar line count.
        song: The music before them.
        keys: One of which the song is to be in; none where it is in any.
    """

    def rank(number: int) -> tuple[bool, bool, float, float]:
        one = candidates[number]
        if not one.is_on_downbeat:
            return (
                False,
                False,
                0.0,
                round(one.following_log_probability, 4),
            )
        notes = one.notes.melodic()
        if not len(notes):
            return (True, False, 0.0, round(one.following_log_probability, 4))
        key = find_key(released(song) if len(song) else notes, keys)
        degrees = (notes.pitch - key.tonic) % 12
        triad = np.isin(degrees, _MAJOR_TRIAD if key.is_major else _MINOR_TRIAD)
        in_triad = float(triad.mean())
        bass = degrees[notes.pitch.argmin()]
        return (
            True,
            bool(bass == 0),
            in_triad,
            round(one.following_log_probability, 4),
        )

    return max(range(len(candidates)), key=rank)


def closed(chord: Notes, song: Notes, keys: Keys = frozenset()) -> Notes:
    """Make a chord close: what is outside of the tonic's triad is left out, the bass is the tonic.

    Drums stay as they are.

    Args:
        chord: One note or more.
        song: The music before it, perhaps none.
        keys: As `best_closing` has them.
    """
    drums, chord = chord[~chord.is_melodic], chord.melodic()
    if not len(chord):
        return drums
    key = find_key(released(song) if len(song) else chord, keys)
    degrees = (chord.pitch - key.tonic) % 12
    within = np.isin(degrees, _MAJOR_TRIAD if key.is_major else _MINOR_TRIAD)
    lowest = int(chord.pitch.argmin())
    bass, role = int(chord.pitch[lowest]), int(chord.role[lowest])
    tonic_pitch = bass + (key.tonic - bass + 5) % 12 - 5  # the nearest
    if tonic_pitch < LOWEST_PITCH:
        tonic_pitch += 12
    if tonic_pitch > HIGHEST_PITCH:
        tonic_pitch -= 12
    upper = chord[within & (chord.pitch > tonic_pitch)]
    onset_ticks, duration_ticks = int(chord.onset_ticks[0]), int(chord.duration_ticks[0])
    tonic = Notes.of([onset_ticks], [duration_ticks], [tonic_pitch], [role])
    closing = join([tonic, upper, drums])
    return closing[cleaning_order(closing)]
