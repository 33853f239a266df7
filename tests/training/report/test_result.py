"""The report's numbers: pooled over folds, and under the names that other programs read."""

import json

import pytest

from music.quotes.finder import Quote
from tests.training.report.conftest import bits
from training.report.metrics.degeneration import Degeneration
from training.report.result import Material, degeneration_summary, pooled, quote_lengths


def test_every_held_out_note_has_the_same_weight(report):
    found = report.held_out_bits_per_note
    assert (found.default, found.scratch, found.unigram, found.five_gram) == (6.5, 8.5, 11.5, 9.5)
    assert (found.base, found.variable_order, found.served_float32) == (7.0, 5.5, 6.5)


def test_a_row_that_a_fold_lacks_is_not_averaged(report):
    assert report.held_out_bits_per_note.served_int8 is None


def test_new_and_repeated_material_add_up_to_all_notes(report):
    assert (report.new_material.notes, report.repeated_material.notes) == (40, 120)
    assert report.new_material.bits_per_note.default == 9.5
    assert report.repeated_material.bits_per_note.default == 5.5


def test_a_fold_without_a_kind_of_material_is_left_out_of_its_mean():
    found = pooled([Material(0, None), Material(3, bits(4.0))])
    assert found == bits(4.0)


def test_the_fields_that_other_programs_read(report):
    fields = json.loads(report.to_json())
    assert fields["held_out_bits_per_note"] == {
        "default": 6.5, "scratch": 8.5, "unigram": 11.5, "five_gram": 9.5,
        "scratch_transposed": 7.5, "variable_order": 5.5, "base": 7.0,
        "served_float32": 6.5, "served_int8": None,
    }  # fmt: skip
    assert fields["held_out_new_material"]["bits_per_note"]["default"] == 9.5
    assert fields["longest_quote_notes"]["generated_p95"] == pytest.approx(29.75)
    assert fields["longest_quote_notes"]["collection_p95"] == 40
    assert fields.keys() == {
        "format", "game", "title", "made_at", "duration_s", "held_out_bits_per_note",
        "longest_quote_notes", "measures", "degeneration", "pieces", "folds", "folds_seed",
        "collection_notes", "sampling", "recipe", "versions", "held_out_new_material",
        "held_out_repeated_material", "real_or_generated", "repetition", "texture", "endings",
    }  # fmt: skip
    assert fields["measures"].keys() == {
        "pitch", "pitch_class", "interval", "note_length", "onset_interval", "polyphony",
    }  # fmt: skip
    assert fields["measures"]["pitch"]["generated"].keys() == {
        "overlapping_area", "kl_divergence",
    }  # fmt: skip
    assert fields["real_or_generated"].keys() == {
        "generated", "collection_halves", "other_games",
    }  # fmt: skip
    for both in ("repetition", "texture", "endings"):
        assert fields[both].keys() >= {"generated", "collection"}
    assert len(fields["repetition"]["generated"]["bar_similarity"]) == 32
    assert fields["folds"][0]["held_out"] == ["scale 0"]
    assert fields["folds"][0]["bits_per_note"]["default"] == 5.0


def test_quotes_are_summarised_for_songs_and_pieces():
    lengths = quote_lengths([Quote(n) for n in range(101)], [Quote(3), Quote(5)])
    assert (lengths.generated_median, lengths.generated_p95, lengths.generated_max) == (50, 95, 100)
    assert (lengths.collection_median, lengths.collection_max) == (4, 5)
    assert lengths.collection == (3, 5)


def test_degeneration_has_the_median_and_the_worst():
    summary = degeneration_summary(
        [Degeneration(2, 0.9, 0.0), Degeneration(9, 0.1, 0.5), Degeneration(3, None, 0.1)]
    )
    assert (summary.longest_repeat_onsets_median, summary.longest_repeat_onsets_max) == (3, 9)
    assert (summary.distinct_four_grams_median, summary.distinct_four_grams_min) == (0.5, 0.1)
    assert (summary.empty_bars_mean, summary.empty_bars_max) == (pytest.approx(0.2), 0.5)


def test_pieces_that_are_too_short_give_none():
    assert degeneration_summary([Degeneration(1, None, 0.0)]).distinct_four_grams_min is None
