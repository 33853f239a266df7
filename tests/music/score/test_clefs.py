"""Clefs: of a register, and where a staff changes them."""

import pytest

from music.meter import measures
from music.notes import Notes
from music.piece import TimeSignature
from music.score.clefs import are_legible, changes, clefs_of_bars, usual_clef

FOUR_FOUR = (TimeSignature(0, 4, 4),)
HIGH, LOW = [72, 76, 79], [36, 40, 43]


def bars_of(*contents: list[int]) -> tuple[Notes, list]:
    """Write a bar for each list of pitches, which start together on its first beat."""
    onsets = [48 * bar for bar, pitches in enumerate(contents) for _ in pitches]
    pitches = [pitch for own in contents for pitch in own]
    notes = Notes.of(onsets, [12] * len(pitches), pitches)
    return notes, measures(FOUR_FOUR, 48 * len(contents))


def clefs_in(notes: Notes, bars: list) -> tuple[str, ...]:
    return clefs_of_bars(notes, bars, usual_clef(notes, "strings"))


@pytest.mark.parametrize(
    ("contents", "clefs"),
    [
        ([[72], [50], [91]], ["treble"] * 3),  # four ledger lines
        ([[72], [74]] * 30 + [[36]], ["treble"] * 61),  # a single far note
        ([HIGH, LOW, LOW, HIGH], ["treble", "bass", "bass", "treble"]),
        ([HIGH, [], LOW, LOW], ["treble", "treble", "bass", "bass"]),
        ([HIGH, LOW, [], HIGH], ["treble", "bass", "bass", "treble"]),
        ([HIGH, [72, 48], HIGH], ["treble"] * 3),  # not worth a change
        ([[57, 60, 64], [98, 101, 103], [57, 60, 64]], ["treble", "treble 8va", "treble"]),
    ],
)
def test_a_staff_changes_its_clef_where_that_spares_ledger_lines(contents, clefs):
    assert list(clefs_in(*bars_of(*contents))) == clefs


@pytest.mark.parametrize(
    ("usual", "contents", "clefs"),
    [
        ("bass", [LOW, HIGH, HIGH, LOW], ["bass", "treble", "treble", "bass"]),  # a left hand
        ("treble", [HIGH, LOW, HIGH], ["treble", "bass", "treble"]),
        ("bass", [[], []], ["bass", "bass"]),
    ],
)
def test_a_hand_has_its_usual_clef_where_it_is_legible(usual, contents, clefs):
    assert list(clefs_of_bars(*bars_of(*contents), usual)) == clefs


@pytest.mark.parametrize(("family", "clef"), [("guitar", "treble 8vb"), ("strings", "bass")])
def test_guitars_are_written_an_octave_higher_than_they_sound(family, clef):
    assert usual_clef(Notes.of([0], [12], [50]), family) == clef


@pytest.mark.parametrize(
    ("contents", "legible"),
    [([HIGH, LOW], True), ([[72, 36], [36]], False), ([[72]] * 60 + [[20]], True)],
)
def test_a_chord_that_is_too_wide_is_not_legible(contents, legible):
    notes, bars = bars_of(*contents)
    clefs = clefs_in(notes, bars)
    assert are_legible(notes, bars, clefs) is legible


def test_a_clef_is_written_where_it_changes():
    assert list(changes(["treble", "treble", "bass", "bass", "treble"])) == [
        "treble",
        None,
        "bass",
        None,
        "treble",
    ]
