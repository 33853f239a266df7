"""Roles, line-ups, and notes that have roles."""

import numpy as np
import pytest

from music.notes import Notes, cleaned, released
from music.players.line_up import ONE_PIANO, LineUp
from music.players.roles import (
    DRUMS,
    FAMILIES,
    PIANO,
    ROLES,
    family_of_program,
    name_of,
    playing,
    role_of,
    usual_program,
)

BASS, STRINGS, FLUTE = role_of(4, 0), role_of(5, 0), role_of(9, 0)
KICK = 36


@pytest.mark.parametrize(
    ("program", "family"),
    [
        (0, "piano"),
        (7, "piano"),
        (8, "chromatic percussion"),
        (33, "bass"),
        (40, "strings"),
        (73, "pipe"),
        (96, "synth effects"),
        (112, "percussive"),
        (127, "synth effects"),  # a gunshot
    ],
)
def test_a_program_has_a_family(program, family):
    assert FAMILIES[family_of_program(program)] == family


@pytest.mark.parametrize(
    ("role", "name", "program"),
    [
        (PIANO, "piano", 0),
        (role_of(5, 0), "strings", 40),
        (role_of(5, 1), "strings 2", 40),
        (role_of(5, 9), "strings 4", 40),  # lower voices share the last one
        (DRUMS, "drums", 0),
    ],
)
def test_a_role_has_a_name_and_a_usual_program(role, name, program):
    assert name_of(role) == name
    assert usual_program(role) == program


def test_every_role_has_a_name_of_its_own():
    assert len({name_of(role) for role in range(ROLES)}) == ROLES


def test_a_line_up_is_ordered_by_role():
    line_up = LineUp.of({DRUMS: 8, FLUTE: 73, BASS: 33})
    assert line_up.roles == (BASS, FLUTE, DRUMS)
    assert line_up.has_drums
    assert not line_up.is_piano
    assert ONE_PIANO.is_piano
    assert np.flatnonzero(playing(line_up.roles)).tolist() == list(line_up.roles)


def band(*notes):
    """Make notes (onset_ticks, duration_ticks, pitch, role)."""
    return cleaned(Notes.of(*zip(*notes, strict=True)))


def test_notes_of_an_onset_are_ordered_by_role_then_pitch():
    notes = band((0, 6, 40, FLUTE), (0, 6, KICK, DRUMS), (0, 6, 50, BASS), (0, 6, 45, BASS))
    assert notes.role.tolist() == [BASS, BASS, FLUTE, DRUMS]
    assert notes.pitch.tolist() == [45, 50, 40, KICK]


def test_a_doubling_is_one_within_a_role_alone():
    notes = band((0, 6, 60, FLUTE), (0, 12, 60, FLUTE), (0, 6, 60, STRINGS))
    assert len(notes) == 2
    assert notes.duration_ticks.tolist() == [6, 12]


def test_a_note_ends_when_its_own_instrument_strikes_its_key_again():
    notes = band((0, 48, 60, STRINGS), (0, 48, 60, FLUTE), (12, 6, 60, FLUTE))
    assert released(notes).duration_ticks.tolist() == [48, 12, 6]


def test_drums_are_not_transposed():
    notes = band((0, 6, 60, FLUTE), (0, 6, KICK, DRUMS)).transposed(5)
    assert notes.pitch.tolist() == [65, KICK]


def test_one_piano_plays_a_bands_notes_without_drums_and_doublings():
    notes = band(
        (0, 6, 60, STRINGS), (0, 24, 60, FLUTE), (0, 6, 48, BASS), (0, 6, KICK, DRUMS),
        (6, 6, 72, FLUTE), (6, 6, 50, BASS),
    )  # fmt: skip
    heard = notes.as_piano()
    assert heard.pitch.tolist() == [48, 60, 50, 72]
    assert heard.duration_ticks.tolist() == [6, 24, 6, 6]
    assert not heard.role.any()
    assert notes.pitch[notes.piano_places].tolist() == heard.pitch.tolist()


def test_a_pianos_notes_are_heard_as_they_are():
    notes = Notes.of([0, 0, 6], [6, 6, 6], [60, 64, 62])
    assert notes.as_piano() is notes
    assert notes.piano_places.tolist() == [0, 1, 2]
