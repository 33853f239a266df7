"""A network and its sampling as ONNX graphs: one step, and a loop around it.

T time, B the batch size, F the number of a token's fields, U of units. A token is int64[B, F], for
each field the index of its value plus 1, or 0 for no value.
"""

from typing import Any

import numpy as np
from onnx import GraphProto, ModelProto, TensorProto, ValueInfoProto, helper

from benchmarks.peers.onnx_nodes import Nodes
from benchmarks.peers.onnx_sampling import sampled_fields
from benchmarks.peers.weights import LstmWeights, NetworkWeights, Weights, first_rows

TOKEN, UNIFORM, NEXT_TOKEN = "token", "uniform", "next_token"  # of the step
NUMBERS, SONGS = "numbers", "songs"  # of the loop: float32[T, B, F] and int64[T, B, F]
_OPSETS = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
_IR_VERSION = 8  # the version of that opset; later ones may be too new for the runtime
# What `quantize_dynamic` asks for first: of this graph there are no shapes to infer.
_PREPARED = {"onnx.quant.pre_process": "onnxruntime.quant"}


def state_names(layers: int) -> list[str]:
    """Name the state's inputs, bottom first: h and c of every layer, float32[1, B, U] each."""
    return [f"{part}_{n}" for n in range(layers) for part in "hc"]


def next_state_names(layers: int) -> list[str]:
    """Name the state's outputs, in the inputs' order."""
    return [f"next_{name}" for name in state_names(layers)]


def logits_names(fields: int) -> list[str]:
    """Name the outputs with each field's logits."""
    return [f"logits_{f}" for f in range(fields)]


def step_model(weights: NetworkWeights, temperature: float, top_p: float) -> ModelProto:
    """Write a step: a token, numbers in [0, 1) and the state in; the next token and state out.

    The logits of each field, float32[B, values], are outputs too.
    """
    layers, fields = len(weights.lstm), len(weights.embeddings)
    nodes = Nodes()
    top = _network(nodes, weights)
    values, logits = sampled_fields(nodes, weights, top, UNIFORM, (temperature, top_p))
    nodes.add("Add", values, nodes.constant(np.int64(1)), output=NEXT_TOKEN)
    for name, predicted in zip(logits_names(fields), logits, strict=True):
        nodes.add("Identity", predicted, output=name)
    token, numbers = (
        helper.make_tensor_value_info(name, kind, ["B", fields])
        for name, kind in ((TOKEN, TensorProto.INT64), (UNIFORM, TensorProto.FLOAT))
    )
    outputs = [
        helper.make_tensor_value_info(NEXT_TOKEN, TensorProto.INT64, ["B", fields]),
        *_state_infos(next_state_names(layers), weights),
        *(
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["B", None])
            for name in logits_names(fields)
        ),
    ]
    inputs = [token, numbers, *_state_infos(state_names(layers), weights)]
    return _model(helper.make_graph(nodes.nodes, "step", inputs, outputs, nodes.constants))


def song_model(step: ModelProto, layers: int) -> ModelProto:
    """Write a loop around a step: numbers, a first token and a first state in, songs out.

    Args:
        step: A step, perhaps with 8-bit weights.
        layers: The number of LSTM layers.
    """
    carried = [TOKEN, *state_names(layers)]
    inputs = {info.name: info for info in step.graph.input}
    outputs = {info.name: info for info in step.graph.output}
    after = [outputs[name] for name in (NEXT_TOKEN, *next_state_names(layers))]
    body = GraphProto()
    body.CopyFrom(step.graph)
    del body.input[:], body.output[:], body.node[:]
    body.input.extend([_scalar("t", TensorProto.INT64), _scalar("go_on", TensorProto.BOOL)])
    body.input.extend([inputs[name] for name in carried])
    body.node.append(helper.make_node("Gather", [NUMBERS, "t"], [UNIFORM]))
    body.node.extend(step.graph.node)
    body.node.append(helper.make_node("Identity", ["go_on"], ["still"]))
    body.node.append(helper.make_node("Identity", [NEXT_TOKEN], ["sampled"]))
    body.output.append(_scalar("still", TensorProto.BOOL))
    body.output.extend([*after, _renamed(outputs[NEXT_TOKEN], "sampled")])
    nodes = [
        helper.make_node("Shape", [NUMBERS], ["lengths"], end=1),
        helper.make_node("Squeeze", ["lengths"], ["steps"]),
        helper.make_node(
            "Loop",
            ["steps", "", *carried],
            ["last_token", *(f"last_{name}" for name in state_names(layers)), SONGS],
            body=body,
        ),
    ]
    songs = [TensorProto.FLOAT, TensorProto.INT64]
    numbers_info, songs_info = (
        helper.make_tensor_value_info(name, kind, ["T", "B", None])
        for name, kind in zip((NUMBERS, SONGS), songs, strict=True)
    )
    first = [inputs[name] for name in carried]
    return _model(helper.make_graph(nodes, "songs", [numbers_info, *first], [songs_info]))


def _network(nodes: Nodes, weights: NetworkWeights) -> str:
    """Read the token; returns the name of the network's top."""
    start, before = nodes.constant(np.array([0])), nodes.constant(np.array([1]))
    rows = nodes.add("Add", TOKEN, nodes.constant(first_rows(weights)))
    embedded = nodes.add("Gather", nodes.constant(np.concatenate(weights.embeddings)), rows)
    x = nodes.add("Unsqueeze", nodes.add("ReduceSum", embedded, before, keepdims=0), start)
    for n, layer in enumerate(weights.lstm):
        x = _lstm(nodes, x, n, layer)
    x = nodes.add("Squeeze", x, start)
    for dense in weights.dense:
        x = nodes.add("Relu", nodes.dense(x, dense))
    return nodes.dense(x, weights.top)


def _lstm(nodes: Nodes, x: str, n: int, layer: LstmWeights) -> str:
    """Read the output of the layer below, float32[1, B, U], as a sequence of one step."""
    bias = _reordered(layer.bias[None])
    constants = (
        _reordered(layer.kernel).T[None],
        _reordered(layer.recurrent).T[None],
        np.concatenate([bias, np.zeros_like(bias)], axis=1),
    )
    h, c = f"next_h_{n}", f"next_c_{n}"
    inputs = [x, *map(nodes.constant, constants), "", f"h_{n}", f"c_{n}"]
    nodes.nodes.append(helper.make_node("LSTM", inputs, ["", h, c], hidden_size=layer.units))
    return h


def _reordered(gates: Weights) -> Weights:
    """Reorder columns from Keras's gates, i, f, c, o, to ONNX's: i, o, f, c."""
    i, f, c, o = np.split(gates, 4, axis=1)
    return np.concatenate([i, o, f, c], axis=1)


def _state_infos(names: list[str], weights: NetworkWeights) -> list[ValueInfoProto]:
    units = [layer.units for layer in weights.lstm for _ in "hc"]
    return [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "B", width])
        for name, width in zip(names, units, strict=True)
    ]


def _scalar(name: str, kind: Any) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, [])


def _renamed(info: ValueInfoProto, name: str) -> ValueInfoProto:
    renamed = ValueInfoProto()
    renamed.CopyFrom(info)
    renamed.name = name
    return renamed


def _model(graph: GraphProto) -> ModelProto:
    model = helper.make_model(graph, opset_imports=_OPSETS)
    model.ir_version = _IR_VERSION
    helper.set_model_props(model, _PREPARED)
    return model
