"""A bundle's signatures, and the checks of requests against them.

The checks and messages follow TensorFlow Serving's ``servables/tensorflow/predict_util.cc``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from serving.errors import InvalidRequestError
from serving.tensors import Array, TensorSpec, decode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Signature:
    """One function of a bundle. Inputs and outputs are sorted by alias."""

    name: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]

    @classmethod
    def from_proto(cls, name: str, definition: Any) -> Signature:
        """Parses a SignatureDef.

        Raises:
            LoadError: an input or output cannot be sent.
        """
        return cls(name, _specs(definition.inputs), _specs(definition.outputs))

    def __str__(self) -> str:
        return f"{self.name}({'; '.join(map(str, self.inputs))})"

    def decode_inputs(self, protos: Mapping[str, Any]) -> tuple[Array, ...]:
        """Reads a request's tensors, in the order of ``inputs``.

        Raises:
            InvalidRequestError: an input is missing, unknown, malformed or of the wrong type.
        """
        expected = {spec.alias for spec in self.inputs}
        if protos.keys() != expected:
            raise InvalidRequestError(self._mismatch(set(protos), expected))
        return tuple(
            decode(spec, protos[spec.alias], position) for position, spec in enumerate(self.inputs)
        )

    def select_outputs(self, aliases: Sequence[str]) -> tuple[TensorSpec, ...]:
        """The outputs with these aliases, in the signature's order; all outputs if none is named.

        Raises:
            InvalidRequestError: a name is unknown or named twice.
        """
        if not aliases:
            return self.outputs
        known = {spec.alias for spec in self.outputs}
        for alias in aliases:
            if alias not in known:
                raise InvalidRequestError(
                    f"output tensor alias not found in signature: {alias} Outputs expected to be "
                    f"in the set {_braced(known)}."
                )
        if len(set(aliases)) < len(aliases):
            repeated = next(alias for alias in aliases if aliases.count(alias) > 1)
            raise InvalidRequestError(f"duplicate output tensor alias: {repeated}")
        return tuple(spec for spec in self.outputs if spec.alias in aliases)

    def _mismatch(self, sent: set[str], expected: set[str]) -> str:
        if len(sent) != len(expected):
            opening = f"input size does not match signature: {len(sent)}!={len(expected)}"
        else:
            missing = next(spec for spec in self.inputs if spec.alias not in sent)
            opening = (
                f"Signature input alias: {missing.alias}(feed name: {missing.name}) "
                "not found in request and no default value provided"
            )
        return (
            f"{opening}. Sent extra: {_braced(sent - expected)}. "
            f"Missing but required: {_braced(expected - sent)}. The signature is {self}."
        )


def _specs(infos: Mapping[str, Any]) -> tuple[TensorSpec, ...]:
    return tuple(TensorSpec.from_tensor_info(alias, infos[alias]) for alias in sorted(infos))


def _braced(names: set[str]) -> str:
    return "{" + ",".join(sorted(names)) + "}"
