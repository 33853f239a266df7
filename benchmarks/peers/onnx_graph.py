"""A network as an ONNX graph: one step, the state in and out.

B is the batch size, F the number of a token's fields, U of units, W the width of the network's top.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from benchmarks.peers.weights import LstmWeights, NetworkWeights

ROWS, TOP = "rows", "top"
_OPSET = 17
_IR_VERSION = 8  # the version of that opset; later ones may be too new for the runtime


def state_names(layers: int) -> list[str]:
    """Name the state's inputs, bottom first: h and c of every layer, float32[1, B, U] each."""
    return [f"{part}_{n}" for n in range(layers) for part in "hc"]


def next_state_names(layers: int) -> list[str]:
    """Name the state's outputs, in the inputs' order."""
    return [f"next_{name}" for name in state_names(layers)]


def step_model(weights: NetworkWeights) -> bytes:
    """Write the graph: embeddings' rows int64[B, F] and state in, float32[B, W] and state out."""
    layers = len(weights.lstm)
    nodes = [
        helper.make_node("Gather", ["embedding", ROWS], ["embedded"]),
        helper.make_node("ReduceSum", ["embedded", "field_axis"], ["x"], keepdims=0),
        helper.make_node("Unsqueeze", ["x", "time_axis"], ["x_0"]),
        *(_lstm_node(n, layer.units) for n, layer in enumerate(weights.lstm)),
        helper.make_node("Squeeze", [f"next_h_{layers - 1}", "time_axis"], ["dense_x_0"]),
        *(node for n in range(len(weights.dense)) for node in _dense_nodes(n)),
        helper.make_node("Gemm", [f"dense_x_{len(weights.dense)}", "top_w", "top_b"], [TOP]),
    ]
    graph = helper.make_graph(
        nodes,
        "step",
        [
            helper.make_tensor_value_info(ROWS, TensorProto.INT64, ["B", len(weights.embeddings)]),
            *_state_infos(state_names(layers), weights),
        ],
        [
            helper.make_tensor_value_info(TOP, TensorProto.FLOAT, ["B", len(weights.top.bias)]),
            *_state_infos(next_state_names(layers), weights),
        ],
        _initializers(weights),
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)])
    model.ir_version = _IR_VERSION
    written: bytes = model.SerializeToString()
    return written


def _lstm_node(n: int, units: int) -> Any:
    """Read the output of the layer below, float32[1, B, U], as a sequence of one step."""
    x = "x_0" if n == 0 else f"next_h_{n - 1}"
    return helper.make_node(
        "LSTM",
        [x, f"w_{n}", f"r_{n}", f"b_{n}", "", f"h_{n}", f"c_{n}"],
        ["", f"next_h_{n}", f"next_c_{n}"],
        hidden_size=units,
    )


def _dense_nodes(n: int) -> list[Any]:
    return [
        helper.make_node(
            "Gemm", [f"dense_x_{n}", f"dense_w_{n}", f"dense_b_{n}"], [f"dense_y_{n}"]
        ),
        helper.make_node("Relu", [f"dense_y_{n}"], [f"dense_x_{n + 1}"]),
    ]


def _state_infos(names: list[str], weights: NetworkWeights) -> list[Any]:
    units = [layer.units for layer in weights.lstm for _ in "hc"]
    return [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "B", width])
        for name, width in zip(names, units, strict=True)
    ]


def _initializers(weights: NetworkWeights) -> list[Any]:
    constants: list[tuple[str, NDArray[Any]]] = [
        ("embedding", np.concatenate(weights.embeddings)),
        ("time_axis", np.array([0], np.int64)),
        ("field_axis", np.array([1], np.int64)),
        ("top_w", weights.top.kernel),
        ("top_b", weights.top.bias),
    ]
    for n, layer in enumerate(weights.lstm):
        constants += _lstm_constants(n, layer)
    for n, dense in enumerate(weights.dense):
        constants += [(f"dense_w_{n}", dense.kernel), (f"dense_b_{n}", dense.bias)]
    return [numpy_helper.from_array(np.ascontiguousarray(each), name) for name, each in constants]


def _lstm_constants(n: int, layer: LstmWeights) -> list[tuple[str, NDArray[Any]]]:
    """Name a layer's weights: float32[1, 4U, I], [1, 4U, U] and [1, 8U], for one direction."""
    bias = _reordered(layer.bias[None])
    return [
        (f"w_{n}", _reordered(layer.kernel).T[None]),
        (f"r_{n}", _reordered(layer.recurrent).T[None]),
        (f"b_{n}", np.concatenate([bias, np.zeros_like(bias)], axis=1)),
    ]


def _reordered(gates: NDArray[np.float32]) -> NDArray[np.float32]:
    """Reorder columns from Keras's gates, i, f, c, o, to ONNX's: i, o, f, c."""
    i, f, c, o = np.split(gates, 4, axis=1)
    return np.concatenate([i, o, f, c], axis=1)
