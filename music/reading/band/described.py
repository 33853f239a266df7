"""Gives notes the roles that their file describes, as files of `music.midi` do."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from music.band.channels import channels_of
from music.band.description import line_up_described
from music.band.parts import parts_of, playing
from music.notes import Notes
from music.players.line_up import LineUp
from music.players.roles import DRUMS
from music.reading.band.parts import Parts, with_drum_lengths

_NO_ROLE = -1


def as_described(
    notes: Notes,
    parts: Parts,
    texts: Iterable[bytes],
    track_names: Sequence[bytes],
    track: NDArray[np.int64],
) -> tuple[Notes, LineUp] | None:
    """Give every note the role that its track's name has in the line-up that a text describes.

    Args:
        notes: N notes, in any order, not cleaned.
        parts: Of these notes.
        texts: Of the file.
        track_names: Of all tracks.
        track: int64[N], which track each note is in, counted from 0.

    Returns:
        As `music.reading.band.parts.as_band`, but with the whole line-up. None if no text describes
        a line-up, or if notes are not in the tracks or not of the programs that it would be written
        with: somebody has changed the file.
    """
    line_ups = (line_up_described(text.decode("ascii", "replace")) for text in texts)
    line_up = next(filter(None, line_ups), None)
    if line_up is None:
        return None
    roles = {part.name.encode(): part.role for part in parts_of(line_up)}
    role = np.array([roles.get(name, _NO_ROLE) for name in track_names], dtype=np.int32)[track]
    notes = with_drum_lengths(replace(notes, role=role), parts)
    if not np.array_equal(_programs_written(line_up, notes), parts.program):
        return None
    return (notes, line_up) if np.array_equal(role == DRUMS, parts.is_drums) else None


def _programs_written(line_up: LineUp, notes: Notes) -> NDArray[np.int64]:
    """Return the program with which each of N notes is written: int64[N], -1 without a role."""
    played = playing(line_up, notes)
    programs = {
        part.role: channel.leader.program
        for part, channel in zip(played, channels_of(played), strict=True)
    }
    return np.array([programs.get(role, -1) for role in notes.role.tolist()], dtype=np.int64)
