"""Rows of tokens as a matrix."""

import pytest

from music.codec import padded


@pytest.mark.parametrize(
    ("rows", "matrix", "lengths"),
    [
        ([[2, 3]], [[2, 3]], [2]),
        ([(2,), (3, 4, 5)], [[2, 0, 0], [3, 4, 5]], [1, 3]),
        ([[], [7]], [[0], [7]], [0, 1]),
    ],
)
def test_shorter_rows_are_padded_to_the_longest(rows, matrix, lengths):
    found, lengths_found = padded(rows)
    assert found.dtype == "int32"
    assert (found.tolist(), lengths_found) == (matrix, lengths)
