"""The registers in which instruments usually play.

Source: S. Adler, The Study of Orchestration, for the instruments of an orchestra, without the
outermost notes; for families, what their instruments have in common.
"""

from music.players.roles import FAMILIES, family_of_program

# The lowest and the highest usual MIDI note number, as it sounds.
_OF_FAMILIES = {
    "piano": (33, 96),
    "chromatic percussion": (60, 96),
    "organ": (36, 84),
    "guitar": (40, 76),
    "bass": (28, 52),
    "strings": (43, 84),
    "ensemble": (40, 84),
    "brass": (40, 80),
    "reed": (48, 84),
    "pipe": (60, 91),
    "synth lead": (55, 88),
    "synth pad": (43, 79),
    "synth effects": (43, 84),
    "ethnic": (48, 84),
    "percussive": (48, 84),
}
_OF_PROGRAMS = {
    40: (55, 91),  # violin
    41: (48, 79),  # viola
    42: (36, 72),  # cello
    43: (28, 52),  # contrabass
    46: (36, 88),  # harp
    47: (40, 57),  # timpani
    56: (55, 82),  # trumpet
    57: (41, 70),  # trombone
    58: (28, 53),  # tuba
    59: (55, 82),  # muted trumpet
    60: (41, 77),  # French horn
    64: (56, 87),  # soprano, alto, tenor and baritone saxophone
    65: (49, 80),
    66: (44, 75),
    67: (37, 68),
    68: (58, 88),  # oboe
    69: (52, 79),  # English horn
    70: (34, 67),  # bassoon
    71: (50, 86),  # clarinet
    72: (74, 102),  # piccolo
}


def usual_range(program: int) -> tuple[int, int]:
    """Return the lowest and the highest pitch that a program usually plays, MIDI note numbers."""
    return _OF_PROGRAMS.get(program) or _OF_FAMILIES[FAMILIES[family_of_program(program)]]


def usual_register(program: int) -> float:
    """Return the middle of a program's usual range, a MIDI note number."""
    return sum(usual_range(program)) / 2
