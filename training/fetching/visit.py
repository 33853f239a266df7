"""Downloads the pieces on the page, game by game, and reports the results."""

from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from training.errors import TrainingError
from training.failures import reason
from training.fetching.download import Pace, Session
from training.fetching.errors import FileError, PageError
from training.fetching.files import has_pieces
from training.fetching.games import Source
from training.fetching.page import Game, read_page
from training.fetching.pieces import Fetched, fetch_game
from training.fetching.sources import SOURCES, is_complete
from training.fetching.wanted import find_wanted
from training.settings import VGMUSIC_PIANO

MOST_PAGE_BYTES = 4 << 20
_MOST_FAILURES_REPORTED = 10
_DEFAULT_PACE = Pace()


def fetch(
    sources: Sequence[Source],
    data_dir: Path,
    page_url: str = VGMUSIC_PIANO,
    *,
    say: Callable[[str], None] = print,
    pace: Pace = _DEFAULT_PACE,
) -> tuple[Fetched, ...]:
    """Fetch the missing pieces of some games into `<data_dir>/<game>/`.

    If interrupted, the next call resumes. A piece that fails does not stop the others.

    Args:
        sources: The games.
        data_dir: One folder per game.
        page_url: The page that lists them; what it links to must lie in its folder.
        say: Receives a message about each game.
        pace: How long to wait.

    Raises:
        NoResponseError: The page's server does not respond.
        PageError: The page no longer has the expected table.
        WritingError: A piece cannot be written.
    """
    if not sources:
        return ()
    session = Session(pace)
    games, page_url = read_games(session, page_url)
    fetched = []
    for wanted in find_wanted(sources, games):
        one = fetch_game(wanted, data_dir / wanted.game, page_url, session)
        report(one, urlsplit(page_url).netloc, say)
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
    """Fetch missing pieces if possible; otherwise report the reason and continue without them.

    This fetches the pieces of games that have none, and the rest if fetching was interrupted. It
    does not change a folder that a user filled. The arguments are those of `fetch`.
    """
    try:
        missing = [source for source in sources if _is_missing(data_dir / source.game)]
        if missing:
            games = ", ".join(dict.fromkeys(source.game for source in missing))
            host = urlsplit(page_url).netloc
            say(f"fetching the pieces of {games} from {host} (FETCH=0 turns this off)")
        return fetch(missing, data_dir, page_url, say=say, pace=pace)
    except (TrainingError, OSError) as error:
        say(f"continuing without fetching: {reason(error)}")
        return ()


def _is_missing(folder: Path) -> bool:
    return not is_complete(folder) if (folder / SOURCES).exists() else not has_pieces(folder)


def read_games(session: Session, page_url: str) -> tuple[tuple[Game, ...], str]:
    """Read the games of a page, and return its URL after redirections too.

    Raises:
        NoResponseError: The page's server does not respond.
        PageError: The page does not have the expected table.
    """
    try:
        response = session.get(page_url, MOST_PAGE_BYTES)
        return read_page(response.body, response.charset), response.url
    except (FileError, PageError) as error:
        raise PageError(f"{page_url} does not have the expected list of pieces: {error}") from error


def report(one: Fetched, host: str, say: Callable[[str], None]) -> None:
    """Report the result for one game."""
    for title in one.unlisted:
        say(f"{one.game}: {host} does not list {title!r}")
    if one.pieces:
        pieces = f"{len(one.pieces)} piece{'s' if len(one.pieces) > 1 else ''}"
        say(f"{one.game}: {pieces} from {host}, {one.new} of them new; {SOURCES} lists the authors")
    for failure in one.failed[:_MOST_FAILURES_REPORTED]:
        say(f"{one.game}: not fetched: {failure.title!r}: {failure.reason}")
    if len(one.failed) > _MOST_FAILURES_REPORTED:
        say(f"{one.game}: not fetched: {len(one.failed) - _MOST_FAILURES_REPORTED} others")
