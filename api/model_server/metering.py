"""Counts and times the calls of the model server, as an interceptor of the channel."""

import time
from collections.abc import Callable
from typing import Any

import grpc

from api.model_server.tensors import int32_array
from api.telemetry.call_record import CallRecord
from proto.model_server_pb2 import GetModelStatusRequest, PredictRequest


class CallMeter(grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]  # gRPC has no types
    """Times every call of a channel."""

    def __init__(self, called: Callable[[CallRecord], object]) -> None:
        """Prepare to meter; `called` receives the record of each call at its end."""
        self._called = called

    def intercept_unary_unary(
        self,
        continuation: Callable[..., Any],
        client_call_details: grpc.ClientCallDetails,
        request: PredictRequest | GetModelStatusRequest,
    ) -> Any:
        """Make the call and record it; returns it finished, since the caller waits for it."""
        began_s = time.perf_counter()
        call = continuation(client_call_details, request)
        code, duration_s = call.code(), time.perf_counter() - began_s
        name, game = request.model_spec.signature_name or "versions", request.model_spec.name
        tokens = _sampled_tokens(request) if code is grpc.StatusCode.OK else 0
        self._called(CallRecord(name, game, code.name, duration_s, tokens))
        return call


def _sampled_tokens(request: PredictRequest | GetModelStatusRequest) -> int:
    """Count the tokens that a call requests: 0 unless it is `decode`."""
    if not isinstance(request, PredictRequest) or "steps" not in request.inputs:
        return 0
    return int(int32_array(request.inputs["steps"]).sum())
