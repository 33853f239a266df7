"""Caches the pieces read from files, by the content of the file."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from music.errors import UnreadablePieceError
from music.expression.articulation import as_written
from music.notes import Notes
from music.performance import Performance
from music.piece import Piece, TempoChange, TimeSignature
from music.players.line_up import LineUp
from music.reading import MIDI_SUFFIXES, read_piece
from training.corpus.file_tree import readable
from training.errors import WritingError
from training.writing import stream_whole

CACHE_DIR = Path(".cache/pieces")
READER_VERSION = 10  # raise it when reading changes, to read everything again


@dataclass(frozen=True)
class Reading:
    """The result of reading a file.

    Attributes:
        path: The file.
        digest: SHA-256 of its content, hexadecimal.
        piece: The piece, or None.
        reason: Why the file could not be read, or "".
    """

    path: Path
    digest: str
    piece: Piece | None
    reason: str = ""


def read_cached(
    path: Path, cache_dir: Path, *, repeats: bool = True, band: bool = False
) -> Reading:
    """Read a piece, or load it from the cache if the same content was read before.

    Args:
        path: The file.
        cache_dir: The folder of the cache.
        repeats: Whether the repeats of a score are played; otherwise every measure is played once.
        band: Whether it is read as a band; otherwise its parts are merged, without drums.
    """
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return Reading(path, "", None, f"cannot be opened: {error.strerror}")
    how = f"{READER_VERSION}{'' if repeats else '-once'}{'-band' if band else ''}"
    kept = cache_dir / f"{digest}-{path.suffix.lower()[1:]}-{how}.npz"
    reading = _load(kept, path, digest)
    if reading is None:
        reading = _read(path, digest, repeats=repeats, band=band)
        if reading.piece:  # failures are not cached: another version of a library may succeed
            with suppress(WritingError):  # for example, a full disk: read it again next time
                _save(kept, reading.piece)
    return reading


def _read(path: Path, digest: str, *, repeats: bool, band: bool) -> Reading:
    try:
        piece = read_piece(path, repeats=repeats, band=band)
    except UnreadablePieceError as error:
        return Reading(path, digest, None, str(error))
    except OSError as error:
        return Reading(path, digest, None, f"cannot be opened: {error.strerror}")
    except MemoryError:
        return Reading(path, digest, None, "there is not enough memory to read it")
    piece = replace(piece, name=readable(path.stem))
    if path.suffix.lower() in MIDI_SUFFIXES:  # scores have written lengths already
        piece = replace(piece, notes=as_written(piece.notes))
    return Reading(path, digest, piece)


def _load(kept: Path, path: Path, digest: str) -> Reading | None:
    try:
        with kept.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return Reading(path, digest, _piece(readable(path.stem), arrays))
    except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile):
        return None  # missing or broken: read the file again


def _piece(name: str, arrays: Mapping[str, NDArray[Any]]) -> Piece:
    """Restore a piece from the arrays written by `_save`."""
    fields = json.loads(str(arrays["fields"]))
    return Piece(
        name,
        Notes(*arrays["notes"]),
        tuple(TempoChange(*change) for change in fields["tempos"]),
        tuple(TimeSignature(*signature) for signature in fields["time_signatures"]),
        tuple(fields["warnings"]),
        Performance(arrays["velocity"], arrays["sounding_ticks"]) if "velocity" in arrays else None,
        LineUp.of(dict(fields["line_up"])),
    )


def _save(kept: Path, piece: Piece) -> None:
    fields = {
        "tempos": [(change.start_ticks, change.bpm) for change in piece.tempos],
        "time_signatures": [
            (each.start_ticks, each.numerator, each.denominator) for each in piece.time_signatures
        ],
        "warnings": piece.warnings,
        "line_up": [(player.role, player.program) for player in piece.line_up.players],
    }
    arrays: dict[str, Any] = {
        "notes": np.stack(piece.notes.columns),
        "fields": np.array(json.dumps(fields)),
    }
    if piece.performance is not None:
        arrays |= {
            "velocity": piece.performance.velocity,
            "sounding_ticks": piece.performance.sounding_ticks,
        }
    stream_whole(kept, lambda file: np.savez(file, **arrays))
