"""Music of bands for the tests of memory and decoder."""

import numpy as np

from music.codec.notetuple import BandTuple
from music.notes import Notes, cleaned
from music.players.roles import DRUMS, role_of
from training.memory.context import context

CODEC = BandTuple.over()
BASS, STRINGS, FLUTE = role_of(4, 0), role_of(5, 0), role_of(9, 0)


def fields_of(*notes):
    """Write notes (onset_ticks, duration_ticks, pitch, role) as field values int32[N, 4]."""
    band = cleaned(Notes.of(*zip(*notes, strict=True)))
    return CODEC.split_fields(CODEC.encode(band))


def known(fields, place=0, bar=48):
    onsets = np.cumsum(CODEC.shift_ticks[fields[:, 0]])
    places = (onsets - onsets[0] + place) % bar
    return context(fields, places, np.full(len(fields), bar), CODEC)


def random_band(seed: int, notes: int):
    """Make music of a bass, strings, a flute and drums that comes back, also in other keys."""
    random = np.random.default_rng(seed)
    strikes: dict[tuple[int, int, int], int] = {}
    now = 0
    while len(strikes) < notes:
        so_far = sorted(strikes)
        length = int(random.integers(2, 24))
        if so_far and random.random() < 0.7:
            first = int(random.integers(len(so_far)))
            there, higher = so_far[first][0], int(random.choice([0, 0, -2, 3, 5]))
            fresh = [
                (now + o - there, r, p + higher * (r != DRUMS), strikes[o, r, p])
                for o, r, p in so_far[first : first + length]
            ]
        else:
            onsets = now + np.cumsum(random.choice([0, 0, 3, 6, 6, 12], length))
            roles = random.choice([BASS, STRINGS, FLUTE, DRUMS, DRUMS], length)
            pitches = np.where(roles == DRUMS, 36, 55) + random.integers(0, 8, length)
            ticks = random.choice([3, 6, 12, 40], length)
            fresh = list(zip(onsets, roles, pitches, ticks, strict=True))
        for onset, role, pitch, duration in fresh:
            if 21 <= pitch <= 108:
                strikes[int(onset), int(role), int(pitch)] = int(duration)
        now = max(strikes)[0] + int(random.choice([3, 6, 12, 24]))
    return fields_of(*((o, strikes[o, r, p], p, r) for o, r, p in sorted(strikes)[:notes]))
