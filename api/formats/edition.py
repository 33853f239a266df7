"""Identifies the code and libraries that write a song, for ETags."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

OURS = tuple(Path(__file__).parents[2] / package for package in ("api", "music"))


@cache
def edition(libraries: tuple[str, ...]) -> str:
    """Identify the release of this code and of the libraries that it calls.

    Args:
        libraries: The names of the installed packages.
    """
    return "-".join((_digest_of(OURS), *(f"{name}={version(name)}" for name in libraries)))


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest_of(packages: tuple[Path, ...]) -> str:
    sources = sorted(source for package in packages for source in package.rglob("*.py"))
    return hashlib.sha256("".join(map(digest_of_file, sources)).encode()).hexdigest()
