"""Openings for the line-up that a song is to have."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from music.band.recasting import recast
from music.character.openings import OpeningNotes
from music.codec import Codec
from music.errors import TokenError
from music.line_up import LineUp
from music.piece import meter_map


@lru_cache(maxsize=32)
def recast_openings(
    openings: tuple[OpeningNotes, ...], codec: Codec, line_up: LineUp
) -> tuple[OpeningNotes, ...]:
    """Give openings to the players of a line-up, as a model reads them.

    Those without melodic notes are left out, and those that the model cannot read then. The result
    is cached: it takes half a millisecond for each opening, and several songs ask for it.

    Args:
        openings: Of the game's pieces.
        codec: Of their tokens, with roles.
        line_up: With one melodic player or more.
    """
    melodic = (one for one in openings if one.notes.is_melodic.any())
    return tuple(_readable(melodic, codec, line_up))


def _readable(
    openings: Iterable[OpeningNotes], codec: Codec, line_up: LineUp
) -> Iterator[OpeningNotes]:
    for one in openings:
        notes = recast(one.notes, line_up)
        try:
            tokens = tuple(codec.encode(notes).tolist())
        except TokenError:
            continue
        first_note_ticks = int(notes.onset_ticks[0])
        opening = replace(
            one.opening,
            tokens=tokens,
            time_signatures=meter_map(one.opening.time_signatures, first_note_ticks),
            line_up=line_up,
        )
        likeness = _likeness(one.opening.line_up, line_up)
        yield OpeningNotes(opening, notes.shifted(-first_note_ticks), likeness)


def _likeness(line_up: LineUp, other: LineUp) -> float:
    """Return the share of the roles of both line-ups that they have in common."""
    roles, others = set(line_up.roles), set(other.roles)
    return len(roles & others) / len(roles | others)
