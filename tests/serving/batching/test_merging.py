import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.batching.merging import count_rows, merge, split
from serving.errors import InvalidRequestError, MergeError


def ints(*rows):
    return np.array(rows, np.int32)


def merged(*arrays, rows=None, pad=False):
    rows = sum(map(len, arrays)) if rows is None else rows
    (array,) = merge([[each] for each in arrays], ["x:0"], rows=rows, pad=pad)
    assert array.dtype == arrays[0].dtype
    return array.tolist()


@pytest.mark.parametrize(
    ("inputs", "rows"),
    [([ints(1, 2)], 2), ([ints(1, 2), ints([1], [2])], 2), ([ints()], 0)],
)
def test_a_request_has_as_many_rows_as_each_of_its_inputs(inputs, rows):
    assert count_rows(inputs) == rows


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([], "Batching Run() must have at least one input tensor"),
        ([np.array(1)], "Batching Run() input tensors must have at least one dimension"),
        ([ints(1), ints(1, 2)], "Batching Run() input tensors must have equal 0th-dimension size"),
    ],
)
def test_a_request_without_a_common_first_axis_is_refused(inputs, message):
    with pytest.raises(InvalidRequestError) as raised:
        count_rows(inputs)
    assert str(raised.value) == message


def test_rows_stand_in_the_order_of_the_requests():
    assert merged(ints(1, 2), ints(3), ints(), ints(4)) == [1, 2, 3, 4]
    assert merged(ints([1, 2]), ints([3, 4])) == [[1, 2], [3, 4]]


def test_a_request_by_itself_is_not_copied():
    alone = ints(1, 2)
    assert merge([[alone]], ["x:0"], rows=2, pad=True)[0] is alone


def test_missing_rows_repeat_the_first_of_the_last_request():
    assert merged(ints(1), ints(2, 3), rows=6) == [1, 2, 3, 2, 2, 2]
    assert merged(ints(1), ints(), rows=3) == [1, 1, 1]
    assert merged(ints(), rows=4) == []


def test_shorter_rows_are_padded_with_the_first_value_of_their_request():
    assert merged(ints([1, 2, 3]), ints([7, 8], [9, 9]), pad=True) == [
        [1, 2, 3],
        [7, 8, 7],
        [9, 9, 7],
    ]
    words = [np.array([[b"a\0"]], object), np.array([[b"b", b"c"]], object)]
    assert merged(*words, pad=True) == [[b"a\0", b"a\0"], [b"b", b"c"]]


def test_every_axis_but_the_first_is_padded():
    assert merged(ints([[1, 2]]), ints([[3], [4]]), pad=True) == [
        [[1, 2], [1, 1]],
        [[3, 3], [4, 3]],
    ]


def test_a_request_without_rows_pads_to_nothing():
    assert merged(np.zeros((0, 1), np.int32), ints([1, 2]), pad=True) == [[1, 2]]


def test_different_shapes_do_not_merge_unless_they_are_padded():
    different = "Tensors with name 'x:0' from different tasks have different shapes and padding is"
    with pytest.raises(MergeError, match=different):
        merged(ints([1, 2, 3]), ints([1]))
    with pytest.raises(MergeError, match=different):
        merged(ints([1]), ints([[1]]), pad=True)


def test_an_array_without_values_cannot_be_padded():
    with pytest.raises(InvalidRequestError, match="Got empty tensor in batch of non-empty tensors"):
        merged(np.zeros((1, 0), np.int32), ints([1]), pad=True)


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (np.float32(1.0), "Batched output tensor has 0 dimensions"),
        (ints(1, 2), "Batched output tensor's 0th dimension does not equal the sum of the 0th"),
        (ints(1, 2, 3, 4), "sizes of the input tensors: 4, not 3"),
    ],
)
def test_outputs_without_a_row_for_each_of_the_batch_cannot_be_split(output, message):
    with pytest.raises(MergeError) as raised:
        split([output], [1, 2], rows=3)
    assert message in str(raised.value)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3)), min_size=1), st.integers(0, 5))
def test_a_merged_batch_splits_into_the_same_requests(shapes, missing):
    values = iter(range(1000))
    requests = [
        [ints(*(next(values) for _ in range(rows))), np.full((rows, width), next(values))]
        for rows, width in shapes
    ]
    counts = [rows for rows, _ in shapes]
    batch = merge(requests, ["x:0", "y:0"], rows=sum(counts) + missing, pad=True)
    parts = split(batch, counts, rows=len(batch[0]))
    for (x, y), (part_x, part_y) in zip(requests, parts, strict=True):
        assert part_x.tolist() == x.tolist()
        assert part_y[:, : y.shape[1]].tolist() == y.tolist()
