"""Gives music to another line-up."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from music.band.registers import usual_range, usual_register
from music.notes import Notes, cleaning_order, join, released
from music.performance import Performance
from music.piece import Piece, meter_map, tempo_map
from music.players.line_up import LineUp, Player
from music.players.roles import DRUMS

_OCTAVE = 12


def recast(notes: Notes, line_up: LineUp) -> Notes:
    """Give notes to the players of a line-up.

    A role that the line-up has keeps its notes. Drums are left out if it has none. The notes of
    another role go to the player nearest in register, and move by octaves if their median is
    outside of that player's usual range. If there are enough players without notes, each takes
    one role, and higher players take higher ones.

    Args:
        notes: Ordered.
        line_up: With one melodic player or more.

    Returns:
        Ordered notes, which perhaps start later. Of notes that become doublings, one is left.
    """
    return _recast(notes, line_up)[0]


def recast_piece(piece: Piece, line_up: LineUp) -> Piece:
    """Give a piece with melodic notes to the players of a line-up, as `recast`."""
    notes, kept = _recast(piece.notes, line_up)
    first_note_ticks = int(notes.onset_ticks[0])
    played = piece.performance
    if played is not None:
        sounding_ticks = np.minimum(played.sounding_ticks[kept], notes.duration_ticks)
        played = Performance(played.velocity[kept], sounding_ticks.astype(np.float32))
    return replace(
        piece,
        notes=notes.shifted(-first_note_ticks),
        tempos=tempo_map(piece.tempos, first_note_ticks),
        time_signatures=meter_map(piece.time_signatures, first_note_ticks),
        performance=played,
        line_up=line_up,
    )


def _recast(notes: Notes, line_up: LineUp) -> tuple[Notes, NDArray[np.intp]]:
    """Recast notes; also return the indices in `notes` of those that are left."""
    parts = {role: np.flatnonzero(notes.role == role) for role in np.unique(notes.role).tolist()}
    if not line_up.has_drums:
        parts.pop(DRUMS, None)
    players = {player.role: player for player in line_up.players}
    strangers = [role for role in parts if role not in players]
    medians = {role: float(np.median(notes.pitch[parts[role]])) for role in strangers}
    high_to_low = sorted(strangers, key=lambda role: -medians[role])
    melodic = sorted(
        (player for player in line_up.players if player.role != DRUMS),
        key=lambda player: -usual_register(player.program),
    )
    free = [player for player in melodic if player.role not in parts]
    pitches = [medians[role] for role in high_to_low]
    takers = _one_each(pitches, free) if len(pitches) <= len(free) else _nearest(pitches, melodic)
    taker = dict(zip(high_to_low, takers, strict=True))
    moved = [
        _moved(notes[places], taker[role], medians[role]) if role in taker else notes[places]
        for role, places in parts.items()
    ]
    together = join(moved)
    order = cleaning_order(together)
    indices = np.concatenate([*parts.values(), np.array([], np.intp)])
    return released(together[order]), indices[order]


def _one_each(pitches: Sequence[float], players: Sequence[Player]) -> Iterator[Player]:
    """Choose a player of its own for each pitch; both are ordered from high to low."""
    first = 0
    for later, pitch in zip(reversed(range(len(pitches))), pitches, strict=True):
        open_to_it = players[first : len(players) - later]
        (player,) = _nearest([pitch], open_to_it)
        first = players.index(player) + 1
        yield player


def _nearest(pitches: Sequence[float], players: Sequence[Player]) -> Iterator[Player]:
    """Choose for each pitch the player nearest in register."""
    for pitch in pitches:
        yield min(players, key=lambda player: abs(usual_register(player.program) - pitch))


def _moved(notes: Notes, player: Player, median: float) -> Notes:
    """Give the notes of a role, with some median pitch, to a player."""
    lowest, highest = usual_range(player.program)
    octaves = -(-max(0.0, lowest - median) // _OCTAVE) + max(0.0, median - highest) // -_OCTAVE
    of_player = replace(notes, role=np.full(len(notes), player.role, np.int32))
    return of_player.transposed(int(octaves) * _OCTAVE)
