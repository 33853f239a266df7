"""What the base learns from."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from training.collections import Collection

_TABLE = Path(__file__).with_name("sources.toml")


@dataclass(frozen=True)
class Source:
    """A folder of music21's corpus.

    Attributes:
        folder: Its name there.
        suffixes: Of the files that are taken, without dots.
        encoding: Who encoded them, and on what terms.
        every: Of how many files one is taken.
    """

    folder: str
    suffixes: tuple[str, ...]
    encoding: str
    every: int = 1


def sources() -> tuple[Source, ...]:
    """Read the table of sources."""
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    return tuple(
        Source(s["folder"], tuple(s["suffixes"]), s["encoding"], s.get("every", 1))
        for s in table["source"]
    )


def base_collection() -> Collection:
    """Gather the files of all sources."""
    import music21  # noqa: PLC0415  slow to import, and only the base needs its corpus

    corpus_dir = Path(music21.common.getCorpusFilePath())
    files = [
        path
        for source in sources()
        for suffix in source.suffixes
        for path in sorted((corpus_dir / source.folder).rglob(f"*.{suffix}"))[:: source.every]
    ]
    return Collection("base", "Base", tuple(files))
