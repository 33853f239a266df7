"""Roles: what a part does in a band, the same across pieces.

A role is a family of instruments and a voice in it. Voice 0 is the family's highest part, so that a
quartet's violins, viola and cello are four voices of the strings. Drums are one role; their notes'
pitches are the keys of a drum kit.

Source of the families and their programs: General MIDI System Level 1 (MIDI Association).
"""

from collections.abc import Iterable

FAMILIES = (
    "piano",
    "chromatic percussion",
    "organ",
    "guitar",
    "bass",
    "strings",
    "ensemble",
    "brass",
    "reed",
    "pipe",
    "synth lead",
    "synth pad",
    "synth effects",
    "ethnic",
    "percussive",
)
"""The families of General MIDI's programs, eight each. Sound effects count as synth effects."""

VOICES = 4  # of a family; lower parts than these share the last one
PIANO = 0  # the role of all notes of music for one piano
DRUMS = len(FAMILIES) * VOICES
ROLES = DRUMS + 1

_PROGRAMS_OF_FAMILY = 8
_SYNTH_EFFECTS, _SOUND_EFFECTS = 12, 15


def family_of_program(program: int) -> int:
    """Return the family of a General MIDI program, 0 to 127, as an index into `FAMILIES`."""
    family = program // _PROGRAMS_OF_FAMILY
    return _SYNTH_EFFECTS if family == _SOUND_EFFECTS else family


def role_of(family: int, voice: int) -> int:
    """Return the role of a family's voice, counted from 0; lower voices share the last one."""
    return family * VOICES + min(voice, VOICES - 1)


def usual_program(role: int) -> int:
    """Return the first program of a role's family; 0 for drums, the standard kit."""
    return 0 if role == DRUMS else role // VOICES * _PROGRAMS_OF_FAMILY


def name_of(role: int) -> str:
    """Return a role's name: `drums`, `strings`, or `strings 2` for a voice below the highest."""
    if role == DRUMS:
        return "drums"
    family, voice = divmod(role, VOICES)
    return FAMILIES[family] + (f" {voice + 1}" if voice else "")


def playing(roles: Iterable[int]) -> list[int]:
    """Return for each of all roles 1 if it is among some, else 0."""
    among = frozenset(roles)
    return [int(role in among) for role in range(ROLES)]
