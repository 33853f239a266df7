"""What can go wrong, as TensorFlow Serving would put it.

ServingError
├── FlagError                    a flag that is unknown, malformed or missing
├── ConfigurationError           a model configuration that cannot be served
├── BasePathError                a base path that cannot be listed
├── LoadError                    a version that cannot be loaded
├── ModelsUnavailableError       a new configuration whose models did not load
├── InvalidRequestError          a request that no version of the model could answer
├── ServableNotFoundError        a model or version that is not being served
├── SignatureNotFoundError       a signature that this version does not have
├── QueueFullError               a request that finds too many waiting before it
├── AbandonedError               a request whose caller no longer waited when its turn came
├── MergeError                   requests, or their answers, that make no batch
└── ExecutionError               an operation that failed while the graph was running

Clients match on the status code and the opening words of a message, so these are TensorFlow
Serving's; what follows them says what would have fitted.
"""

from __future__ import annotations

import grpc

GRPC_CODES = {code.value[0]: code for code in grpc.StatusCode}
"""gRPC's status code for each number; TensorFlow numbers its own codes alike."""


class ServingError(Exception):
    """The head of the tree: a message for whoever asked, and the gRPC status it travels under."""

    code: grpc.StatusCode = grpc.StatusCode.UNKNOWN

    def __init__(self, message: str, code: grpc.StatusCode | None = None) -> None:
        """Takes a message and, where the class does not settle it, a status code."""
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
    """A new configuration was taken, but some of its new models did not load."""


class InvalidRequestError(ServingError):
    """A request that no version of the model could answer."""

    code = grpc.StatusCode.INVALID_ARGUMENT


class ServableNotFoundError(ServingError):
    """A model or version that is not being served."""

    code = grpc.StatusCode.NOT_FOUND


class SignatureNotFoundError(ServingError):
    """A signature that this version does not have."""

    code = grpc.StatusCode.FAILED_PRECONDITION


class QueueFullError(ServingError):
    """A request that finds too many waiting before it."""

    code = grpc.StatusCode.UNAVAILABLE


class AbandonedError(ServingError):
    """A request whose caller no longer waited when its turn came."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED


class MergeError(ServingError):
    """Requests, or their answers, that make no batch."""

    code = grpc.StatusCode.FAILED_PRECONDITION


class ExecutionError(ServingError):
    """An operation that failed while the graph was running."""
