"""Checks where a link leads, and chooses a file's name. No link is trusted."""

import re
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit, urlunsplit

from music.reading import MIDI_SUFFIXES
from training.fetching.errors import FileError

_PORTS = {"http": 80, "https": 443}
_NOT_QUOTED = "%/:@!$&'()*+,;=~"  # includes %, so that quoted characters stay unchanged
_INVALID_IN_NAMES = re.compile(r"[^\w .,()'!&+=-]")
_LONGEST_STEM_BYTES = 120  # a file name has up to 255; the rest is for additions


def folder_of(url: str) -> str:
    """Return the folder of a URL, with a slash at the end."""
    return urljoin(url, ".")


def is_inside(url: str, folder: str) -> bool:
    """Return whether a URL stays on the folder's host and below the folder, over http or https."""
    try:
        there, here = urlsplit(url), urlsplit(folder)
        same_server = _server(there) in {_server(here), _with_encryption(here)}
    except ValueError:
        return False
    path = unquote(there.path)
    steps = re.split(r"[/\\]", path)
    below = path.startswith(unquote(here.path)) and not {".", ".."} & set(steps)
    return same_server and below and there.username is None


def piece_url(href: str, page_url: str) -> str:
    """Complete a link of the page.

    Raises:
        FileError: It leads out of the page's folder, or not to a MIDI file.
    """
    try:
        parts = urlsplit(urljoin(page_url, href.strip()))
    except ValueError as error:
        raise FileError(f"its link {_shown(href)} is not valid: {error}") from error
    url = urlunsplit(parts._replace(path=quote(parts.path, _NOT_QUOTED), query="", fragment=""))
    if parts.query or not is_inside(url, folder_of(page_url)):
        raise FileError(f"its link {_shown(href)} leads out of {folder_of(page_url)}")
    if PurePosixPath(parts.path).suffix.lower() not in MIDI_SUFFIXES:
        kinds = " or ".join(sorted(MIDI_SUFFIXES))
        raise FileError(f"its link {_shown(href)} does not end in {kinds}")
    return url


def piece_name(url: str) -> str:
    """Choose a file name: the link's own, without characters that are invalid in file systems."""
    path = PurePosixPath(unicodedata.normalize("NFC", unquote(urlsplit(url).path)))
    stem = _INVALID_IN_NAMES.sub("_", path.stem).strip(" .-")
    short = stem.encode()[:_LONGEST_STEM_BYTES].decode(errors="ignore")
    return f"{short or 'piece'}{path.suffix.lower()}"


def _server(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _with_encryption(parts: SplitResult) -> tuple[str, str | None, int | None]:
    """Return the same server over https: it may redirect from http to https, not the reverse."""
    plain = _server(parts)[::2] == ("http", _PORTS["http"])
    return ("https", parts.hostname, _PORTS["https"]) if plain else _server(parts)


def _shown(href: str) -> str:
    return repr(href if len(href) <= 100 else f"{href[:100]}…")
