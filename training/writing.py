"""Writes files completely or not at all."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from training.errors import WritingError


def write_whole(path: Path, body: bytes) -> None:
    """Write a temporary file and rename it, so that no reader sees an incomplete file.

    Raises:
        WritingError: It cannot be written.
    """
    stream_whole(path, lambda file: file.write(body))


def stream_whole(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill a temporary file, and rename it when it is complete.

    Raises:
        WritingError: It cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("wb") as file:
                write(file)
            beside.replace(path)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an OSError into an error that names the path.

    Raises:
        WritingError: An OSError was raised.
    """
    try:
        yield
    except OSError as error:
        raise WritingError(f"cannot write {path}: {error.strerror or error}") from error
