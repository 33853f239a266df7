"""Reading songs in JSON, as the API writes them: notes, tempos and time signatures."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from music.errors import UnreadablePieceError
from music.notes import (
    HIGHEST_PITCH,
    LOWEST_PITCH,
    TICKS_PER_BEAT,
    cleaning_order,
    released,
    rounded_to_grid,
)
from music.performance import FLAT_VELOCITY, Performance
from music.piece import Piece, TempoChange, TimeSignature, meter_map, tempo_map
from music.players.line_up import MOST_PROGRAM, ONE_PIANO, LineUp
from music.players.roles import DRUMS, PIANO, ROLES, name_of
from music.reading.midi import MOST_NOTES
from music.reading.smf import MOST_BEATS

MOST_CHANGES = 10_000  # of tempo or meter
TEMPOS_BPM = (1, 1000)
MOST_BEATS_OF_BAR = 64  # more than any meter has
DENOMINATORS = (1, 2, 4, 8, 16, 32, 64)
ROLE_NAMES = {name_of(role): role for role in range(ROLES)}

_SHORTEST_SOUND_BEATS = 1e-3
_SOME_ROLES = ", ".join(map(name_of, (0, 20, 21, DRUMS)))
_Members = Mapping[str, Any]


def read_song(content: bytes, name: str, *, band: bool = False) -> Piece:
    """Read an untrusted song in JSON; members that its notes and time do not need are ignored.

    All parts are merged, without drums, or keep their roles in a band.

    Args:
        content: A JSON object. `notes` is a list of objects with `pitch`, `start_beats` and
            `duration_beats`, and perhaps `sounding_beats` and `velocity`. `tempos` and
            `time_signatures` may be absent. If there are `parts`, with `role` and `program`, each
            note has the number of its `part`, counted from 0.
        name: Of the piece.
        band: Whether it is read as a band. A song without parts is one piano.

    Returns:
        The piece, of one note or more. Its notes have written lengths.

    Raises:
        UnreadablePieceError: It is no such object; the message says which member does not fit.
    """
    song = _parsed(content)
    notes = list(_objects(song, "notes", MOST_NOTES))
    if not notes:
        several = "; of several songs, only one can be read" if "songs" in song else ""
        raise UnreadablePieceError(f"no notes in it{several}")
    players = list(_players(song))
    rows = np.array([_note(note, players, where) for where, note in notes])
    if not band:
        rows = _merged(rows)
    onset_beats, duration_beats, pitch, sounding_beats, velocity, role = rows.T
    raw = rounded_to_grid(onset_beats, duration_beats, pitch.astype(np.int32), role)
    kept = cleaning_order(raw)
    held = raw[kept]
    first_note_ticks = int(held.onset_ticks[0])
    written = released(held).shifted(-first_note_ticks)
    sounding_ticks = np.minimum(sounding_beats[kept] * TICKS_PER_BEAT, written.duration_ticks)
    return Piece(
        name,
        written,
        tempo_map(_tempos(song), first_note_ticks),
        meter_map(_signatures(song), first_note_ticks),
        performance=Performance(velocity[kept].astype(np.int32), sounding_ticks.astype(np.float32)),
        line_up=LineUp.of(dict(players)) if players and band else ONE_PIANO,
    )


def _parsed(content: bytes) -> _Members:
    try:
        song = json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise UnreadablePieceError("not JSON") from error
    if not isinstance(song, dict):
        raise UnreadablePieceError("not a JSON object")
    return song


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _players(song: _Members) -> Iterator[tuple[int, int]]:
    """Yield the role and the program of each part."""
    seen: dict[int, str] = {}
    for where, part in _objects(song, "parts", ROLES):
        name = part.get("role")
        if not isinstance(name, str) or name not in ROLE_NAMES:
            raise UnreadablePieceError(
                f"{where}.role must be a family of General MIDI or drums, such as {_SOME_ROLES}"
            )
        role = ROLE_NAMES[name]
        if role in seen:
            raise UnreadablePieceError(f"{where}.role is that of {seen[role]} too")
        seen[role] = where
        yield role, _integer(part, "program", 0, MOST_PROGRAM, where)


def _merged(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Let one piano play all rows of `_note` but those of drums."""
    melodic: NDArray[np.float64] = rows[rows[:, -1] != DRUMS]
    if not len(melodic):
        raise UnreadablePieceError("no notes in it (drums are left out)")
    melodic[:, -1] = PIANO
    return melodic


def _note(
    note: _Members, players: Sequence[tuple[int, int]], where: str
) -> tuple[float, float, int, float, int, int]:
    duration_beats = _number(note, "duration_beats", 0, MOST_BEATS, where)
    return (
        _number(note, "start_beats", 0, MOST_BEATS, where),
        duration_beats,
        _integer(note, "pitch", LOWEST_PITCH, HIGHEST_PITCH, where),
        _number(note, "sounding_beats", _SHORTEST_SOUND_BEATS, MOST_BEATS, where)
        if "sounding_beats" in note
        else max(duration_beats, _SHORTEST_SOUND_BEATS),
        _integer(note, "velocity", 1, 127, where) if "velocity" in note else FLAT_VELOCITY,
        players[_integer(note, "part", 0, len(players) - 1, where)][0] if players else PIANO,
    )


def _tempos(song: _Members) -> Iterator[TempoChange]:
    for where, change in _objects(song, "tempos", MOST_CHANGES):
        start_beats = _number(change, "start_beats", 0, MOST_BEATS, where)
        yield TempoChange(_ticks(start_beats), _number(change, "tempo", *TEMPOS_BPM, where))


def _signatures(song: _Members) -> Iterator[TimeSignature]:
    for where, meter in _objects(song, "time_signatures", MOST_CHANGES):
        start_beats = _number(meter, "start_beats", -MOST_BEATS, MOST_BEATS, where)
        numerator = _integer(meter, "numerator", 1, MOST_BEATS_OF_BAR, where)
        denominator = _integer(meter, "denominator", DENOMINATORS[0], DENOMINATORS[-1], where)
        if denominator not in DENOMINATORS:
            one_of = ", ".join(map(str, DENOMINATORS))
            raise UnreadablePieceError(f"{where}.denominator must be one of {one_of}")
        yield TimeSignature(_ticks(start_beats), numerator, denominator)


def _ticks(beats: float) -> int:
    return round(beats * TICKS_PER_BEAT)


def _objects(song: _Members, name: str, most: int) -> Iterator[tuple[str, _Members]]:
    """List the objects of a member, each with its place, as messages name it; none if absent."""
    found = song.get(name, [])
    if not isinstance(found, list):
        raise UnreadablePieceError(f"{name} must be a list")
    if len(found) > most:
        raise UnreadablePieceError(f"more than {most} {name}")
    for place, members in enumerate(found):
        where = f"{name}[{place}]"
        if not isinstance(members, dict):
            raise UnreadablePieceError(f"{where} must be an object")
        yield where, members


def _number(members: _Members, name: str, lowest: float, highest: float, where: str) -> float:
    value: Any = members.get(name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not lowest <= value <= highest:
        raise UnreadablePieceError(
            f"{where}.{name} must be a number from {lowest:g} to {highest:g}"
        )
    return float(value)


def _integer(members: _Members, name: str, lowest: int, highest: int, where: str) -> int:
    value = members.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise UnreadablePieceError(f"{where}.{name} must be an integer from {lowest} to {highest}")
    return value
