"""Small JSON files with an entry for each game."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from training.errors import ExportError
from training.writing import write_whole


def read_record(path: Path, fits: Callable[[object], bool], what: str) -> dict[str, Any]:
    """Read a file that `write_record` wrote; an absent file has no entries.

    Args:
        path: The file.
        fits: Whether a value is valid.
        what: A description of valid values, for messages.

    Raises:
        ExportError: It cannot be read; the message names the entry.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise ExportError(f"{path} cannot be read ({error}); {_REMEDY}") from error
    if not isinstance(record, dict):
        raise ExportError(f"{path} is not a JSON object; {_REMEDY}")
    for game, value in record.items():
        if not fits(value):
            raise ExportError(f"{path}: {game!r} must be {what}, not {value!r:.99}; {_REMEDY}")
    return record


def write_record(path: Path, record: Mapping[str, Any]) -> None:
    """Write a JSON file atomically, unless it has the same content already.

    Raises:
        WritingError: It cannot be written.
    """
    write_if_new(path, json.dumps(record, indent=1, sort_keys=True) + "\n")


def write_if_new(path: Path, text: str) -> None:
    """Write a text file atomically, unless it has the same content already.

    Raises:
        WritingError: It cannot be written.
    """
    body = text.encode()
    if not (path.is_file() and path.read_bytes() == body):
        write_whole(path, body)


def is_version(value: object) -> bool:
    """Whether a JSON value is a version number."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value < 1 << 63


_REMEDY = "correct it, or remove it to start a new one"
