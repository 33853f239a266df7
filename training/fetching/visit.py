"""Downloads what the page lists, game by game, and reports the results."""

from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from training.errors import TrainingError
from training.failures import reason
from training.fetching.download import Asker, Pace
from training.fetching.errors import FileError, PageError
from training.fetching.files import has_pieces
from training.fetching.games import Source
from training.fetching.page import Game, read_page
from training.fetching.pieces import Fetched, fetch_game
from training.fetching.sources import SOURCES, is_complete
from training.fetching.wanted import find_wanted
from training.settings import VGMUSIC_PIANO

MOST_PAGE_BYTES = 4 << 20
_MOST_FAILED_SAID = 10
_DEFAULT_PACE = Pace()


def fetch(
    sources: Sequence[Source],
    data_dir: Path,
    page_url: str = VGMUSIC_PIANO,
    *,
    say: Callable[[str], None] = print,
    pace: Pace = _DEFAULT_PACE,
) -> tuple[Fetched, ...]:
    """Fetch the pieces of some games into `<data_dir>/<game>/`, except those that are there.

    If interrupted, the next call resumes. One piece that fails does not keep the
    others from being fetched.

    Args:
        sources: The games.
        data_dir: One folder per game.
        page_url: The page that lists them; what it links to must lie in its folder.
        say: Receives a message about each game.
        pace: How long to wait.

    Raises:
        NoAnswerError: The page's server does not answer.
        PageError: The page is not what it was.
        WritingError: A piece cannot be written.
    """
    if not sources:
        return ()
    asker = Asker(pace)
    games, page_url = _ask_for_page(asker, page_url)
    fetched = []
    for wanted in find_wanted(sources, games):
        one = fetch_game(wanted, data_dir / wanted.game, page_url, asker)
        _tell(one, urlsplit(page_url).netloc, say)
        fetched.append(one)
    return tuple(fetched)


def fetch_missing(
    sources: Sequence[Source],
    data_dir: Path,
    page_url: str = VGMUSIC_PIANO,
    *,
    say: Callable[[str], None] = print,
    pace: Pace = _DEFAULT_PACE,
) -> tuple[Fetched, ...]:
    """Fetch what is missing, if that is possible, and otherwise say why and go on without.

    Missing are the pieces of a game that has none at all, and the rest of a game whose fetching
    was interrupted. A folder that someone filled is left as it is. The arguments are `fetch`'s.
    """
    try:
        missing = [source for source in sources if _is_missing(data_dir / source.game)]
        if missing:
            games = ", ".join(dict.fromkeys(source.game for source in missing))
            host = urlsplit(page_url).netloc
            say(f"asking {host} for the pieces of {games} (FETCH=0: do not ask)")
        return fetch(missing, data_dir, page_url, say=say, pace=pace)
    except (TrainingError, OSError) as error:
        say(f"going on without fetching: {reason(error)}")
        return ()


def _is_missing(folder: Path) -> bool:
    return not is_complete(folder) if (folder / SOURCES).exists() else not has_pieces(folder)


def _ask_for_page(asker: Asker, page_url: str) -> tuple[tuple[Game, ...], str]:
    """Read the page; its URL can have changed by a redirection."""
    try:
        answer = asker.ask(page_url, MOST_PAGE_BYTES)
        return read_page(answer.body, answer.charset), answer.url
    except (FileError, PageError) as error:
        raise PageError(f"{page_url} is not the list of pieces that it was: {error}") from error


def _tell(one: Fetched, host: str, say: Callable[[str], None]) -> None:
    for title in one.unlisted:
        say(f"{one.game}: {host} lists no {title!r}")
    if one.pieces:
        pieces = f"{len(one.pieces)} piece{'s' if len(one.pieces) > 1 else ''}"
        say(f"{one.game}: {pieces} of {host}, {one.new} of them new; who made them: {SOURCES}")
    for failure in one.failed[:_MOST_FAILED_SAID]:
        say(f"{one.game}: without {failure.title!r}: {failure.reason}")
    if len(one.failed) > _MOST_FAILED_SAID:
        say(f"{one.game}: and without {len(one.failed) - _MOST_FAILED_SAID} others")
