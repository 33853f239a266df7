"""Cross-validation: every piece is foretold once, and never by a network that has heard it."""

from dataclasses import replace

import numpy as np
import pytest

from music.bounding import QuoteBound
from tests.training.conftest import CODEC, TINY, scale
from training.network import build_network
from training.openings import opening
from training.report.cross_validation import cross_validate, parted, scratch
from training.report.generation import generate
from training.report.result import Sampling


@pytest.mark.parametrize("count", [3, 4, 9, 20])
def test_every_piece_is_held_out_once_and_never_learned_there(count):
    pieces = [scale(f"piece {n}", 60) for n in range(count)]
    parts = parted(pieces, 3)
    for learned, held_out in parts:
        assert not {p.name for p in learned} & {p.name for p in held_out}
        assert len(learned) + len(held_out) == count
    assert sorted(p.name for _, held in parts for p in held) == sorted(p.name for p in pieces)


def test_from_scratch_is_the_same_network_without_base_and_transposition():
    plain = scratch(replace(TINY, start="base"))
    assert plain.network == TINY.network
    assert plain.start == "scratch"
    assert not plain.fitting.transpose


@pytest.mark.slow
def test_a_fold_has_every_baseline_and_finished_fits_are_not_done_again(pieces, tmp_path):
    said = []
    folds = cross_validate(pieces, TINY, CODEC, tmp_path, said.append)
    again = cross_validate(pieces, TINY, CODEC, tmp_path, said.append)
    assert len(folds) == 3
    assert said[0] == "fold 1 of 3: 3 pieces learned, 2 held out"
    for fold, same in zip(folds, again, strict=True):
        bits = fold.bits_per_note
        assert all(0 < b < 40 for b in (bits.default, bits.scratch, bits.unigram, bits.five_gram))
        assert bits.five_gram < bits.unigram
        assert len(fold.default_epochs) == 3
        assert same.default_epochs == fold.default_epochs
        assert same.bits_per_note == fold.bits_per_note


OPENINGS = [opening(scale(name, root), CODEC) for name, root in (("a", 50), ("b", 70))]


def test_songs_are_as_long_as_asked_and_their_seeds_alone_decide():
    model = build_network(TINY.network, CODEC.field_sizes)
    random = np.random.default_rng(0)
    model.set_weights([random.normal(0, 0.5, w.shape) for w in model.get_weights()])
    together = generate(
        model, CODEC, Sampling(30, 1.0, 0, 0.95, (1, 2, 2**40)), OPENINGS, QuoteBound.off()
    )
    (alone,) = generate(model, CODEC, Sampling(30, 1.0, 0, 0.95, (2,)), OPENINGS, QuoteBound.off())
    assert [len(song.notes) for song in together] == [30, 30, 30]
    assert together[1].notes == alone.notes
    assert together[0].notes != together[1].notes
