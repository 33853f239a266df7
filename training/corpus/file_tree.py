"""The files below a folder, those behind symbolic links included."""

import unicodedata
from collections.abc import Iterator
from pathlib import Path

from training.errors import CollectionError

MOST_FILES = 200_000  # folders counted in; the largest published collections have fewer


def files_below(folder: Path) -> Iterator[Path]:
    """Find the files below a folder, also those in folders that symbolic links lead to.

    A folder that several links lead to is read once, so that links may form cycles. Names that
    begin with a dot are left out, and so is what is neither a file nor a folder.

    Args:
        folder: Where to begin. It may be missing.

    Yields:
        Files, and what cannot be opened: dangling links and folders that may not be listed.
        Opening those tells why.

    Raises:
        CollectionError: There are more than `MOST_FILES`.
    """
    folders = [] if _is_missing(folder) else [folder]
    visited: set[tuple[int, int]] = set()
    found = 0
    while folders:
        current = folders.pop()
        try:
            status = current.stat()
            paths = visible_in(current)
        except OSError:
            yield current
            continue
        if (status.st_dev, status.st_ino) in visited:
            continue
        visited.add((status.st_dev, status.st_ino))
        found += len(paths)
        if found > MOST_FILES:
            raise CollectionError(
                f"{folder} holds more than {MOST_FILES:,} files and folders; does a symbolic link "
                "lead out of it?"
            )
        for path in paths:
            if is_folder(path):
                folders.append(path)
            elif is_file(path) or not path.exists():
                yield path


def visible_in(folder: Path) -> list[Path]:
    """List what is in a folder and does not begin with a dot, sorted.

    Raises:
        OSError: It may not be listed.
    """
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def is_folder(path: Path) -> bool:
    """Whether a path leads to a folder, or to where this cannot be found out."""
    try:
        return path.is_dir()
    except OSError:
        return True


def is_file(path: Path) -> bool:
    """Whether a path is known to lead to a file."""
    try:
        return path.is_file()
    except OSError:
        return False


def readable(text: str) -> str:
    """Return a file's name, or what names one, as it can be written anywhere, in one line.

    A name on disk is bytes: what is not UTF-8 has become lone surrogates, which no encoding takes.
    """
    unreadable = {"Cc", "Cs", "Zl", "Zp"}  # Unicode categories: control, surrogate, separators
    return "".join("\ufffd" if unicodedata.category(c) in unreadable else c for c in text)


def _is_missing(path: Path) -> bool:
    try:
        path.lstat()
    except OSError as error:
        return isinstance(error, FileNotFoundError)
    return False
