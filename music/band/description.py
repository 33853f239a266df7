"""A line-up as text, which MIDI files carry: the role of every part, and its program.

A MIDI file tells neither the voices of a family nor the parts that have no note in it. A song that
is read back needs both: it is composed for the same line-up.
"""

import re

from music.players.line_up import MOST_PROGRAM, LineUp
from music.players.roles import ROLES, name_of

_BEGINNING = "Parts"
_SEPARATOR = "; "
_PART = re.compile("([a-z 0-9]{1,40})=([0-9]{1,3})")
_ROLES = {name_of(role): role for role in range(ROLES)}


def described(line_up: LineUp) -> str:
    """Describe a line-up: `Parts; pipe=73; strings=40; strings 2=40; drums=0`."""
    parts = (f"{name_of(player.role)}={player.program}" for player in line_up.players)
    return _SEPARATOR.join((_BEGINNING, *parts))


def line_up_described(text: str) -> LineUp | None:
    """Read the line-up that a text describes; None if it describes none."""
    beginning, *parts = text.split(_SEPARATOR)
    found = [_PART.fullmatch(part) for part in parts]
    programs = {_ROLES.get(one[1], -1): int(one[2]) for one in found if one}
    is_complete = beginning == _BEGINNING and 0 < len(parts) == len(programs)
    if not is_complete or -1 in programs or max(programs.values()) > MOST_PROGRAM:
        return None
    return LineUp.of(programs)
