"""The parts of a band and its drums in numbers."""

import numpy as np
import pytest

from music.notes import Notes, cleaned
from music.players.roles import DRUMS, role_of
from training.report.metrics.band_features import band_features
from training.report.metrics.excerpt_features import excerpts, features

BASS, FLUTE = role_of(4, 0), role_of(9, 0)
KICK, SNARE, CRASH = 36, 38, 49


def band(*parts):
    """Join parts of (onsets, pitches, role), each note an eighth long."""
    columns = [
        (o, 6, p, role)
        for onsets, pitches, role in parts
        for o, p in zip(onsets, pitches, strict=True)
    ]
    return cleaned(Notes.of(*zip(*columns, strict=True)))


def beat(bars, fills=()):
    """Return kick and snare in bars of 4/4, with crashes instead in some of them."""
    places = [(48 * bar + 12 * n, bar, n) for bar in range(bars) for n in range(4)]
    keys = [CRASH if bar in fills else (KICK, SNARE)[n % 2] for _, bar, n in places]
    return [onset for onset, *_ in places], keys, DRUMS


QUARTERS = np.arange(32) * 12


def test_a_steady_beat_never_changes():
    found = band_features(band(beat(8), (QUARTERS, [60] * 32, FLUTE)), 48)
    assert found["drum_steadiness"] == 1
    assert found["drum_change_share"] == 0
    assert found["drum_distinct_bars_share"] == pytest.approx(1 / 8)
    assert found["drum_kinds"] == 2
    assert found["drum_share"] == 0.5


def test_a_bar_that_breaks_the_beat_changes_it_twice():
    found = band_features(band(beat(8, fills=[3])), 48)
    assert found["drum_change_share"] == pytest.approx(2 / 7)  # into it and out of it
    assert found["drum_steadiness"] == pytest.approx(5 / 7)


def test_parts_are_counted_with_what_they_double():
    unison = band((QUARTERS, [60] * 32, FLUTE), (QUARTERS[:16], [60] * 16, BASS))
    found = band_features(unison, 48)
    assert found["roles"] == 2
    assert found["doubled_share"] == pytest.approx(16 / 48)
    assert found["roles_together_share"] == 0.5


def test_a_part_that_jumps_between_registers_leaps():
    steps, leaps = (band((QUARTERS, np.resize(keys, 32), BASS)) for keys in ([40, 43], [40, 64]))
    assert band_features(steps, 48)["role_leap_share"] == 0
    assert band_features(leaps, 48)["role_leap_share"] == 1
    assert band_features(leaps, 48)["role_span_semitones"] == 24


def test_all_music_for_one_piano_has_the_same_numbers():
    one, other = (
        band((QUARTERS, np.resize(keys, 32), 0)) for keys in ([60, 62, 64], [70, 40, 43, 66])
    )
    names = ("roles", "role_entropy_bits", "doubled_share", "drum_share", "drum_steadiness")
    first, second = (band_features(notes, 48) for notes in (one, other))
    assert [first[name] for name in names] == [second[name] for name in names]


def test_drums_alone_are_no_excerpt():
    assert not list(excerpts(band(beat(8))))
    (excerpt,) = excerpts(band(beat(8), (QUARTERS[:16], [60] * 16, FLUTE)))
    assert np.isfinite(list(features(excerpt, 48).values())).all()
