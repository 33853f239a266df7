"""The repositories of music, as `sources.toml` and the lists in `files/` say."""

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

_TABLE = Path(__file__).with_name("sources.toml")
_FILES = Path(__file__).with_name("files")


@dataclass(frozen=True)
class Credit:
    """Who made some pieces of a source.

    Attributes:
        author: A name, or what names several people.
        licence: An SPDX identifier, or `public domain`, which has none.
        link: Where the author is found, or "".
        pieces: Patterns of the files' names.
    """

    author: str
    licence: str
    link: str = ""
    pieces: tuple[str, ...] = ("*",)

    def covers(self, file_name: str) -> bool:
        """Whether it is about a file."""
        return any(fnmatchcase(file_name, pattern) for pattern in self.pieces)


@dataclass(frozen=True)
class Source:
    """A repository of music.

    Attributes:
        folder: Its name in BASE_DIR.
        title: What people call it.
        music: What kind of music it holds.
        weight: How often a window of its pieces is read, beside a window of the others.
        band_weight: The same, in learning bands.
        repository: Owner and name on GitHub.
        commit: The state that the base learns from.
        archive_url: Where a gzipped tar archive of that state is, or "" where no archive holds the
            files, because they are built from what is in it.
        statement: What it says of its licence.
        credits: Who made what; the first that covers a file counts.
        notice: What the licence wants to accompany the music, or "".
        files: The SHA-256 of every file's content by its name in BASE_DIR, sorted by name.
    """

    folder: str
    title: str
    music: str
    weight: float
    band_weight: float
    repository: str
    commit: str
    archive_url: str
    statement: str
    credits: tuple[Credit, ...]
    notice: str
    files: dict[str, str]

    @property
    def url(self) -> str:
        """The page that shows the state that the base learns from."""
        return f"https://github.com/{self.repository}/tree/{self.commit}"

    @property
    def suffixes(self) -> frozenset[str]:
        """The suffixes of its files, in small letters and with their dots."""
        return frozenset(Path(name).suffix.lower() for name in self.files)

    def credit_of(self, file_name: str) -> Credit:
        """Say who made a piece."""
        return next(credit for credit in self.credits if credit.covers(file_name))


def read_sources() -> tuple[Source, ...]:
    """Read the table of sources."""
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    return tuple(_source(fields, table["archive"]) for fields in table["source"])


def read_files(text: str) -> dict[str, str]:
    """Read a list of files as `sha256sum` writes it.

    Returns:
        The SHA-256 of each file by its name, sorted by name.
    """
    rows = (line.split("  ", 1) for line in text.splitlines())
    return dict(sorted((name, digest) for digest, name in rows))


def _source(fields: dict[str, Any], archive: str) -> Source:
    files = (_FILES / f"{fields['folder']}.sha256").read_text(encoding="utf-8")
    return Source(
        fields["folder"],
        fields["title"],
        fields["music"],
        fields["weight"],
        fields["band_weight"],
        fields["repository"],
        fields["commit"],
        "" if fields.get("built") else archive.format_map(fields),
        fields["statement"],
        tuple(_credit(credit) for credit in fields["credits"]),
        fields.get("notice", "").strip(),
        read_files(files),
    )


def _credit(fields: dict[str, Any]) -> Credit:
    pieces = tuple(fields.get("pieces", ["*"]))
    return Credit(fields["author"], fields["licence"], fields.get("link", ""), pieces)
