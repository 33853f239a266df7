"""Drum patterns: steadiness over bars, and fills."""

import pytest

from music.notes import Notes, join
from music.piece import Piece, TimeSignature
from music.players.roles import DRUMS
from training.report.metrics.bars import bars
from training.report.metrics.drum_patterns import DrumPattern, drum_pattern

BAR_TICKS = 48
KEYS = {"a": [36, 42, 38, 42], "b": [36, 42, 38, 46], "f": [50, 48, 47, 45], "-": []}


def pattern(text: str, pickup_ticks: int = 0) -> DrumPattern:
    """Measure drums of one letter for each bar of 4/4; a letter strikes a key in each quarter.

    A pickup has one stroke, and the last bar a note of another part, so that it is a bar.
    """
    strokes = [(0, 36)] if pickup_ticks else []
    strokes += [
        (pickup_ticks + BAR_TICKS * bar + 12 * quarter, key)
        for bar, letter in enumerate(text)
        for quarter, key in enumerate(KEYS[letter])
    ]
    onsets, keys = zip(*strokes, strict=True)
    drums = Notes.of(onsets, [3] * len(keys), keys, [DRUMS] * len(keys))
    end = Notes.of([pickup_ticks + BAR_TICKS * len(text) - 1], [1], [60])
    signature = TimeSignature(pickup_ticks - BAR_TICKS if pickup_ticks else 0, 4, 4)
    return drum_pattern(drums, bars(Piece("x", join([drums, end]), time_signatures=(signature,))))


@pytest.mark.parametrize(
    ("text", "back_1", "back_2", "back_4"),
    [
        ("aaaaaaaa", 1, 1, 1),
        ("afafafaf", 0, 1, 1),
        ("aaffaaff", 4 / 7, 0, 1),
        ("ab", 3 / 5, None, None),
        ("a-a-a", 0, 1, 1),
        ("aa--", 1 / 2, 0, None),
    ],
    ids=[
        "the same bar", "two bars", "four bars", "three strokes of five", "silent bars between",
        "bars that are both silent do not count",
    ],
)  # fmt: skip
def test_steadiness_is_the_similarity_of_bars(text, back_1, back_2, back_4):
    found = pattern(text)
    assert found.similarity_1_bar_back == pytest.approx(back_1)
    assert found.similarity_2_bars_back == pytest.approx(back_2)
    assert found.similarity_4_bars_back == pytest.approx(back_4)


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("aaafaaaf", 1),
        ("aaaaaaaf", 1 / 2),
        ("aaaaaaaa", 0),
        ("aafaaafa", 0),
        ("afafafaf", 0),
        ("aaaaffff", 0),
        ("aaabaaab", 0),
        ("aaa-aaaa", 1 / 2),
        ("aaa-----", 0),
        ("---faaaf", 1),
        ("aaa", None),
        ("---a", None),
    ],
    ids=[
        "every fourth bar", "every eighth bar", "none", "within the group", "two bars in turn",
        "a new pattern", "a variation has most strokes", "a break", "the drums stop",
        "the drums begin", "no group", "no group has drums before its last bar",
    ],
)  # fmt: skip
def test_fills_are_last_bars_of_groups_that_differ_from_their_neighbours(text, share):
    assert pattern(text).fill_share == share


def test_groups_are_counted_from_the_first_whole_bar():
    assert pattern("aaafaaaf", pickup_ticks=12).fill_share == 1


def test_different_drums_are_counted():
    assert pattern("aaaa").kinds == 3
    assert pattern("aaaf").kinds == 7
