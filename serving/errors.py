"""Errors, with the messages and status codes of TensorFlow Serving.

ServingError
├── FlagError                    a flag that is unknown, malformed or missing
├── ConfigurationError           a model configuration that cannot be served
├── BasePathError                a base path that cannot be listed
├── LoadError                    a version that cannot be loaded
├── ModelsUnavailableError       a new configuration whose models did not load
├── InvalidRequestError          a request that no version of the model can process
├── ServableNotFoundError        a model or version that is not being served
├── SignatureNotFoundError       a signature that this version does not have
├── QueueFullError               a request that was refused because the queue is full
├── AbandonedError               a request whose client disconnected before it ran
├── MergeError                   requests or outputs that cannot be merged or split
└── ExecutionError               an operation that failed while the graph was running

Clients match on the status code and the first words of a message, so these are TensorFlow
Serving's. The rest of a message says what would be valid.
"""

from __future__ import annotations

import grpc

GRPC_CODES = {code.value[0]: code for code in grpc.StatusCode}
"""gRPC's status code for each number; TensorFlow uses the same numbers."""


class ServingError(Exception):
    """The base class: a message for the client, and a gRPC status code."""

    code: grpc.StatusCode = grpc.StatusCode.UNKNOWN

    def __init__(self, message: str, code: grpc.StatusCode | None = None) -> None:
        """Creates an error; ``code`` replaces the class's status code."""
        super().__init__(message)
        self.code = code or type(self).code

    @property
    def status(self) -> str:
        """The code's name and the message, as TensorFlow writes a status."""
        return f"{self.code.name}: {self}"


class FlagError(ServingError):
    """A flag that is unknown, malformed or missing."""

    code = grpc.StatusCode.INVALID_ARGUMENT


class ConfigurationError(ServingError):
    """A model configuration that cannot be served."""

    code = grpc.StatusCode.INVALID_ARGUMENT


class BasePathError(ServingError):
    """A base path that cannot be listed."""

    code = grpc.StatusCode.INVALID_ARGUMENT


class LoadError(ServingError):
    """A version that cannot be loaded."""


class ModelsUnavailableError(ServingError):
    """A new configuration was applied, but some of its new models did not load."""


class InvalidRequestError(ServingError):
    """A request that no version of the model can process."""

    code = grpc.StatusCode.INVALID_ARGUMENT


class ServableNotFoundError(ServingError):
    """A model or version that is not being served."""

    code = grpc.StatusCode.NOT_FOUND


class SignatureNotFoundError(ServingError):
    """A signature that this version does not have."""

    code = grpc.StatusCode.FAILED_PRECONDITION


class QueueFullError(ServingError):
    """A request that was refused because the queue is full."""

    code = grpc.StatusCode.UNAVAILABLE


class AbandonedError(ServingError):
    """A request whose client disconnected before it ran."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED


class MergeError(ServingError):
    """Requests or outputs that cannot be merged or split."""

    code = grpc.StatusCode.FAILED_PRECONDITION


class ExecutionError(ServingError):
    """An operation that failed while the graph was running."""
