"""Reads a collection: its pieces, and the files that were set aside, with reasons."""

import hashlib
import multiprocessing
import os
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tqdm import tqdm

from music.codec import Codec, learn_codec
from music.piece import Piece
from music.reading import SCORE_SUFFIXES
from training.corpus.cache import CACHE_DIR, Reading, read_cached
from training.corpus.collections import Collection
from training.corpus.file_tree import readable
from training.errors import CollectionError

FEWEST_NOTES = 16  # shorter pieces are set aside


@dataclass(frozen=True)
class SetAside:
    """A file that is not learned from, and the reason."""

    path: Path
    reason: str

    @property
    def name(self) -> str:
        """The file's name, printable in every encoding."""
        return readable(self.path.name)


@dataclass(frozen=True)
class Corpus:
    """The pieces of a collection, each once, in the order of their files.

    Attributes:
        collection: The collection.
        pieces: The pieces.
        files: The file of each piece.
        set_aside: The files that were set aside, with reasons.
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
        """The median tempo of the pieces."""
        return statistics.median_low(piece.tempo_bpm for piece in self.pieces)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Messages about files that were set aside, and parts that were left out or repaired."""
        set_aside = (f"set aside {file.name}: {file.reason}" for file in self.set_aside)
        warnings = (
            f"{readable(path.name)}: {warning}"
            for path, piece in zip(self.files, self.pieces, strict=True)
            for warning in piece.warnings
        )
        return (*set_aside, *warnings)

    @property
    def is_band(self) -> bool:
        """Whether more than half of the pieces are for more or other than one piano."""
        return 2 * sum(not piece.line_up.is_piano for piece in self.pieces) > len(self.pieces)

    def codec(self, name: str) -> Codec:
        """Create the codec with that name for all pieces.

        Raises:
            CodecError: There is no codec of that name.
        """
        return learn_codec(name, [piece.notes for piece in self.pieces])


def read_corpus(
    collection: Collection,
    cache_dir: Path = CACHE_DIR,
    *,
    repeats: bool = True,
    band: bool | None = None,
) -> Corpus:
    """Read every file of a collection; files that cannot be read are set aside.

    Args:
        collection: The collection.
        cache_dir: The folder of the cache.
        repeats: Whether the repeats of scores are played; otherwise every measure is played once.
        band: Whether pieces are read as a band, or for one piano. If None, the collection says so,
            or else its pieces: as a band if most are for one (`Corpus.is_band`).

    Raises:
        CollectionError: No file has enough music.
    """
    decided = collection.band if band is None else band
    read = partial(_read, collection, cache_dir, repeats=repeats)
    corpus = read(band=decided is not False)
    if decided is None and not corpus.is_band:
        corpus = read(band=False)
    if not corpus.pieces:
        reasons = "; ".join(f"{file.name}: {file.reason}" for file in corpus.set_aside)
        raise CollectionError(f"no piece to learn from ({reasons})")
    return corpus


def _read(collection: Collection, cache_dir: Path, *, repeats: bool, band: bool) -> Corpus:
    seen: dict[str, str] = {}
    pieces: list[Piece] = []
    files: list[Path] = []
    set_aside: list[SetAside] = []
    for reading in _read_all(collection, cache_dir, repeats=repeats, band=band):
        reason = _why_not(reading, seen)
        if reason:
            set_aside.append(SetAside(reading.path, readable(reason)))
        elif reading.piece:
            seen[_fingerprint(reading.piece)] = reading.path.name
            pieces.append(reading.piece)
            files.append(reading.path)
    return Corpus(collection, tuple(pieces), tuple(files), tuple(set_aside))


def _why_not(reading: Reading, seen: dict[str, str]) -> str:
    if reading.piece is None:
        return reading.reason
    if len(reading.piece.notes) < FEWEST_NOTES:
        return f"only {len(reading.piece.notes)} notes; at least {FEWEST_NOTES} are needed"
    twin = seen.get(_fingerprint(reading.piece))
    return f"the same piece as {twin}" if twin else ""


def _fingerprint(piece: Piece) -> str:
    """Return a hash of a piece's notes, to recognise a copy in another file."""
    return hashlib.sha256(b"".join(c.tobytes() for c in piece.notes.columns)).hexdigest()


def _read_all(
    collection: Collection, cache_dir: Path, *, repeats: bool, band: bool
) -> Iterator[Reading]:
    read = partial(read_cached, cache_dir=cache_dir, repeats=repeats, band=band)
    # A score takes tenths of a second, a MIDI file milliseconds.
    if any(path.suffix.lower() in SCORE_SUFFIXES for path in collection.files):
        yield from _with_bar(_in_processes(read, collection.files), collection)
    else:
        yield from map(read, collection.files)


def _in_processes(read: Callable[[Path], Reading], files: Sequence[Path]) -> Iterator[Reading]:
    """Read files on all cores; a file that ends its process (by its memory) is set aside."""
    while files:
        done = 0
        try:
            with _processes(os.cpu_count()) as pool:
                for reading in pool.map(read, files):
                    yield reading
                    done += 1
        except BrokenProcessPool:
            yield _alone(read, files[done])  # this file, or one that was read at the same time
            done += 1
        files = files[done:]


def _alone(read: Callable[[Path], Reading], path: Path) -> Reading:
    try:
        with _processes(1) as pool:
            return pool.submit(read, path).result()
    except BrokenProcessPool:
        return Reading(path, "", None, "reading it ended the reading process")


def _processes(count: int | None) -> ProcessPoolExecutor:
    # Forking would copy TensorFlow's threads.
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))


def _with_bar(readings: Iterable[Reading], collection: Collection) -> Iterable[Reading]:
    return tqdm(readings, f"{collection.game}: reading", total=len(collection.files), unit="piece")
