"""The existing files of a game's folder."""

import hashlib
from pathlib import Path

from music.reading import MIDI_SUFFIXES, PIECE_SUFFIXES
from training.corpus.file_tree import files_below


def md5(body: bytes) -> str:
    """Return the MD5 of a body, as on the page. It detects damage and does not prove the origin."""
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def md5_of(path: Path) -> str | None:
    """Return the MD5 of a file's body, or None if the file cannot be read."""
    try:
        return md5(path.read_bytes())
    except OSError:
        return None


def midi_by_md5(folder: Path) -> dict[str, Path]:
    """Find the MIDI files of a folder, with any names."""
    found = (path for path in sorted(files_below(folder)) if path.suffix.lower() in MIDI_SUFFIXES)
    return {name: path for path in found if (name := md5_of(path))}


def has_pieces(folder: Path) -> bool:
    """Return whether a folder contains any piece, of any format and from any source."""
    return any(path.suffix.lower() in PIECE_SUFFIXES for path in files_below(folder))
