"""The files of a game's folder: what is there."""

import hashlib
from pathlib import Path

from music.reading import MIDI_SUFFIXES, PIECE_SUFFIXES
from training.corpus.file_tree import files_below


def md5(body: bytes) -> str:
    """Name a body as the page does. MD5 finds damage; it does not prove who made a file."""
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def md5_of(path: Path) -> str | None:
    """Name a file's body, or None where it cannot be read."""
    try:
        return md5(path.read_bytes())
    except OSError:
        return None


def midi_by_md5(folder: Path) -> dict[str, Path]:
    """Find the MIDI files of a folder, whatever they are called."""
    found = (path for path in sorted(files_below(folder)) if path.suffix.lower() in MIDI_SUFFIXES)
    return {name: path for path in found if (name := md5_of(path))}


def has_pieces(folder: Path) -> bool:
    """Return whether a folder holds any piece, of whatever kind and from wherever."""
    return any(path.suffix.lower() in PIECE_SUFFIXES for path in files_below(folder))
