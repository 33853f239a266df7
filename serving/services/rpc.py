"""What every service does with a call: where errors become gRPC statuses, once."""

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
"""Characters of a message that travel; clients refuse headers of more than 8 KiB."""


def answer(method: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
    """Lets a gRPC handler, of a request and its context, raise what went wrong."""

    @functools.wraps(method)
    def handle(service: Any, request: Any, context: Any) -> Any:
        try:
            return method(service, request, context)
        except ServingError as error:
            context.abort(error.code, str(error)[:MAX_DETAILS])
        except Exception:
            logger.exception("%s failed", method.__name__)
            context.abort(
                grpc.StatusCode.INTERNAL, f"{method.__name__} failed; the server's log says why."
            )

    return handle


def servable_request(request: Any) -> ServableRequest:
    """The model and version that any request's ModelSpec asks for.

    Raises:
        InvalidRequestError: it has no ModelSpec, or one that names no model.
    """
    if not request.HasField("model_spec"):
        raise InvalidRequestError("Missing ModelSpec; it names the model to be asked.")
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
