"""Translates errors into gRPC statuses, for all services."""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, Any

import grpc

from serving.core.server_core import ServableRequest
from serving.errors import InvalidRequestError, ServingError

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

MAX_DETAILS = 2000
"""The length to which messages are cut; clients refuse headers of more than 8 KiB."""


def translate_errors(method: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
    """Decorates a gRPC handler so that errors it raises become gRPC statuses."""

    @functools.wraps(method)
    def handle(service: Any, request: Any, context: Any) -> Any:
        try:
            return method(service, request, context)
        except ServingError as error:
            context.abort(error.code, str(error)[:MAX_DETAILS])
        except Exception:
            logger.exception("%s failed", method.__name__)
            context.abort(
                grpc.StatusCode.INTERNAL, f"{method.__name__} failed; see the server's log."
            )

    return handle


def servable_request(request: Any) -> ServableRequest:
    """The model and version in a request's ModelSpec.

    Raises:
        InvalidRequestError: the request has no ModelSpec, or its ModelSpec has no name.
    """
    if not request.HasField("model_spec"):
        raise InvalidRequestError("Missing ModelSpec; it must name the model.")
    spec = request.model_spec
    if not spec.name:
        raise InvalidRequestError("ModelSpec has no name specified.")
    match spec.WhichOneof("version_choice"):
        case "version":
            return ServableRequest(spec.name, version=spec.version.value)
        case "version_label":
            return ServableRequest(spec.name, label=spec.version_label)
        case _:
            return ServableRequest(spec.name)
