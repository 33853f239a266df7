"""The openings of pieces, and their meters."""

from dataclasses import replace

import numpy as np
import pytest

from music.expression.articulation import LEGATO, Articulation, LengthShare
from music.notes import Notes
from music.performance import Performance
from music.piece import Piece, TimeSignature
from tests.training.conftest import CODEC, scale
from training.export.prompts import opening

TWO_BARS_OF_A_WALTZ = [72, 76, 79, 71, 74, 79]
WALTZ = Piece("waltz", Notes.of(range(0, 12 * 48, 12), [12] * 48, [*TWO_BARS_OF_A_WALTZ] * 8))


def test_four_bars_are_cut():
    notes = CODEC.decode(opening(scale("scale", 60, 80), CODEC).tokens)[0]
    assert len(notes) == 32
    assert notes.onset_ticks[-1] < 4 * 48


def test_it_sounds_as_detached_as_its_piece():
    sounding = np.full(len(WALTZ.notes), 10.8, np.float32)
    performance = Performance(np.full(len(sounding), 80, np.int32), sounding)
    played = opening(replace(WALTZ, performance=performance), CODEC)
    assert played.articulation == Articulation(0.9, (LengthShare(12, 0.9),))
    assert opening(WALTZ, CODEC).articulation == LEGATO


@pytest.mark.parametrize(
    ("signatures", "kept"),
    [
        ([(-24, 3, 4)], [(-24, 3, 4)]),
        ([(0, 3, 4), (36, 4, 4), (192, 6, 8)], [(0, 3, 4), (36, 4, 4)]),
        ([(400, 6, 8)], [(400, 6, 8)]),  # the first holds before it, too
        ([], [(0, 3, 4)]),  # inferred
    ],
)
def test_time_signatures_within_the_prompt_are_kept(signatures, kept):
    piece = replace(WALTZ, time_signatures=tuple(TimeSignature(*each) for each in signatures))
    assert opening(piece, CODEC).time_signatures == tuple(TimeSignature(*each) for each in kept)
