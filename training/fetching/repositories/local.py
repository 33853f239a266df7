"""Finds a source's files in folders, by their content."""

import hashlib
from pathlib import Path

from training.corpus.file_tree import files_below
from training.errors import SettingsError
from training.fetching.repositories.sources import Source


def folder_in(base_dir: Path | None, source: Source) -> Path | None:
    """Find a source's folder in BASE_DIR; None if it has none, or BASE_DIR is not set.

    Raises:
        SettingsError: BASE_DIR is no folder.
    """
    if not base_dir:
        return None
    if not base_dir.is_dir():
        raise SettingsError(f"BASE_DIR is {str(base_dir)!r}; there is no such folder")
    folder = base_dir / source.folder
    return folder if folder.is_dir() else None


def files_by_sha256(folder: Path, source: Source) -> dict[str, Path]:
    """Find the readable files below a folder that have a suffix of the source's files."""
    found: dict[str, Path] = {}
    for path in sorted(files_below(folder)):
        if path.suffix.lower() in source.suffixes:
            found.setdefault(_sha256_of(path), path)
    return found


def missing_in(folder: Path, source: Source) -> dict[str, str]:
    """Return the SHA-256 of each of a source's files that a folder lacks, by the file's name."""
    there = files_by_sha256(folder, source)
    return {name: digest for name, digest in source.files.items() if digest not in there}


def _sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, or "" for one that cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
