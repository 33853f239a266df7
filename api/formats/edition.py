"""What writes the bytes of a song beside its request and its model, as an ETag has to know it."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

OURS = tuple(Path(__file__).parents[2] / package for package in ("api", "music"))


@cache
def edition(libraries: tuple[str, ...]) -> str:
    """Tell this code and the libraries that it calls from every other release of them.

    Args:
        libraries: Their names, as they are installed.
    """
    return "-".join((_digest_of(OURS), *(f"{name}={version(name)}" for name in libraries)))


def digest_of_file(path: Path) -> str:
    """Tell a file's content from any other."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest_of(packages: tuple[Path, ...]) -> str:
    sources = sorted(source for package in packages for source in package.rglob("*.py"))
    return hashlib.sha256("".join(map(digest_of_file, sources)).encode()).hexdigest()
