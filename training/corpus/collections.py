"""Collections: the pieces of each game."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.corpus.file_tree import files_below, is_file, is_folder, visible_in
from training.errors import CollectionError

EMBEDDED = "bach"  # needs no files from users
NAME = re.compile(r"[a-z0-9_]{1,64}")
_NOT_MUSIC = frozenset({"", ".htm", ".html", ".json", ".md", ".toml", ".txt"})
_TABLE = Path(__file__).with_name("collections.toml")
_CHORALES_IN_BASE = frozenset({"bwv269", "bwv347"})  # it has learned Mutopia's editions of them


@dataclass(frozen=True)
class Collection:
    """The music of one game, as files not yet read.

    Attributes:
        game: The name in requests: 1 to 64 of a-z, 0-9 and _.
        title: The game's title.
        files: All files that may contain music, folder by folder, sorted by name. They include
            dangling links and folders that cannot be listed, so that reading reports them.
        band: Whether its pieces are read as a band; None if they decide.
    """

    game: str
    title: str
    files: tuple[Path, ...]
    band: bool | None = None


@dataclass(frozen=True)
class _Entry:
    title: str
    union: tuple[str, ...] = ()
    corpus: str = ""
    band: bool | None = None


def find_collection(game: str, data_dir: Path) -> Collection:
    """Find one collection by name.

    Raises:
        CollectionError: It is unknown or has no files; the message says where to put them. Or
            DATA_DIR cannot be listed, or a folder has too many files.
    """
    entries = _entries(data_dir)
    if game not in entries:
        raise CollectionError(
            f"no collection {game!r}; available: {', '.join(sorted(entries))}. "
            f"To add it, put its pieces into {data_dir / game}/ or run make data GAME={game}"
        )
    collection = _collection(game, entries, data_dir)
    if not collection.files:
        folders = " or ".join(f"{data_dir / name}/" for name in entries[game].union or (game,))
        raise CollectionError(f"{game} has no pieces yet: put its MIDI files into {folders}")
    return collection


def find_games(data_dir: Path) -> tuple[str, ...]:
    """List the collections that have files in `data_dir`, or the embedded one if none has.

    Raises:
        CollectionError: DATA_DIR cannot be listed.
    """
    entries = _entries(data_dir)
    found = tuple(
        game
        for game, entry in entries.items()
        if _games_with_files((*entry.union, game), data_dir) >= (2 if entry.union else 1)
    )
    return found or (EMBEDDED,)


def other_games(collection: Collection, data_dir: Path) -> tuple[Collection, ...]:
    """Find the games that have files in `data_dir` and share none with a collection."""
    entries = _entries(data_dir)
    games = [game for game in entries if not entries[game].union]
    found = [(game, _files_of(game, entries, data_dir)) for game in games]
    return tuple(
        Collection(game, entries[game].title, tuple(files), entries[game].band)
        for game, files in found
        if files and not set(files) & set(collection.files)
    )


def misnamed_folders(data_dir: Path) -> tuple[Path, ...]:
    """Find the folders with files whose names are not valid in requests.

    Raises:
        CollectionError: DATA_DIR cannot be listed.
    """
    folders = [path for path in _folders(data_dir) if not NAME.fullmatch(path.name)]
    return tuple(path for path in folders if any(_files_in(path)))


def _games_with_files(games: tuple[str, ...], data_dir: Path) -> int:
    """Count the games with files: a union of one game would only train that game twice."""
    return sum(any(_files_in(data_dir / game)) for game in games)


def _entries(data_dir: Path) -> dict[str, _Entry]:
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    named = {
        game: _Entry(e["title"], tuple(e.get("union", ())), e.get("corpus", ""), e.get("band"))
        for game, e in table.items()
    }
    folders = [path.name for path in _folders(data_dir)]
    own = [name for name in folders if NAME.fullmatch(name) and name not in named]
    return named | {name: _Entry(name.replace("_", " ").title()) for name in own}


def _folders(data_dir: Path) -> list[Path]:
    """List the folders, and dangling links, which may have led to a folder."""
    try:
        return [path for path in visible_in(data_dir) if is_folder(path) or not path.exists()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CollectionError(f"{data_dir} cannot be listed: {error.strerror}") from error


def _collection(game: str, entries: dict[str, _Entry], data_dir: Path) -> Collection:
    entry = entries[game]
    embedded = _chorales() if entry.corpus else ()
    files = (*embedded, *_files_of(game, entries, data_dir))
    return Collection(game, entry.title, files, entry.band)


def _files_of(game: str, entries: dict[str, _Entry], data_dir: Path) -> list[Path]:
    """List a collection's files below `data_dir`: those of its members and its own."""
    folders = [data_dir / name for name in (*entries[game].union, game)]
    return [path for folder in folders for path in sorted(_files_in(folder))]


def _files_in(folder: Path) -> Iterator[Path]:
    """Find the files that may contain music; only reading them shows whether they do."""
    for path in files_below(folder):
        if path.suffix.lower() not in _NOT_MUSIC or not is_file(path):
            yield path


def _chorales() -> tuple[Path, ...]:
    import music21  # noqa: PLC0415  slow to import, and only this collection needs it

    listed = set(music21.corpus.chorales.Iterator(returnType="filename"))
    names = listed - {f"bach/{name}" for name in _CHORALES_IN_BASE}
    paths = map(Path, music21.corpus.getComposer("bach", fileExtensions=("mxl",)))
    return tuple(sorted(path for path in paths if f"bach/{path.stem}" in names))
