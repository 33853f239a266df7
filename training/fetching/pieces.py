"""Downloads and checks the pieces of one game, and lists them in SOURCES.md."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from training.fetching.download import Session
from training.fetching.errors import FileError, NoResponseError
from training.fetching.files import md5, midi_by_md5
from training.fetching.links import piece_name, piece_url
from training.fetching.page import Failed, Song
from training.fetching.sources import named_in_sources, write_sources
from training.fetching.wanted import Wanted
from training.writing import write_whole

MOST_PIECE_BYTES = 1 << 20


@dataclass(frozen=True)
class Fetched:
    """The result for one game.

    Attributes:
        game: The collection's name.
        pieces: The checked files of the listed pieces that now exist, in the page's order.
        new: How many of them this call fetched.
        failed: The pieces that could not be fetched, with reasons.
        unlisted: The titles that are not on the page.
    """

    game: str
    pieces: tuple[Path, ...]
    new: int
    failed: tuple[Failed, ...]
    unlisted: tuple[str, ...]


def fetch_game(wanted: Wanted, folder: Path, page_url: str, session: Session) -> Fetched:
    """Fetch the missing pieces one after another; one that fails does not stop the others.

    Raises:
        WritingError: A piece cannot be written.
    """
    there = midi_by_md5(folder)
    missing = [song for song in wanted.songs if song.md5 not in there]
    failed = list(wanted.failed)
    _write_sources(wanted, there, folder, page_url)
    for song in _with_bar(missing, wanted.game):
        try:
            there[song.md5] = _fetch_piece(song, folder, page_url, session)
        except (FileError, NoResponseError) as error:
            failed.append(Failed(song.title, str(error)))
        else:
            _write_sources(wanted, there, folder, page_url)  # each time: it can be interrupted
    pieces = tuple(there[song.md5] for song in wanted.songs if song.md5 in there)
    new = sum(song.md5 in there for song in missing)
    return Fetched(wanted.game, pieces, new, tuple(failed), wanted.unlisted)


def _fetch_piece(song: Song, folder: Path, page_url: str, session: Session) -> Path:
    url = piece_url(song.href, page_url)
    if not 0 < song.size_bytes <= MOST_PIECE_BYTES:
        raise FileError(
            f"the page says that it has {song.size_bytes} bytes; "
            f"1 to {MOST_PIECE_BYTES} are accepted"
        )
    body = session.get(url, song.size_bytes).body
    if len(body) != song.size_bytes:
        raise FileError(f"it has {len(body)} bytes; the page says {song.size_bytes}")
    if md5(body) != song.md5:
        raise FileError(f"its MD5 is {md5(body)}; the page says {song.md5}")
    path = folder / _free_name(piece_name(url), song, folder)
    write_whole(path, body)
    return path


def _free_name(name: str, song: Song, folder: Path) -> str:
    """Replace a damaged file of an earlier download; never a user's file or another piece's."""
    taken = {path.name.casefold(): path for path in folder.glob("*")}
    holder = taken.get(name.casefold())
    if holder is None or named_in_sources(folder).get(holder.name) == song.md5:
        return holder.name if holder else name
    return f"{Path(name).stem}-{song.md5[:8]}{Path(name).suffix}"


def _write_sources(wanted: Wanted, there: dict[str, Path], folder: Path, page_url: str) -> None:
    pieces = {there[song.md5]: song for song in wanted.songs if song.md5 in there}
    if pieces:
        write_sources(
            folder,
            pieces,
            titles=wanted.titles,
            listed=len(wanted.songs) + len(wanted.failed),
            page_url=page_url,
        )


def _with_bar(songs: list[Song], game: str) -> Iterable[Song]:
    return tqdm(songs, f"{game}: fetching", unit="piece") if songs else songs
