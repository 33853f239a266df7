"""Finds the pieces of the requested games on the page."""

from collections.abc import Iterable
from dataclasses import dataclass

from training.fetching.errors import PageError
from training.fetching.games import Source
from training.fetching.page import Failed, Game, Song
from training.fetching.titles import same_title

MOST_PIECES = 500  # of one game; a page with more is not trusted


@dataclass(frozen=True)
class Wanted:
    """A requested game, and its pieces on the page.

    Attributes:
        game: The collection's name.
        titles: Its titles on the page.
        unlisted: The titles that are not on the page.
        songs: Each once, in the page's order.
        failed: The rows that cannot be read.
    """

    game: str
    titles: tuple[str, ...]
    unlisted: tuple[str, ...]
    songs: tuple[Song, ...]
    failed: tuple[Failed, ...]


def find_wanted(sources: Iterable[Source], games: Iterable[Game]) -> tuple[Wanted, ...]:
    """Find every game once, even if it has several titles.

    Raises:
        PageError: The page lists more pieces of a game than `MOST_PIECES`.
    """
    titles: dict[str, list[str]] = {}
    for source in sources:
        titles.setdefault(source.game, []).append(source.title)
    return tuple(_wanted(game, tuple(own), tuple(games)) for game, own in titles.items())


def _wanted(game: str, titles: tuple[str, ...], games: tuple[Game, ...]) -> Wanted:
    listed = [one for one in games if any(same_title(one.title, title) for title in titles)]
    unlisted = [t for t in titles if not any(same_title(one.title, t) for one in listed)]
    songs = {song.md5: song for one in listed for song in one.songs}
    failed = tuple(failure for one in listed for failure in one.failed)
    number = len(songs) + len(failed)
    if number > MOST_PIECES:
        raise PageError(
            f"the page lists {number} pieces of {game}; at most {MOST_PIECES} are accepted"
        )
    return Wanted(game, titles, tuple(unlisted), tuple(songs.values()), failed)
