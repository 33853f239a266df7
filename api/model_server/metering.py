"""Counts and times the calls of the model server, as an interceptor of the channel."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import grpc

from api.model_server.tensors import int32_array
from api.telemetry.metrics import Metrics, Stage
from proto.model_server_pb2 import GetModelStatusRequest, PredictRequest

_STAGES = {"prefill": Stage.PREFILL, "decode": Stage.DECODE, "read": Stage.PREFILL}


class CallMeter(grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]  # gRPC has no types
    """Records every call: its code, its time and the tokens that it sampled.

    gRPC's own retries are part of the call. A retry on another replica is a call of its own.
    """

    def __init__(self, metrics: Metrics) -> None:
        """Record in `metrics`."""
        self._metrics = metrics

    def intercept_unary_unary(
        self,
        continuation: Callable[..., Any],
        client_call_details: grpc.ClientCallDetails,
        request: PredictRequest | GetModelStatusRequest,
    ) -> Any:
        """Make the call and record it; returns it finished, since the caller waits for it."""
        name = request.model_spec.signature_name or "versions"
        with self._timed(name):
            call = continuation(client_call_details, request)
        self._metrics.called(name, call.code().name)
        if call.code() is grpc.StatusCode.OK and (tokens := sampled_tokens(request)):
            self._metrics.drew(request.model_spec.name, tokens)
        return call

    def _timed(self, name: str) -> AbstractContextManager[object]:
        return self._metrics.timed(_STAGES[name]) if name in _STAGES else nullcontext()


def sampled_tokens(request: PredictRequest | GetModelStatusRequest) -> int:
    """Count the tokens that a call asks for: 0 unless it is `decode`."""
    if not isinstance(request, PredictRequest) or "steps" not in request.inputs:
        return 0
    return int(int32_array(request.inputs["steps"]).sum())
