"""Collects the nodes and the constants of an ONNX graph."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from benchmarks.peers.weights import DenseWeights


class Nodes:
    """The nodes of a graph, in order, and its constants; every tensor gets its own name."""

    def __init__(self) -> None:
        """Begin an empty graph."""
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def add(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add a node with one output; returns the output's name."""
        return self.split(operator, *inputs, outputs=[output or self._name()], **attributes)[0]

    def split(
        self, operator: str, *inputs: str, outputs: list[str] | int, **attributes: Any
    ) -> list[str]:
        """Add a node with several outputs, named or counted; returns their names."""
        if isinstance(outputs, int):
            outputs = [f"{self._name()}_{n}" for n in range(outputs)]
        self.nodes.append(helper.make_node(operator, inputs, outputs, **attributes))
        return outputs

    def constant(self, value: NDArray[Any] | np.generic) -> str:
        """Add a constant; returns its name."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def dense(self, x: str, weights: DenseWeights) -> str:
        """Add a dense layer without activation."""
        return self.add("Gemm", x, self.constant(weights.kernel), self.constant(weights.bias))

    def _name(self) -> str:
        return f"tensor_{len(self.nodes)}"
