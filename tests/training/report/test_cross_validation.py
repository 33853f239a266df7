"""Cross-validation: every piece is predicted once, and never by a network that has learned it."""

from dataclasses import replace

import numpy as np
import pytest

from music.description import Opening
from music.notes import Notes
from music.piece import TimeSignature
from music.quotes.bound import QuoteBound
from tests.training.conftest import CODEC, TINY, scale
from training.export.prompts import opening
from training.network.network import build_network
from training.report import cross_validation
from training.report.cross_validation import cross_validate, scratch, scratch_transposed
from training.report.folds import Parts
from training.report.generation import _song, generate
from training.report.result import Sampling


def test_from_scratch_is_the_same_network_without_the_base():
    recipe = replace(TINY, start="base", base_share=0.5)
    plain, transposed = scratch(recipe), scratch_transposed(recipe)
    for variant in (plain, transposed):
        assert variant.network == TINY.network
        assert (variant.start, variant.base_share) == ("scratch", 0.0)
    assert not plain.fitting.transpose
    assert transposed.fitting.transpose


@pytest.mark.slow
def test_a_fold_has_every_row_and_finished_fits_are_not_done_again(pieces, tmp_path, monkeypatch):
    for variant in (scratch, scratch_transposed):  # of two epochs, not of hundreds
        short = variant(TINY).with_epochs(2)
        monkeypatch.setattr(cross_validation, variant.__name__, lambda _, short=short: short)
    said = []
    parts = [Parts(tuple(pieces[2:]), tuple(pieces[:2])), Parts(tuple(pieces[:3]), (pieces[3],))]
    how = Sampling(12, 1.0, 0, 0.95, (1, 2, 3))
    folds = cross_validate(parts, TINY, CODEC, how, tmp_path, said.append)
    again = cross_validate(parts, TINY, CODEC, how, tmp_path, said.append)
    assert said[0] == "fold 1 of 2: 3 pieces learned, 2 held out"
    for n, (fold, same) in enumerate(zip(folds, again, strict=True)):
        bits, scores = fold.scores.bits_per_note, fold.scores
        known = (bits.default, bits.scratch, bits.scratch_transposed, bits.unigram, bits.five_gram)
        assert all(0 < b < 40 for b in (*known, bits.variable_order))
        assert bits.five_gram < bits.unigram
        assert bits.base is None
        assert bits.served_float32 == pytest.approx(bits.default, abs=1e-3)
        assert bits.served_int8 is None or bits.served_int8 == pytest.approx(bits.default, abs=0.2)
        assert scores.held_out == tuple(piece.name for piece in parts[n].held_out)
        assert scores.new_material.notes + scores.repeated_material.notes == scores.held_out_notes
        assert len(scores.default_epochs) == 3
        assert same.scores.default_epochs == scores.default_epochs
        assert same.scores.bits_per_note == bits
    assert [fold.scores.song_seeds for fold in folds] == [(1, 3), (2,)]
    assert [[song.name for song in fold.songs] for fold in folds] == [
        ["seed 1", "seed 3"], ["seed 2"],
    ]  # fmt: skip


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


def test_a_song_is_in_the_meter_of_what_it_continues():
    start = Opening("waltz", (), 90.0, (TimeSignature(-12, 3, 4),))
    song = _song("x", Notes.of([100, 112], [6, 6], [60, 62]), start)
    assert song.notes.onset_ticks.tolist() == [0, 12]
    assert song.time_signatures == (TimeSignature(-((100 + 12) % 36), 3, 4),)
    assert song.tempo_bpm == 90
