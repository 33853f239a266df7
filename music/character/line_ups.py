"""Excerpts for the line-up that a song is to have."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from music.band.recasting import recast
from music.character.excerpts import Excerpt
from music.codec import Codec
from music.errors import TokenError
from music.piece import meter_map
from music.players.line_up import LineUp


@lru_cache(maxsize=32)
def recast_excerpts(
    excerpts: tuple[Excerpt, ...], codec: Codec, line_up: LineUp
) -> tuple[Excerpt, ...]:
    """Give excerpts to the players of a line-up.

    Those without melodic notes are left out, and those that the model cannot read then. The result
    is cached: it takes half a millisecond for each excerpt, and several songs ask for it.

    Args:
        excerpts: Of the game's pieces.
        codec: Of their tokens, with roles.
        line_up: With one melodic player or more.
    """
    melodic = (one for one in excerpts if one.notes.is_melodic.any())
    return tuple(_readable(melodic, codec, line_up))


def _readable(excerpts: Iterable[Excerpt], codec: Codec, line_up: LineUp) -> Iterator[Excerpt]:
    for one in excerpts:
        notes = recast(one.notes, line_up)
        try:
            codec.encode(notes)
        except TokenError:
            continue
        first_note_ticks = int(notes.onset_ticks[0])
        yield replace(
            one,
            opening=replace(one.opening, line_up=line_up),
            notes=notes.shifted(-first_note_ticks),
            time_signatures=meter_map(one.time_signatures, first_note_ticks),
            likeness=_likeness(one.opening.line_up, line_up),
        )


def _likeness(line_up: LineUp, other: LineUp) -> float:
    """Return the share of the roles of both line-ups that they have in common."""
    roles, others = set(line_up.roles), set(other.roles)
    return len(roles & others) / len(roles | others)
