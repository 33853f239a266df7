"""The report's numbers: pooled over folds, and under the names that other programs read."""

import json

import numpy as np
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


def test_bits_are_averaged_over_the_notes_of_a_kind_in_all_pieces():
    bits = {"default": [np.array([1.0, 2.0]), np.array([6.0])], "base": [np.zeros(2), np.ones(1)]}
    found = Material.of(bits, np.array([True, False, True]))
    assert (found.notes, found.bits_per_note.default, found.bits_per_note.base) == (2, 3.5, 0.5)
    assert found.bits_per_note.variable_order is None
    assert Material.of(bits, np.zeros(3, np.bool_)) == Material(0, None)


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


def test_a_report_on_a_band_has_its_parts_and_says_what_is_left_out(report, band_report):
    fields = json.loads(band_report.to_json())
    assert fields.keys() - json.loads(report.to_json()).keys() == {"band", "left_out"}
    for side in ("generated", "collection"):
        band = fields["band"][side]
        assert band.keys() == {"roles_mean", "roles_per_bar_mean", "together", "roles", "drums"}
        assert band["roles"].keys() == {"strings", "pipe", "drums"}
        assert band["together"].keys() == band["roles"]["pipe"]["mean"].keys() == {
            "bars_share", "notes_per_beat", "distinct_bars_share", "lowest_pitch",
            "highest_pitch", "leap_semitones",
        }  # fmt: skip
    assert fields["band"]["generated"]["drums"].keys() == {
        "kinds", "similarity_1_bar_back", "similarity_2_bars_back", "similarity_4_bars_back",
        "fill_share",
    }  # fmt: skip
    assert fields["band"]["collection"]["drums"] is None
    missing = {**fields["held_out_bits_per_note"], **fields["texture"]["generated"]}
    missing.pop("served_int8")  # of this machine
    left_out = {name for name, value in missing.items() if value is None}
    assert left_out == fields["left_out"].keys()


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
