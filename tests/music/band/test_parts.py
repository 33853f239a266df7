"""The parts of a band: names, order, levels and channels."""

from collections import Counter

import pytest

from music.band.channels import channels_of
from music.band.instruments import ABBREVIATIONS, INSTRUMENTS, kit_name
from music.band.levels import level, panning
from music.band.parts import part_numbers, parts_of, playing
from music.notes import Notes
from music.players.line_up import ONE_PIANO, LineUp
from music.players.roles import DRUMS, FAMILIES, ROLES, VOICES, family_of_program, role_of
from tests.music.bands import BASS, FLUTE, LINE_UP, NAMES, NOTES, PROGRAMS, VIOLIN


@pytest.mark.parametrize(
    ("program", "name"),
    [
        (0, "Acoustic Grand Piano"),
        (33, "Electric Bass (finger)"),
        (46, "Orchestral Harp"),
        (73, "Flute"),
        (80, "Lead 1 (square)"),
        (127, "Gunshot"),
    ],
)
def test_every_program_has_the_name_of_general_midi(program, name):
    assert INSTRUMENTS[program] == name
    assert len(set(INSTRUMENTS)) == len(ABBREVIATIONS) == 128


@pytest.mark.parametrize(
    ("program", "kit"), [(0, "Standard Kit"), (25, "Analog Kit"), (3, "Standard Kit")]
)
def test_a_kit_has_the_name_of_general_midi_2(program, kit):
    assert kit_name(program) == kit


def test_parts_are_in_the_order_of_a_score_and_named_by_their_instruments():
    parts = parts_of(LINE_UP)
    assert [part.name for part in parts] == NAMES
    assert [part.program for part in parts] == PROGRAMS
    assert [part.abbreviation for part in parts] == [
        "Fl.", "Pno.", "Vln. 1", "Vln. 2", "E. Bass", "Dr.",
    ]  # fmt: skip
    assert (parts[-1].instrument, parts[2].instrument) == ("Standard Kit", "Violin")


def test_every_family_has_its_place_before_bass_and_drums():
    parts = parts_of(LineUp.usual(range(ROLES)))
    assert len(parts) == ROLES
    assert len({part.name for part in parts}) == ROLES
    assert parts[-1].is_drums
    order = list(dict.fromkeys(part.family for part in parts[:-1]))
    assert sorted(order) == sorted(FAMILIES)
    assert order.index("pipe") < order.index("strings") < order.index("bass")


def test_one_piano_is_one_part():
    (part,) = parts_of(ONE_PIANO)
    assert (part.name, part.program, part.role) == ("Acoustic Grand Piano", 0, 0)


def test_a_part_that_has_no_notes_does_not_play_but_keeps_its_number():
    silent = NOTES[NOTES.role != VIOLIN]
    assert [part.name for part in playing(LINE_UP, silent)] == [*NAMES[:2], *NAMES[3:]]
    numbers = part_numbers(LINE_UP, silent)
    assert {int(n) for n in numbers[silent.role == BASS]} == {4}
    assert {int(n) for n in numbers[silent.role == FLUTE]} == {0}


def test_background_is_softer_than_melody_and_basses_and_drums_are_in_the_middle():
    def of(family, voice=0):
        return role_of(FAMILIES.index(family), voice)

    assert level(of("synth pad")) < level(of("pipe", 1)) < level(of("pipe")) < level(of("bass"))
    assert {panning(role) for role in (of("bass"), of("bass", 3), DRUMS)} == {64}
    assert {of("strings"): panning(of("strings"))} != {of("strings"): panning(of("strings", 1))}
    assert all(0 <= value <= 127 for role in range(ROLES) for value in (level(role), panning(role)))


@pytest.mark.parametrize(
    ("programs", "channels"),
    [
        ({role: role for role in range(15)}, 15),
        ({role: 40 + role // 2 for role in range(16)}, 8),
        ({role: role for role in range(60)}, 15),
        ({role: role for role in (*range(15), DRUMS)}, 15),
    ],
    ids=["each its own", "by program", "by family", "drums need none"],
)
def test_parts_share_channels_when_there_are_more_than_channels(programs, channels):
    parts = parts_of(LineUp.of(programs))
    found = channels_of(parts)
    leaders = [channel.leader for channel in found]
    assert {c.number == 9 for c in found if c.leader.is_drums} <= {True}
    assert 9 not in {c.number for c in found if not c.leader.is_drums}
    assert len({leader.role for leader in leaders if not leader.is_drums}) == channels
    if channels == 15 and len(parts) > 16:
        assert all(p.family == led.family for p, led in zip(parts, leaders, strict=True))
    if channels == 8:
        assert all(p.program == led.program for p, led in zip(parts, leaders, strict=True))
        assert set(Counter(leader.role for leader in leaders).values()) == {2}


def test_a_notes_without_a_part_is_an_error():
    stranger = Notes.of([0], [12], [60], [role_of(family_of_program(22), VOICES - 1)])
    with pytest.raises(KeyError):
        part_numbers(LINE_UP, stranger)
