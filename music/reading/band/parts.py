"""Turns the parts of a file into the roles of a band."""

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from music.errors import UnreadablePieceError
from music.notes import TICKS_PER_BEAT, Notes
from music.players.line_up import LineUp
from music.players.roles import DRUMS, FAMILIES, family_of_program, role_of

DRUM_TICKS = TICKS_PER_BEAT // 4  # drums have no lengths: files give them any
MOST_PARTS = 256  # of a file: music has a tenth; every two may have to be compared

_PROGRAMS = 128
_PIANO_FAMILY = FAMILIES.index("piano")

_Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Parts:
    """Which part of a file plays each of N notes, and on which instrument.

    Attributes:
        number: int64[N], 0 or more, in the order of the file.
        program: int64[N], General MIDI programs; the drum kit for drums.
        is_drums: bool[N].
    """

    number: NDArray[np.int64]
    program: NDArray[np.int64]
    is_drums: NDArray[np.bool_]


def as_band(notes: Notes, parts: Parts) -> tuple[Notes, LineUp]:
    """Give every note a role.

    The lines of a family are its voices, from the highest median pitch to the lowest; of equal
    ones, the earlier in the file is higher. A line is a part with one program, or several that
    take turns. All parts of the piano family are one voice, since a piano's hands are not two.

    Args:
        notes: N notes, in any order, not cleaned.
        parts: Of these notes.

    Returns:
        The notes in their order, where each drum note lasts a sixteenth, and the program of each
        role: of several, the one with the most notes.

    Raises:
        UnreadablePieceError: There are more than `MOST_PARTS`.
    """
    role = np.full(len(notes), DRUMS, dtype=np.int32)
    for family, lines in _lines_of_families(notes, parts).items():
        median = [np.median(notes.pitch[line]) for line in lines]
        high_to_low = sorted(range(len(lines)), key=lambda line: -median[line])
        for voice, line in enumerate(high_to_low):
            role[lines[line]] = role_of(family, voice)
    programs = {
        each: int(np.bincount(parts.program[role == each]).argmax())
        for each in np.unique(role).tolist()
    }
    return with_drum_lengths(replace(notes, role=role), parts), LineUp.of(programs)


def with_drum_lengths(notes: Notes, parts: Parts) -> Notes:
    """Let each drum note last a sixteenth."""
    duration = np.where(parts.is_drums, np.int32(DRUM_TICKS), notes.duration_ticks)
    return replace(notes, duration_ticks=duration)


def _lines_of_families(notes: Notes, parts: Parts) -> dict[int, list[_Indices]]:
    """Return the lines of each family, as the indices of their notes, in the order of the file."""
    lines: dict[int, list[_Indices]] = defaultdict(list)
    for part in _split(parts):
        program = int(parts.program[part[0]])
        family = family_of_program(program)
        for place, line in enumerate(lines[family]):
            takes_turns = parts.program[line[0]] == program and not _overlap(notes, line, part)
            if takes_turns or family == _PIANO_FAMILY:
                lines[family][place] = np.concatenate((line, part))
                break
        else:
            lines[family].append(part)
    return lines


def _split(parts: Parts) -> list[_Indices]:
    """Return the indices of each part's notes, program by program, without drums."""
    melodic = np.flatnonzero(~parts.is_drums)
    key = parts.number[melodic] * _PROGRAMS + parts.program[melodic]
    keys, part = np.unique(key, return_inverse=True)
    if len(keys) > MOST_PARTS:
        raise UnreadablePieceError(f"it has {len(keys)} parts; up to {MOST_PARTS} are read")
    return [melodic[part == number] for number in range(len(keys))]


def _overlap(notes: Notes, line: _Indices, part: _Indices) -> bool:
    """Whether notes of a line and of a part sound at the same time."""
    both = np.concatenate((line, part))
    order = np.argsort(notes.onset_ticks[both], kind="stable")
    onset = notes.onset_ticks[both][order]
    end = onset + notes.duration_ticks[both][order]
    is_part = order >= len(line)
    return any(
        bool((np.maximum.accumulate(np.where(earlier, end, 0))[~earlier] > onset[~earlier]).any())
        for earlier in (is_part, ~is_part)
    )
