"""The service's sampling as nodes of an ONNX graph.

B is the batch size, F the number of a token's fields, n the number of values of a field.
"""

import numpy as np
from onnx import TensorProto

from benchmarks.peers.onnx_nodes import Nodes
from benchmarks.peers.weights import FILTERED_FIELD, NetworkWeights


def sampled_fields(
    nodes: Nodes, weights: NetworkWeights, top: str, uniform: str, settings: tuple[float, float]
) -> tuple[str, list[str]]:
    """Sample a token's fields, one after the other; the pitch comes from the nucleus.

    Args:
        nodes: The graph.
        weights: The network's weights.
        top: The top of the network: the first field's logits, the others' hidden layers.
        uniform: float32[B, F] in [0, 1).
        settings: The temperature and the top-p.

    Returns:
        The values, int64[B, F], and the logits of each field, float32[B, n].
    """
    temperature, top_p = settings
    axis, inverse = nodes.constant(np.array([1])), nodes.constant(np.float32(1 / temperature))
    widths = weights.top_widths
    parts = [top] if len(widths) == 1 else _parts(nodes, top, widths)
    numbers = [uniform] if len(widths) == 1 else _parts(nodes, uniform, [1] * len(widths))
    values: list[str] = []
    logits: list[str] = []
    for f, part in enumerate(parts):
        below = part
        if f:
            field = weights.fields[f - 1]
            for table, value in zip(field.given, values, strict=True):
                given = nodes.add("Gather", nodes.constant(table), value)
                below = nodes.add("Add", below, nodes.add("Squeeze", given, axis))
            below = nodes.dense(nodes.add("Tanh", below), field.logits)
        logits.append(below)
        scaled = nodes.add("Mul", below, inverse)
        size = weights.field_sizes[f]
        if f == FILTERED_FIELD:
            values.append(_filtered(nodes, scaled, numbers[f], size, top_p))
        else:
            values.append(_unfiltered(nodes, scaled, numbers[f], size))
    return nodes.add("Concat", *values, axis=1), logits


def _parts(nodes: Nodes, whole: str, widths: list[int]) -> list[str]:
    lengths = nodes.constant(np.array(widths))
    return nodes.split("Split", whole, lengths, outputs=len(widths), axis=1)


def _unfiltered(nodes: Nodes, scaled: str, number: str, size: int) -> str:
    """Sample int64[B, 1] from float32[B, n] with a number per row, float32[B, 1]."""
    cumulative = _cumulative(nodes, nodes.add("Softmax", scaled, axis=1))
    place = _count(nodes, nodes.add("LessOrEqual", cumulative, number))
    # By rounding, the sum of all probabilities may be less than the number.
    return nodes.add("Min", place, nodes.constant(np.int64(size - 1)))


def _filtered(nodes: Nodes, scaled: str, number: str, size: int, top_p: float) -> str:
    """Sample int64[B, 1] from the nucleus of float32[B, n]."""
    everything = nodes.constant(np.array([size]))
    descending, order = nodes.split("TopK", scaled, everything, outputs=2, axis=1)
    probability = nodes.add("Softmax", descending, axis=1)
    cumulative = _cumulative(nodes, probability)
    before = nodes.add("Sub", cumulative, probability)
    kept = nodes.add("Less", before, nodes.constant(np.float32(top_p)))
    nucleus = nodes.add("Where", kept, cumulative, nodes.constant(np.float32(0)))
    total = nodes.add("ReduceMax", nucleus, axes=[1], keepdims=1)
    place = _count(nodes, nodes.add("LessOrEqual", cumulative, nodes.add("Mul", number, total)))
    last = nodes.add("Sub", _count(nodes, kept), nodes.constant(np.int64(1)))
    return nodes.add("GatherElements", order, nodes.add("Min", place, last), axis=1)


def _cumulative(nodes: Nodes, probability: str) -> str:
    return nodes.add("CumSum", probability, nodes.constant(np.int64(1)))


def _count(nodes: Nodes, condition: str) -> str:
    """Count the values for which a condition holds: int64[B, 1]."""
    ones = nodes.add("Cast", condition, to=TensorProto.INT64)
    return nodes.add("ReduceSum", ones, nodes.constant(np.array([1])), keepdims=1)
