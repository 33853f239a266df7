"""A small band for tests: a flute, two violins, a piano, a bass and drums, two bars long."""

from music.notes import Notes, cleaned, join
from music.players.line_up import LineUp
from music.players.roles import DRUMS, FAMILIES, role_of

FLUTE, VIOLIN, VIOLA, PIANO, BASS = (
    role_of(FAMILIES.index(family), voice)
    for family, voice in (("pipe", 0), ("strings", 0), ("strings", 1), ("piano", 0), ("bass", 0))
)
LINE_UP = LineUp.of({FLUTE: 73, VIOLIN: 40, VIOLA: 40, PIANO: 0, BASS: 33, DRUMS: 0})
NAMES = [
    "Flute",
    "Acoustic Grand Piano",
    "Violin 1",
    "Violin 2",
    "Electric Bass (finger)",
    "Drums",
]
PROGRAMS = [73, 0, 40, 40, 33, 0]


def part(role, onset_ticks, duration_ticks, pitches):
    count = len(pitches)
    return Notes.of(onset_ticks, [duration_ticks] * count, pitches, [role] * count)


NOTES = cleaned(
    join(
        [
            part(FLUTE, range(0, 96, 12), 12, [84, 86, 88, 89, 91, 89, 88, 86]),
            part(VIOLIN, [0, 48], 48, [76, 79]),
            part(VIOLA, [0, 48], 48, [67, 71]),
            part(PIANO, [0, 0, 0, 48, 48, 48], 24, [48, 64, 67, 43, 62, 67]),
            part(BASS, [0, 24, 48, 72], 24, [36, 43, 31, 38]),
            part(DRUMS, [0, 0, 24, 24, 48, 48, 72, 72], 6, [36, 42, 38, 42, 36, 46, 38, 49]),
        ]
    )
)
