"""Merges the inputs of requests along the first axis, and splits the outputs again.

The rules and messages follow TensorFlow Serving's ``batching/batching_session.cc`` and
``batching_util.cc``.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from serving.errors import InvalidRequestError, MergeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from serving.tensors import Array


def count_rows(inputs: Sequence[Array]) -> int:
    """The length of the first axis of all inputs of a request.

    Raises:
        InvalidRequestError: there are no inputs, or their first axes differ in length.
    """
    if not inputs:
        raise InvalidRequestError("Batching Run() must have at least one input tensor")
    if any(array.ndim == 0 for array in inputs):
        raise InvalidRequestError("Batching Run() input tensors must have at least one dimension")
    rows, *others = {len(array) for array in inputs}
    if others:
        raise InvalidRequestError("Batching Run() input tensors must have equal 0th-dimension size")
    return rows


def merge(
    requests: Sequence[Sequence[Array]], names: Sequence[str], *, rows: int, pad: bool
) -> list[Array]:
    """Merges the inputs of one or more requests, name by name.

    Args:
        requests: the inputs of each request, in the order of ``names``.
        names: the names of the inputs in the graph.
        rows: the number of rows of the batch; missing rows are filled by repeating an existing one.
        pad: whether arrays that differ after their first axis are padded at the end of each axis
            with their own first value. The model must then have an input with the true lengths.

    Raises:
        MergeError: arrays differ after their first axis, and ``pad`` is False.
        InvalidRequestError: an array to be padded is empty.
    """
    return [
        _merge_arrays(arrays, name, rows, pad=pad)
        for name, arrays in zip(names, zip(*requests, strict=True), strict=True)
    ]


def split(outputs: Sequence[Array], counts: Sequence[int], *, rows: int) -> list[list[Array]]:
    """Splits a batch's outputs into the rows of each request.

    Args:
        outputs: the outputs of the whole batch.
        counts: the number of rows of each request, in order.
        rows: the number of rows of the batch.

    Raises:
        MergeError: an output does not have one row for each row of the batch.
    """
    for output in outputs:
        if np.ndim(output) == 0:
            raise MergeError("Batched output tensor has 0 dimensions")
        if len(output) != rows:
            raise MergeError(
                "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension "
                f"sizes of the input tensors: {len(output)}, not {rows}"
            )
    ends = itertools.accumulate(counts)
    return [
        [output[end - count : end] for output in outputs]
        for count, end in zip(counts, ends, strict=True)
    ]


def _merge_arrays(arrays: Sequence[Array], name: str, rows: int, *, pad: bool) -> Array:
    if len({array.shape[1:] for array in arrays}) > 1:
        if not pad or len({array.ndim for array in arrays}) > 1:
            raise MergeError(
                f"Tensors with name '{name}' from different tasks have different shapes and "
                "padding is turned off. Set pad_variable_length_inputs to true, or ensure that all "
                "tensors with the same name have equal dimensions starting with the first dim."
            )
        arrays = _padded(arrays)
    missing = rows - sum(map(len, arrays))
    if len(arrays) == 1 and not missing:
        return arrays[0]
    filler = [array[:1] for array in arrays if len(array)][-1:] * missing
    return np.concatenate([*arrays, *filler])


def _padded(arrays: Sequence[Array]) -> list[Array]:
    widths = tuple(map(max, zip(*(array.shape[1:] for array in arrays), strict=True)))
    return [_pad(array, (len(array), *widths)) for array in arrays]


def _pad(array: Array, shape: tuple[int, ...]) -> Array:
    padded = np.empty(shape, array.dtype)
    if padded.size and not array.size:
        raise InvalidRequestError("Got empty tensor in batch of non-empty tensors.")
    if padded.size:
        padded[...] = array.flat[0]
    padded[tuple(map(slice, array.shape))] = array
    return padded
