"""The spans of calls of the model server, as an interceptor of the channel."""

from collections.abc import Callable
from typing import Any

import grpc

from api.telemetry.tracing import Tracer
from proto.model_server_pb2 import GetModelStatusRequest, PredictRequest


class CallTracer(grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]  # gRPC has no types
    """Traces every call of a channel, and tells the server which span calls it."""

    def __init__(self, tracer: Tracer) -> None:
        """Prepare to trace."""
        self._tracer = tracer

    def intercept_unary_unary(
        self,
        continuation: Callable[..., Any],
        client_call_details: Any,
        request: PredictRequest | GetModelStatusRequest,
    ) -> Any:
        """Make the call and trace it; returns it finished, since the caller waits for it."""
        method = client_call_details.method.removeprefix("/")
        model = request.model_spec
        attributes = {
            "rpc.system.name": "grpc",
            "rpc.method": method,
            "leitmotif.game": model.name,
            "leitmotif.version": model.version.value,
            "leitmotif.signature": model.signature_name,
        }
        with self._tracer.call(method, **{k: v for k, v in attributes.items() if v}) as span:
            metadata = (*(client_call_details.metadata or ()), *span.metadata())
            call = continuation(client_call_details._replace(metadata=metadata), request)
            span.respond(call.code().name)
        return call
