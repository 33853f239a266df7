"""Requests to batch and back: arrays put together along their first axis, and taken apart.

The rules and their words follow TensorFlow Serving's ``batching/batching_session.cc`` and
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
    """The length of the first axis, which all inputs of a request have in common.

    Raises:
        InvalidRequestError: they have none in common.
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
    """Puts the inputs of one or more requests together, each with those of its name.

    Args:
        requests: the inputs of each, in the order of ``names``.
        names: what the inputs are called in the graph.
        rows: how many the batch is to have; those that are missing repeat one that is there.
        pad: whether arrays that differ behind their first axis are padded at the end of each axis,
            with their own first value; a model has to be told how much of them counts.

    Raises:
        MergeError: arrays differ behind their first axis, and are not to be padded.
        InvalidRequestError: an array has no value to pad it with.
    """
    return [
        _merge_arrays(arrays, name, rows, pad=pad)
        for name, arrays in zip(names, zip(*requests, strict=True), strict=True)
    ]


def split(outputs: Sequence[Array], counts: Sequence[int], *, rows: int) -> list[list[Array]]:
    """Gives each request its own rows of a batch's outputs.

    Args:
        outputs: of the whole batch.
        counts: how many rows each request brought, in their order.
        rows: how many the batch had.

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
