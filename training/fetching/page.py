"""A page is one table. A row of class `header` starts a game, and the rows of its songs follow.

On some pages the class is `gameheader`; their rows of class `header` are heads of columns.

The HTML does not close cells and rows. html5lib reads it as a browser does.
"""

import io
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from xml.etree.ElementTree import Element

import html5lib

from training.fetching.errors import FileError, PageError

_SIZE = re.compile(r"([0-9]{1,12}) bytes?")
_MD5_LINK = re.compile(r".*/file/([0-9a-f]{32})\.html", re.IGNORECASE)
_LONGEST_TEXT = 200
_PARSING_S = 20.0  # a page of the right kind takes a few


@dataclass(frozen=True)
class Song:
    """A row of the table; its contents are not verified."""

    title: str
    href: str
    size_bytes: int
    sequenced_by: str
    md5: str


@dataclass(frozen=True)
class Failed:
    """A piece that was not fetched, and the reason."""

    title: str
    reason: str


@dataclass(frozen=True)
class Game:
    """A game on the page, with the rows that cannot be read as songs."""

    title: str
    songs: tuple[Song, ...]
    failed: tuple[Failed, ...]


def read_page(html: bytes, charset: str | None = None) -> tuple[Game, ...]:
    """Read the games of a page in their order.

    Raises:
        PageError: It is not the table described above.
    """
    rows = list(_rows(html, charset))
    newer = any("gameheader" in _classes(row) for row in rows)
    games = tuple(_games(rows, "gameheader" if newer else "header"))
    if not games:
        raise PageError("it has no row of class 'header', which starts a game")
    failed = [failure for game in games for failure in game.failed]
    if not any(game.songs for game in games):
        why = f"; {failed[0].title!r}: {failed[0].reason}" if failed else ""
        raise PageError(f"none of its {len(failed)} rows can be read as a song{why}")
    return games


def _rows(html: bytes, charset: str | None) -> Iterator[Element]:
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    document: Element = parser.parse(
        _Budgeted(html),
        transport_encoding=charset,
        useChardet=False,  # the result must not depend on other installed packages
    )
    return (row for row in document.iter("tr") if not _holds_a_table(row))


def _holds_a_table(row: Element) -> bool:
    """Whether a row contains other rows: such rows only lay out the page."""
    return next(islice(row.iter("tr"), 1, None), None) is not None


class _Budgeted(io.BytesIO):
    """Bytes that can be read only for a limited time.

    The time to parse tags in a malicious order is quadratic in their number.
    """

    def __init__(self, html: bytes) -> None:
        super().__init__(html)
        self._until_s = time.thread_time() + _PARSING_S

    def read(self, size: int | None = -1, /) -> bytes:
        if time.thread_time() > self._until_s:
            raise PageError(f"its HTML takes more than {_PARSING_S:g} s to parse")
        return super().read(size)


def _games(rows: list[Element], mark: str) -> Iterator[Game]:
    title, songs, failed = "", list[Song](), list[Failed]()
    for row in rows:
        if mark in _classes(row):
            if title:
                yield Game(title, tuple(songs), tuple(failed))
            title, songs, failed = _text(row), [], []
        elif row.find(".//a[@href]") is not None:  # rows without a link are padding
            try:
                songs.append(_song(row.findall("td")))
            except FileError as error:
                failed.append(Failed(_text(row)[:80], str(error)))
    if title:
        yield Game(title, tuple(songs), tuple(failed))


def _classes(row: Element) -> list[str]:
    return row.get("class", "").lower().split()


def _song(cells: list[Element]) -> Song:
    if len(cells) != 4:
        raise FileError(f"its row has {len(cells)} cells; it should have 4")
    title, size, sequenced_by, _ = (_text(cell) for cell in cells)
    size_bytes = _SIZE.fullmatch(size)
    if not size_bytes:
        raise FileError(f"its size is {size[:80]!r}; it should be like '12345 bytes'")
    md5 = _MD5_LINK.fullmatch(_href(cells[3]))
    if not md5:
        raise FileError("its last cell does not link to /file/<MD5>.html")
    href = _href(cells[0])
    if not href:
        raise FileError("its first cell does not link to a file")
    return Song(title or href, href, int(size_bytes[1]), sequenced_by, md5[1].lower())


def _href(cell: Element) -> str:
    link = cell.find(".//a[@href]")
    return "" if link is None else link.get("href", "").strip()


def _text(element: Element) -> str:
    """Return the visible text on one line, without control characters."""
    words = "".join(element.itertext()).split()
    return "".join(c for c in " ".join(words) if c.isprintable())[:_LONGEST_TEXT]
