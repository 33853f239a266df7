"""Reads protobuf's text format from a file, with the errors of TensorFlow Serving.

Follows ``ParseProtoTextFile`` in ``model_servers/server.cc``.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import text_format

from serving.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger(__name__)


def read(path: Path, message: Any) -> None:
    """Fills ``message`` from a file; parse errors are logged with their line and column.

    Raises:
        ConfigurationError: The file cannot be read, or does not hold such a message.
    """
    try:
        text_format.Parse(path.read_text(encoding="utf-8"), message)
    except OSError as error:
        raise ConfigurationError(f"{path}; {error.strerror}", _code(error)) from error
    except (UnicodeDecodeError, text_format.ParseError) as error:
        # Protobuf's parser in C++ logs this line itself, and people search for it.
        logger.error("Error parsing text-format %s: %s", message.DESCRIPTOR.full_name, error)  # noqa: TRY400
        raise ConfigurationError(f"Invalid protobuf file: '{path}': {error}") from error


def _code(error: OSError) -> grpc.StatusCode:
    match error:
        case FileNotFoundError():
            return grpc.StatusCode.NOT_FOUND
        case PermissionError():
            return grpc.StatusCode.PERMISSION_DENIED
        case _:
            return grpc.StatusCode.UNKNOWN
