"""Cross-validation: every piece is predicted once, and never by a network that has learned it."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from api.composing.composer import Composer
from api.deadline import Deadline
from api.http.request.parameter import RequestValue
from api.http.request.song_request import song_request
from api.model_server.games import Games
from api.model_server.port import Model
from benchmarks.models.graph_model import GraphModel
from benchmarks.processes.model_servers import InProcess
from music.codec import Codec, as_encoded
from music.codec.notetuple import BandTuple
from music.composing.continuation import opening_prompt
from music.description import Description, LearnedPiece, ModelCard
from music.players.roles import DRUMS
from tests.training.conftest import CODEC, TINY, WITHOUT_MEMORY, scale
from tests.training.report.conftest import FLUTE, of_band
from training.export.quantised_matmul import weights_here
from training.export.saved_model import export_bundle
from training.fitting.fit import Fitted
from training.fitting.history import History
from training.network.network import build_network
from training.recipe import Recipe
from training.report import cross_validation
from training.report.__main__ import SAMPLING
from training.report.cross_validation import (
    cross_validate,
    scratch,
    scratch_transposed,
    shared,
    variants,
)
from training.report.folds import Parts
from training.report.generation import InProcessModel, generate, learned_music, without_bound
from training.report.result import NOT_FOR_BANDS, Sampling


def test_the_recipe_from_scratch_has_the_same_network_without_the_base():
    recipe = replace(TINY, start="base", base_share=0.5)
    plain, transposed = scratch(recipe), scratch_transposed(recipe)
    for variant in (plain, transposed):
        assert variant.network == TINY.network
        assert (variant.start, variant.base_share) == ("scratch", 0.0)
    assert not plain.fitting.transpose
    assert transposed.fitting.transpose


@pytest.mark.slow
def test_a_fold_has_every_row_and_finished_fits_are_not_repeated(pieces, tmp_path, monkeypatch):
    for variant in (scratch, scratch_transposed):  # of two epochs, and compiled in a third of time
        short = replace(variant(TINY), network=WITHOUT_MEMORY).with_epochs(2)
        monkeypatch.setattr(cross_validation, variant.__name__, lambda _, short=short: short)
    said = []
    parts = Parts(tuple(pieces[2:]), tuple(pieces[:2]))
    how = Sampling(12, 1.0, 0, 0.95, (1, 2, 3))
    (fold,) = cross_validate([parts], TINY, CODEC, how, tmp_path, said.append)
    (same,) = cross_validate([parts], TINY, CODEC, how, tmp_path, said.append)
    learned, held_out = len(parts.learned), len(parts.held_out)
    assert said == [f"fold 1 of 1: {learned} pieces learned, {held_out} held out"] * 2
    bits, scores = fold.scores.bits_per_note, fold.scores
    known = (bits.default, bits.scratch, bits.scratch_transposed, bits.unigram, bits.five_gram)
    assert all(0 < b < 40 for b in (*known, bits.variable_order))
    assert bits.five_gram < bits.unigram
    assert bits.base is None
    assert bits.served_float32 == pytest.approx(bits.default, abs=1e-3)
    assert bits.served_int8 is None or bits.served_int8 == pytest.approx(bits.default, abs=0.2)
    assert scores.held_out == tuple(piece.name for piece in parts.held_out)
    assert scores.new_material.notes + scores.repeated_material.notes == scores.held_out_notes
    assert len(scores.default_epochs) == 3
    assert same.scores.default_epochs == scores.default_epochs
    assert same.scores.bits_per_note == bits
    assert scores.song_seeds == how.seeds
    assert [song.name for song in fold.songs] == ["seed 1", "seed 2", "seed 3"]


def test_a_band_is_not_learned_from_scratch():
    assert list(variants(TINY, CODEC)) == ["default", "scratch", "scratch_transposed"]
    band = TINY.for_band()
    assert variants(band, BandTuple.over()) == {"default": band}


def _untrained(_: Parts, recipe: Recipe, codec: Codec, work_dir: Path) -> Fitted:
    del work_dir
    return Fitted(build_network(recipe.network, codec.field_sizes), History(""), None, False)  # noqa: FBT003


@pytest.mark.slow
def test_a_fold_of_a_band_has_the_rows_that_apply(pieces, tmp_path, monkeypatch):
    """The network is not trained, since a training for bands is compiled for long."""
    monkeypatch.setattr(cross_validation, "fitted", _untrained)
    recipe = TINY.for_band()
    duets = tuple(of_band(piece, FLUTE, DRUMS) for piece in pieces)
    no_songs = Sampling(12, 1.0, 0, 0.95, ())
    parts = Parts(duets[2:], duets[:2])
    (fold,) = cross_validate([parts], recipe, BandTuple.over(), no_songs, tmp_path, list)
    scores = fold.scores
    of_machine_or_start = {"served_int8", "base"}
    for material in (scores.new_material, scores.repeated_material):
        found = asdict(material.bits_per_note)
        missing = {name for name, bits in found.items() if bits is None} - of_machine_or_start
        assert missing == found.keys() & NOT_FOR_BANDS.keys()
    assert scores.new_material.notes + scores.repeated_material.notes == scores.held_out_notes
    assert scores.bits_per_note.five_gram < scores.bits_per_note.unigram


def test_songs_are_distributed_among_the_folds():
    how = Sampling(12, 1.0, 0, 0.95, tuple(range(1, 6)))
    assert [each.seeds for each in shared(how, 2)] == [(1, 3, 5), (2, 4)]
    assert [replace(each, seeds=how.seeds) for each in shared(how, 3)] == [how] * 3


PIECES = (("a", 50), ("b", 70))
MUSIC = learned_music([scale(name, root) for name, root in PIECES], CODEC)


@pytest.fixture(scope="module")
def random_model():
    model = build_network(TINY.network, CODEC.field_sizes)
    random = np.random.default_rng(0)
    model.set_weights([random.normal(0, 0.5, w.shape) for w in model.get_weights()])
    return model


def test_songs_have_the_requested_length_and_depend_only_on_their_seeds(random_model):
    music = without_bound(MUSIC)
    together = generate(random_model, music, Sampling(30, 1.0, 0, 0.95, (1, 2, 2**40)))
    (alone,) = generate(random_model, music, Sampling(30, 1.0, 0, 0.95, (2,)))
    assert [len(song.notes) for song in together] == [30, 30, 30]
    assert together[1].notes == alone.notes
    assert together[0].notes != together[1].notes


@pytest.fixture(scope="module")
def served(random_model, tmp_path_factory):
    """The same weights as a bundle, served as a `ModelServer`."""
    folder = tmp_path_factory.mktemp("models")
    card = ModelCard("tiny", 2, 0, None, "2025-01-01T00:00:00Z", "2")
    learned = [LearnedPiece(n, as_encoded(CODEC, scale(n, r).notes)) for n, r in PIECES]
    openings, forms = MUSIC.openings, MUSIC.forms
    described = Description(
        *("tiny", "Tiny", CODEC.name, CODEC.vocabulary, 120.0),
        *(openings, forms, tuple(learned), MUSIC.quote_notes, card),
    )
    export_bundle(random_model, described, folder / "1", weights_here())
    return InProcess(GraphModel(folder / "1"), Model("tiny", 1))


def test_the_report_composes_what_the_service_composes_by_default(random_model, served, tmp_path):
    """The service's composer gives the same notes and plan with the same weights."""
    (tmp_path / "models.config").write_text(
        'model_config_list { config { name: "tiny" base_path: "/models/tiny" } }'
    )
    games, composer = Games(tmp_path / "models.config", served), Composer(served)
    requested = replace(SAMPLING, seeds=(1, 2, 3))
    for seed, song in zip((1, 2, 3), generate(random_model, MUSIC, requested), strict=True):
        values = [RequestValue("game", "tiny"), RequestValue("seed", str(seed))]
        composed = composer.compose(song_request(values), games, Deadline.after(60))
        assert composed.plan is not None
        assert composed.notes == song.notes
        assert (composed.tempos, composed.time_signatures) == (song.tempos, song.time_signatures)


def test_rows_of_different_lengths_are_read_as_in_the_service(random_model, served):
    """A row ends with its last token, not with the longest row's."""
    rows = [(5, 6, 7), (8,)]
    prompt = opening_prompt(MUSIC.openings[0], MUSIC.codec)
    model, deadline = Model("tiny", 1), Deadline.after(60)
    own = InProcessModel(random_model, MUSIC.codec)
    here = own.read([own.prefill(prompt)] * 2, rows)
    there = served.read(model, [served.prefill(model, prompt, deadline)] * 2, rows, deadline)
    for tokens, first, second in zip(rows, here, there, strict=True):
        assert first.tokens.tolist() == second.tokens.tolist() == list(tokens)
        assert first.log_probability.tolist() == second.log_probability.tolist()
        assert first.state.hidden.tolist() == second.state.hidden.tolist()


def test_forms_and_prompts_are_those_of_the_learned_pieces():
    assert [form.piece for form in MUSIC.forms] == ["a", "b"]
    assert [opening.piece for opening in MUSIC.openings] == ["a", "b"]
