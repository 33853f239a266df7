"""Folds: every piece is held out once, with all that quote it, and folds have similar sizes."""

import numpy as np
import pytest

from music.notes import Notes
from music.piece import Piece
from tests.training.conftest import scale
from training.report.folds import FEWEST_QUOTED_NOTES, folds


def own_piece(seed: int, notes: int = 40) -> Piece:
    random = np.random.default_rng(seed)
    onset = np.cumsum(random.integers(1, 48, notes))
    pitch = random.integers(30, 90, notes)
    return Piece(f"piece {seed}", Notes.of(onset - onset[0], [6] * notes, pitch))


@pytest.mark.parametrize("count", [3, 4, 9, 20])
def test_every_piece_is_held_out_once_and_not_learned_in_that_fold(count):
    pieces = [own_piece(n) for n in range(count)]
    parts = folds(pieces, 3)
    assert len(parts) == 3
    for part in parts:
        assert not {p.name for p in part.learned} & {p.name for p in part.held_out}
        assert len(part.learned) + len(part.held_out) == count
    held_out = sorted(p.name for part in parts for p in part.held_out)
    assert held_out == sorted(p.name for p in pieces)


def test_pieces_that_quote_each_other_are_held_out_together():
    arrangements = [scale(f"scale {n}", 60 + 3 * n, notes=40 + n) for n in range(3)]
    parts = folds([*arrangements[:2], *(own_piece(n) for n in range(6)), arrangements[2]], 3)
    quoting = [[p.name for p in part.held_out if p.name.startswith("scale")] for part in parts]
    assert sorted(len(names) for names in quoting) == [0, 0, 3]


def test_a_short_quote_does_not_keep_pieces_together():
    short = scale("short", 60, notes=FEWEST_QUOTED_NOTES - 1)
    parts = folds([short, scale("long", 60), own_piece(1)], 3)
    assert [len(part.held_out) for part in parts] == [1, 1, 1]


def test_folds_have_similar_numbers_of_notes():
    pieces = [own_piece(n, notes) for n, notes in enumerate((200, 100, 90, 80, 30, 20, 40, 30))]
    notes = [sum(len(p.notes) for p in part.held_out) for part in folds(pieces, 3)]
    assert sum(notes) == 590
    assert max(notes) - min(notes) <= 40


def test_folds_do_not_depend_on_the_order_of_files():
    pieces = [own_piece(n) for n in range(7)]
    assert folds(pieces, 3) == folds(pieces[::-1], 3)


def test_there_are_fewer_folds_if_all_pieces_quote_each_other():
    assert len(folds([scale(f"{n}", 60 + n) for n in range(5)], 3)) == 1
