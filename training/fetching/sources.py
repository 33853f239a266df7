"""SOURCES.md: where the pieces of a folder come from, and who sequenced them."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urljoin

from training.corpus.file_tree import readable
from training.fetching.files import md5_of
from training.fetching.page import Song
from training.writing import write_whole

SOURCES = "SOURCES.md"
_ROW = re.compile(r"\| `([^`|]+)` \| .* \| ([0-9a-f]{32}) \| <.*> \|")
_COUNTS = re.compile(r"^(\d+) of the (\d+) pieces", re.MULTILINE)
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#|!&~])")


def write_sources(
    folder: Path, pieces: Mapping[Path, Song], *, titles: Sequence[str], listed: int, page_url: str
) -> None:
    """Rewrite SOURCES.md; earlier pieces stay in it, even if the page no longer lists them.

    Args:
        folder: The game's folder.
        pieces: The existing files of the listed pieces.
        titles: The game's titles on the page.
        listed: How many pieces the page lists.
        page_url: The URL of the page.
    """
    rows = {
        _name(path, folder): _row(path, song, folder, page_url) for path, song in pieces.items()
    }
    before = {name: row for name, row in _rows(folder).items() if (folder / name).is_file()}
    text = [
        "# Where these pieces come from",
        "",
        f"{len(pieces)} of the {listed} pieces that <{page_url}>",
        f"lists for {', '.join(map(_escaped, titles))}.",
        "Each is the work of the person who sequenced it.",
        "",
        "| file | title | sequenced by | bytes | MD5 | page |",
        "| --- | --- | --- | --- | --- | --- |",
        *(row for _, row in sorted((before | rows).items())),
        "",
    ]
    write_whole(folder / SOURCES, "\n".join(text).encode())


def named_in_sources(folder: Path) -> dict[str, str]:
    """Return the MD5 of each file that was fetched into this folder, as it was then."""
    rows = (_ROW.fullmatch(line) for line in _rows(folder).values())
    return {row[1]: row[2] for row in rows if row}


def is_complete(folder: Path) -> bool:
    """Return whether all pieces on the page were fetched and still exist."""
    counts = _COUNTS.search(_read(folder))
    if not counts or counts[1] != counts[2]:
        return False
    return all(md5_of(folder / name) == md5 for name, md5 in named_in_sources(folder).items())


def _row(path: Path, song: Song, folder: Path, page_url: str) -> str:
    about = urljoin(page_url, f"/file/{song.md5}.html")
    title, sequenced_by = _escaped(song.title), _escaped(song.sequenced_by) or "unknown"
    cells = (f"`{_name(path, folder)}`", title, sequenced_by, song.size_bytes, song.md5)
    return f"| {' | '.join(map(str, cells))} | <{about}> |"


def _rows(folder: Path) -> dict[str, str]:
    lines = _read(folder).splitlines()
    return {row[1]: row[0] for row in map(_ROW.fullmatch, lines) if row}


def _read(folder: Path) -> str:
    try:
        return (folder / SOURCES).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _name(path: Path, folder: Path) -> str:
    return re.sub(r"[`|\s]", " ", readable(path.relative_to(folder).as_posix()))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
