"""Baselines: n-grams are probabilities, and predict what they have counted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from music.codec import BOS, FIRST, PAD
from tests.training.conftest import CODEC, scale
from training.report.metrics.ngrams import Baseline, NGrams, ngram_bits

SIZE = 7

bodies = st.lists(st.integers(FIRST, SIZE - 1), min_size=1, max_size=12)
sequences = bodies.map(lambda body: [BOS, *body])


@given(
    st.lists(sequences, min_size=1, max_size=5),
    st.integers(1, 5),
    st.lists(st.integers(0, SIZE - 1), min_size=4, max_size=4),
)
def test_probabilities_sum_to_one(learned, length, before):
    model = NGrams(learned, length, SIZE)
    contexts = np.tile(before[: length - 1], (SIZE, 1)).reshape(SIZE, length - 1)
    likely = model.probabilities(contexts, np.arange(SIZE))
    assert likely.sum() == pytest.approx(1)
    assert (likely[[PAD, BOS]] == 0).all()
    assert (likely[FIRST:] > 0).all()


@given(st.lists(sequences, min_size=1, max_size=5), sequences, st.integers(1, 5))
def test_the_bits_of_a_sequence_are_those_of_its_tokens_in_context(learned, asked, length):
    model = NGrams(learned, length, SIZE)
    padded = [PAD] * (length - 1) + asked
    cost = 0.0
    for place in range(length, len(padded)):
        context = padded[place - length + 1 : place]
        (likely,) = model.probabilities(np.reshape(context, (1, length - 1)), [padded[place]])
        cost -= np.log2(likely)
    assert model.bits(asked).sum() == pytest.approx(cost)


def test_a_unigram_probability_is_the_discounted_frequency():
    learned = [[BOS, 3, 3, 3, 3, 3, 3, 3, 3, 4, 2]]
    likely = NGrams(learned, 1, SIZE).probabilities(np.empty((SIZE, 0)), np.arange(SIZE))
    assert likely[3] > 5 / 10
    assert likely[4] == likely[2]
    assert likely[5] == likely[6] < likely[4]


def test_longer_grams_use_the_preceding_tokens():
    learned = [[BOS, *[3, 4, 5, 4] * 20, 2]]
    bits = [NGrams(learned, length, SIZE).bits(learned[0]).sum() for length in (1, 2, 3)]
    assert bits[0] > bits[1] > bits[2]


def test_without_counts_all_tokens_are_equally_likely():
    likely = NGrams([[BOS, 2]], 1, SIZE).probabilities(np.empty((SIZE, 0)), np.arange(SIZE))
    assert likely[3:].tolist() == [likely[3]] * 4


def test_counts_in_every_key_predict_a_transposed_piece():
    found = ngram_bits([scale("x", 60)], [scale("y", 61)], CODEC, 5).scored
    assert found.every_key < found.own_keys
    assert found.best == found.every_key


def test_bits_are_counted_per_note():
    learned, held_out = scale("x", 60), scale("y", 60, notes=30)
    spelled = [[BOS, *CODEC.spelled(CODEC.encode(p.notes))] for p in (learned, held_out)]
    expected = NGrams(spelled[:1], 1, CODEC.alphabet_size).bits(spelled[1]).sum() / 30
    found = ngram_bits([learned], [held_out], CODEC, 1)
    assert found.scored.own_keys == pytest.approx(expected)


def test_a_note_costs_as_much_as_its_letters_with_the_better_count():
    learned, held_out = scale("x", 60), scale("y", 61, notes=30)
    found = ngram_bits([learned], [held_out, learned], CODEC, 5)
    assert [len(bits) for bits in found.note_bits] == [30, 40]
    assert np.concatenate(found.note_bits).mean() == pytest.approx(found.scored.best)


def test_the_better_one_is_the_baseline():
    assert Baseline(own_keys=3.0, every_key=4.0).best == 3.0
