"""The variable-order model: distributions, the long-term and the short-term memory."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from music.notes import Notes
from training.report.metrics.variable_order import Counts, VariableOrderModel

symbols = st.lists(st.integers(0, 4), max_size=30)


def line(pitches, ticks=6) -> Notes:
    return Notes.of(np.arange(len(pitches)) * ticks, [ticks] * len(pitches), pitches)


@given(symbols, symbols, st.integers(0, 6), st.integers(-2, 2))
def test_predictions_are_distributions(learned, asked, order, lowest):
    counts = Counts(order)
    for place in range(len(learned)):
        counts.add(learned, place)
    likely = counts.predict([*asked, 0], len(asked), 5, lowest)
    assert likely.sum() == pytest.approx(1)
    assert (likely > 0).all()


def test_escape_method_c_gives_known_probabilities():
    counts = Counts(0)
    for place in (0, 3, 6):  # one field's symbols: 1, 1, 2
        counts.add([1, 0, 0, 1, 0, 0, 2], place)
    # Three seen, of two kinds: 2/5 is left for what was not seen, shared by all alike.
    assert counts.predict([0], 0, 4, 0) == pytest.approx([0.1, 0.5, 0.3, 0.1])


def test_a_longer_context_has_precedence():
    counts = Counts(3)
    sequence = [5, 0, 1, 6, 0, 2] * 4
    for place in range(len(sequence)):
        counts.add(sequence, place)
    assert counts.predict([5, 0], 2, 3, 0).argmax() == 1
    assert counts.predict([6, 0], 2, 3, 0).argmax() == 2


def test_the_short_term_memory_learns_what_the_piece_repeats():
    phrase = [60, 67, 64, 71, 62, 69, 65, 72]
    bits = VariableOrderModel([], 192).bits(line(phrase * 4))
    assert bits[:8].mean() > 10
    assert bits[-8:].mean() < 1.5


def test_the_long_term_memory_predicts_a_melody_in_every_key():
    melody = [60, 62, 64, 65, 67, 69, 71, 72]
    knows = VariableOrderModel([line(melody * 3)], 192)
    knows_not = VariableOrderModel([line([40, 90] * 12, 5)], 192)
    moved = line([pitch + 3 for pitch in melody])
    assert knows.bits(moved).sum() < knows_not.bits(moved).sum() / 2


def test_pieces_do_not_share_a_short_term_memory():
    model = VariableOrderModel([line([60, 62])], 192)
    first = model.bits(line([70, 50, 70, 50]))
    assert model.bits(line([70, 50, 70, 50])).tolist() == first.tolist()


def test_every_pitch_of_the_piano_can_follow_every_other():
    notes = line([21, 108, 21, 108])
    assert np.isfinite(VariableOrderModel([notes], 192).bits(notes)).all()


def test_no_notes_cost_no_bits():
    assert VariableOrderModel([], 192).bits(line([])).tolist() == []
