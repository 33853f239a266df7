"""What is wanted of songs moves what is measured in them: 40 songs of the base's network each."""

from statistics import mean

import numpy as np
import pytest
from numpy.typing import NDArray

from music.bars import inferred_signature
from music.character.wanted import Character
from music.codec.notetuple import NoteTuple
from music.composing.brief import Brief
from music.composing.composition import Composition
from music.composing.continuation import Continuation
from music.form.target import density_of, register_of
from music.keys import Mode, NamedKey, find_key
from music.notes import TICKS_PER_BEAT, Notes
from music.piece import Piece, TimeSignature, constant_tempo
from training.network.base_weights import WEIGHTS, load_base
from training.network.network import build_network
from training.recipe import load_recipe
from training.report.generation import InProcessModel, learned_music, without_bound

SONGS = 40
CODEC = NoteTuple.over()
CADENCE = (0, 5, 0, 0)  # the bass of four bars, in semitones above the tonic
KEYS = ("C", "F#", "Bb", "E")


def piece(tonic: int, mode: Mode, beats: int, ticks: int) -> Piece:
    """Break the chords of a cadence, a note every so many ticks, over a bass."""
    third = 3 if mode is Mode.MINOR else 4
    bar_ticks = beats * TICKS_PER_BEAT
    notes = []
    for bar, root in enumerate(CADENCE * 2):
        chord = np.array([0, third, 7, third]) + tonic + root
        start = bar * bar_ticks
        notes.append((start, bar_ticks, tonic + root - 12))
        notes += [
            (start + at, ticks, int(chord[(at // ticks) % 4])) for at in range(0, bar_ticks, ticks)
        ]
    name = f"{tonic} {mode} {beats}/4 {ticks}"
    signature = TimeSignature(0, beats, 4)
    columns = zip(*sorted(notes, key=lambda note: (note[0], note[2])), strict=True)
    return Piece(name, Notes.of(*columns), constant_tempo(100.0), (signature,))


PIECES = [
    piece(tonic + 2 * low, mode, beats, ticks)
    for mode in Mode
    for beats in (3, 4)
    for ticks in (3, 12)
    for low, tonic in enumerate((45, 57, 69))
]


@pytest.fixture(scope="module")
def songs():
    """Compose songs of a character, eight bars each."""
    recipe = load_recipe("default")
    network = build_network(recipe.network, CODEC.field_sizes)
    load_base(network, WEIGHTS)
    model, music = InProcessModel(network, CODEC), without_bound(learned_music(PIECES, CODEC))

    def composed(character: Character) -> list[Piece]:
        briefs = [Brief(seed, bars=8, character=character) for seed in range(SONGS)]
        return [
            Composition.of(
                brief, music, Continuation.of_opening(music, brief.seed, character)
            ).composed(model, f"seed {brief.seed}")
            for brief in briefs
        ]

    return composed


@pytest.mark.slow
def test_what_is_wanted_moves_what_is_measured(songs):
    low = songs(Character(NamedKey.of("Eb"), meter="3/4", density=0, register=0))
    high = songs(Character(NamedKey.of("F#m"), meter="4/4", density=100, register=100))
    assert in_key(low, "Eb") > 0.6
    assert in_key(high, "F#m") > 0.6
    assert in_key(low, "F#m") == in_key(high, "Eb") == 0
    assert waltzes(low) > 0.8
    assert waltzes(high) < 0.2
    assert densities(high).mean() > 2 * densities(low).mean()
    assert registers(high).mean() > registers(low).mean() + 6


def in_key(songs: list[Piece], name: str) -> float:
    """Return the share of songs whose notes a key fits best."""
    key = NamedKey.of(name)
    found = [find_key(song.notes) for song in songs]
    return mean((each.tonic, each.mode) == (key.tonic, key.mode) for each in found)


def waltzes(songs: list[Piece]) -> float:
    """Return the share of songs whose notes repeat after bars of 3/4 rather than of 4/4."""
    return mean(inferred_signature(song.notes).numerator == 3 for song in songs)


def densities(songs: list[Piece]) -> NDArray[np.float64]:
    return np.array([density_of(song.notes, song.notes.end_ticks) for song in songs])


def registers(songs: list[Piece]) -> NDArray[np.float64]:
    return np.array([register_of(song.notes) for song in songs])
