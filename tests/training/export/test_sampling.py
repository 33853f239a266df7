"""Sampling: temperature, top-k and top-p, by chi-square tests and by construction."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from training.export.prng import threefry_2x32, uniform
from training.export.sampling import Draw, Sampling

LOGITS = np.log(np.array([0.4, 0.3, 0.2, 0.1], np.float32))
WAYS = ("filtered", "unfiltered")


def drawn(
    logits, n=4000, temperature=1.0, top_k=0, top_p=1.0, seed=0, way="filtered"
) -> np.ndarray:
    numbers = tf.transpose(uniform(tf.constant([[seed, 1]]), tf.range(n)[None], 1), [1, 0, 2])
    rows = Sampling(
        tf.fill([n], float(temperature)), tf.fill([n], top_k), tf.fill([n], float(top_p))
    )
    draw = Draw(rows)
    repeated = tf.tile(tf.constant(logits, tf.float32)[None], [n, 1])
    return getattr(draw, way)(repeated, draw.numbers(numbers)[0]).numpy()[:, 0]


def word(*values: int):
    return tuple(tf.constant(np.array([value], np.uint32)) for value in values)


@pytest.mark.parametrize(
    ("key", "counter", "expected"),
    [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
        ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
    ],
)
def test_threefry_gives_its_known_answers(key, counter, expected):
    assert tuple(int(x[0]) for x in threefry_2x32(word(*key), word(*counter))) == expected


def test_a_number_depends_only_on_its_seed_counter_and_field():
    seeds = tf.constant([[7, 0], [8, 0], [7, 1]])
    counters = tf.constant([[0, 1, 2], [0, 1, 2], [0, 1, 2]])
    together = uniform(seeds, counters, 2).numpy()
    assert len(set(together.ravel().tolist())) == 18
    assert np.array_equal(uniform(seeds[1:2], counters[1:2, 2:], 2)[0, 0], together[1, 2])


def test_numbers_fill_the_unit_interval_evenly_and_never_reach_one():
    numbers = uniform(tf.constant([[1, 2]]), tf.range(100_000)[None], 1).numpy()
    assert numbers.min() >= 0
    assert numbers.max() <= 1 - 2**-23
    counts = np.histogram(numbers, bins=50, range=(0, 1))[0]
    assert ((counts - 2000) ** 2 / 2000).sum() < 95  # chi-square, 49 degrees, p about 1e-4


@pytest.mark.parametrize("way", WAYS)
def test_values_come_as_often_as_their_probabilities_say(way):
    counts = np.bincount(drawn(LOGITS, way=way), minlength=4)
    expected = np.exp(LOGITS) * 4000
    assert ((counts - expected) ** 2 / expected).sum() < 21  # chi-square, 3 degrees, p about 1e-4


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("likeliest", range(4))
def test_temperature_0_draws_the_most_likely(likeliest, way):
    logits = np.roll(LOGITS, likeliest)
    assert set(drawn(logits, temperature=0, way=way).tolist()) == {likeliest}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "logits",
    [
        [1, np.nextafter(np.float32(1), np.float32(2)), 0.5],
        [-30, 2, 2, -1e9],
        [0, 0, 0, 0, 0],
        [-1e9, -40, -39.99999],
    ],
)
def test_temperature_0_draws_the_first_of_the_largest_however_close_others_are(logits, way):
    drawn_values = drawn(np.array(logits, np.float32), 64, temperature=0, way=way)
    assert set(drawn_values.tolist()) == {np.argmax(np.array(logits, np.float32))}


@pytest.mark.parametrize("way", WAYS)
def test_a_higher_temperature_draws_more_evenly(way):
    often = [np.mean(drawn(LOGITS, temperature=t, way=way) == 0) for t in (0.5, 1.0, 2.0)]
    assert often == sorted(often, reverse=True)


@pytest.mark.parametrize(
    ("top_k", "top_p", "possible"),
    [
        (0, 1.0, {0, 1, 2, 3}),
        (1, 1.0, {0}),
        (2, 1.0, {0, 1}),
        (99, 1.0, {0, 1, 2, 3}),
        (0, 0.01, {0}),
        (0, 0.5, {0, 1}),
        (0, 0.75, {0, 1, 2}),
        (2, 0.99, {0, 1}),
        (3, 0.5, {0, 1}),
    ],
)
def test_top_k_and_top_p_keep_the_smallest_sets(top_k, top_p, possible):
    assert set(drawn(LOGITS, top_k=top_k, top_p=top_p).tolist()) == possible


def test_unfiltered_fields_are_sampled_from_all_values():
    assert set(drawn(LOGITS, top_k=1, top_p=0.01, way="unfiltered").tolist()) == {0, 1, 2, 3}


def test_a_rows_filter_does_not_affect_other_rows():
    numbers = tf.transpose(uniform(tf.constant([[3, 3]]), tf.range(500)[None], 1), [1, 0, 2])
    logits = tf.tile(LOGITS[None], [500, 1])
    off = Sampling(tf.ones(500), tf.zeros(500, tf.int32), tf.ones(500))
    mixed = Sampling(tf.ones(500), tf.range(500) % 2, tf.ones(500))
    draws = (Draw(rows) for rows in (off, mixed))
    alone, beside = (
        draw.filtered(logits, draw.numbers(numbers)[0]).numpy()[:, 0] for draw in draws
    )
    assert np.array_equal(alone[::2], beside[::2])
    assert set(beside[1::2].tolist()) == {0}


@settings(max_examples=50)
@given(
    st.lists(st.floats(-50, 50, width=32), min_size=2, max_size=12),
    st.sampled_from([0.0, 0.01, 1.0, 2.0]),
    st.integers(1, 12),
    st.sampled_from([0.1, 0.9, 1.0]),
)
def test_only_the_most_likely_values_are_sampled(logits, temperature, top_k, top_p):
    kept = np.argsort(-np.array(logits, np.float32), kind="stable")[:top_k]
    assert set(drawn(logits, 64, temperature, top_k, top_p).tolist()) <= set(kept.tolist())
