"""A collection, read: its pieces, and what was set aside and why."""

import hashlib
import multiprocessing
import os
import statistics
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tqdm import tqdm

from music.codec import Codec, learn_codec
from music.piece import Piece
from music.reading import MIDI_SUFFIXES
from training.cache import CACHE_DIR, Reading, read_cached
from training.collections import Collection
from training.errors import CollectionError

FEWEST_NOTES = 16  # below this there is nothing to learn from


@dataclass(frozen=True)
class SetAside:
    """A file that is not learned from."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Corpus:
    """The pieces of a collection, each once, in the order of their files.

    Attributes:
        collection: Which.
        pieces: What was read.
        files: Where each piece was read from.
        set_aside: What was not, and why.
    """

    collection: Collection
    pieces: tuple[Piece, ...]
    files: tuple[Path, ...]
    set_aside: tuple[SetAside, ...]

    @property
    def notes(self) -> int:
        """Count the notes of all pieces."""
        return sum(len(piece.notes) for piece in self.pieces)

    @property
    def tempo_bpm(self) -> float:
        """The tempo of the piece in the middle."""
        return statistics.median_low(piece.tempo_bpm for piece in self.pieces)

    def codec(self, name: str) -> Codec:
        """Make the codec of that name that can write all pieces.

        Raises:
            CodecError: There is no codec of that name.
        """
        return learn_codec(name, [piece.notes for piece in self.pieces])


def read_corpus(collection: Collection, cache_dir: Path = CACHE_DIR) -> Corpus:
    """Read every file of a collection; what cannot be read is set aside, and the others go on.

    Raises:
        CollectionError: Not one file held enough music.
    """
    seen: dict[str, str] = {}
    pieces: list[Piece] = []
    files: list[Path] = []
    set_aside: list[SetAside] = []
    for reading in _read_all(collection, cache_dir):
        reason = _why_not(reading, seen)
        if reason:
            set_aside.append(SetAside(reading.path, reason))
        elif reading.piece:
            seen[_fingerprint(reading.piece)] = reading.path.name
            pieces.append(reading.piece)
            files.append(reading.path)
    if not pieces:
        reasons = "; ".join(f"{s.path.name}: {s.reason}" for s in set_aside)
        raise CollectionError(f"{collection.game} has no piece to learn from ({reasons})")
    return Corpus(collection, tuple(pieces), tuple(files), tuple(set_aside))


def _why_not(reading: Reading, seen: dict[str, str]) -> str:
    if reading.piece is None:
        return reading.reason
    if len(reading.piece.notes) < FEWEST_NOTES:
        return f"only {len(reading.piece.notes)} notes; at least {FEWEST_NOTES} are needed"
    twin = seen.get(_fingerprint(reading.piece))
    return f"the same piece as {twin}" if twin else ""


def _fingerprint(piece: Piece) -> str:
    """Name a piece by its notes, so that a copy in another file is still the same piece."""
    return hashlib.sha256(b"".join(c.tobytes() for c in piece.notes.columns)).hexdigest()


def _read_all(collection: Collection, cache_dir: Path) -> Iterator[Reading]:
    read = partial(read_cached, cache_dir=cache_dir)
    if all(path.suffix.lower() in MIDI_SUFFIXES for path in collection.files):
        yield from map(read, collection.files)  # milliseconds: no bar, no processes
        return
    # Scores take tenths of a second each. Forking would copy threads that TensorFlow has started.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        readings = pool.map(read, collection.files, chunksize=4)
        yield from _with_bar(readings, collection)


def _with_bar(readings: Iterable[Reading], collection: Collection) -> Iterable[Reading]:
    return tqdm(readings, f"{collection.game}: reading", total=len(collection.files), unit="piece")
