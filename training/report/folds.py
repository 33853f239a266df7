"""Folds of a cross-validation: every piece is held out once, with those that quote it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from music.piece import Piece
from music.quotes.finder import quoting_groups

# Two arrangements of one theme share a run of 16 notes or more. Pieces of different games share
# 4 to 6 by chance, 19 of 20 of them no more than 10 (Zelda beside Final Fantasy).
FEWEST_QUOTED_NOTES = 12


@dataclass(frozen=True)
class Parts:
    """The pieces on the two sides of a fold."""

    learned: tuple[Piece, ...]
    held_out: tuple[Piece, ...]


def folds(pieces: Sequence[Piece], count: int) -> list[Parts]:
    """Split pieces into folds of similar size in notes; the result is deterministic.

    Pieces that quote each other stay together, so that no fold predicts a theme that it has learned
    in another arrangement.

    Args:
        pieces: In any order.
        count: Number of folds; there may be fewer if pieces quote each other.
    """
    ordered = sorted(pieces, key=lambda piece: hashlib.sha256(piece.name.encode()).digest())
    groups = [[ordered[i] for i in g] for g in quoting_groups(ordered, FEWEST_QUOTED_NOTES)]
    held_out: list[list[Piece]] = [[] for _ in range(count)]
    for group in sorted(groups, key=_notes, reverse=True):
        min(held_out, key=_notes).extend(group)
    return [
        Parts(tuple(p for other in held_out if other is not held for p in other), tuple(held))
        for held in held_out
        if held
    ]


def _notes(pieces: Sequence[Piece]) -> int:
    return sum(len(piece.notes) for piece in pieces)
