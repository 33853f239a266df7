"""The files below a folder, including those behind symbolic links."""

import unicodedata
from collections.abc import Iterator
from pathlib import Path

from training.errors import CollectionError

MOST_FILES = 200_000  # including folders; the largest published collections have fewer


def files_below(folder: Path) -> Iterator[Path]:
    """Find the files below a folder, including folders behind symbolic links.

    Each folder is read once, so links may form cycles. Names that begin with a dot are left out,
    and so is everything that is neither a file nor a folder.

    Args:
        folder: The top folder, which may be missing.

    Yields:
        Files, dangling links and folders that cannot be listed; opening the latter two raises an
        error with the reason.

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
                f"{folder} has more than {MOST_FILES:,} files and folders; does a symbolic link "
                "lead out of it?"
            )
        for path in paths:
            if is_folder(path):
                folders.append(path)
            elif is_file(path) or not path.exists():
                yield path


def visible_in(folder: Path) -> list[Path]:
    """List the entries of a folder that do not begin with a dot, sorted.

    Raises:
        OSError: The folder cannot be listed.
    """
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def is_folder(path: Path) -> bool:
    """Whether a path leads to a folder; True if that cannot be determined."""
    try:
        return path.is_dir()
    except OSError:
        return True


def is_file(path: Path) -> bool:
    """Whether a path leads to a file; False if that cannot be determined."""
    try:
        return path.is_file()
    except OSError:
        return False


def readable(text: str) -> str:
    """Return a file's name in a form that is printable in every encoding, on one line.

    A name on disk is bytes. Python decodes bytes that are not UTF-8 as lone surrogates, which no
    encoding accepts.
    """
    unreadable = {"Cc", "Cs", "Zl", "Zp"}  # Unicode categories: control, surrogate, separators
    return "".join("\ufffd" if unicodedata.category(c) in unreadable else c for c in text)


def _is_missing(path: Path) -> bool:
    try:
        path.lstat()
    except OSError as error:
        return isinstance(error, FileNotFoundError)
    return False
