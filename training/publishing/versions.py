"""The versions of games' models: the existing ones, and the highest number ever used."""

import re
from pathlib import Path

from training.publishing.records import is_version, read_record, write_record

HIGHEST = "versions.json"  # game -> the highest version number it has had
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")  # TensorFlow Serving reads an int64


def kept_versions(models_dir: Path, game: str) -> tuple[int, ...]:
    """List the versions of a game that have a folder, in ascending order."""
    names = (path.name for path in (models_dir / game).glob("*") if path.is_dir())
    return tuple(sorted(int(name) for name in names if _NUMBER.fullmatch(name)))


def latest_version(models_dir: Path, game: str) -> int:
    """Return the highest version of a game that has a folder; 0 if there is none."""
    return max(kept_versions(models_dir, game), default=0)


def published_games(models_dir: Path) -> tuple[str, ...]:
    """List the games that have a version."""
    names = (p.name for p in models_dir.iterdir() if p.is_dir() and not p.name.startswith("."))
    return tuple(sorted(name for name in names if kept_versions(models_dir, name)))


def take_number(models_dir: Path, game: str) -> int:
    """Take the next version number of a game; the caller holds the lock.

    No number is used twice, even after its folder is deleted: services cache songs,
    descriptions and states by game and version.

    Raises:
        ExportError: `versions.json` cannot be read.
        WritingError: It cannot be written.
    """
    path = models_dir / HIGHEST
    highest = read_record(path, is_version, "a version number")
    number: int = max(highest.get(game, 0), latest_version(models_dir, game)) + 1
    write_record(path, {**highest, game: number})
    return number
