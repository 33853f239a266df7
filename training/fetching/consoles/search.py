"""Finds a game by its title among those that the pages list."""

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urlsplit

from training.fetching.consoles.pages import Listed, read_consoles
from training.fetching.download import Pace, Session
from training.fetching.errors import AmbiguousGameError, UnknownGameError
from training.fetching.games import Source
from training.fetching.pieces import Fetched, fetch_game
from training.fetching.titles import same_title, title_words
from training.fetching.visit import report
from training.fetching.wanted import find_wanted
from training.settings import VGMUSIC_PIANO

_MOST_NAMED = 10
_MOST_NEAREST = 5
_LEAST_SIMILARITY = 0.5
_DEFAULT_PACE = Pace()


def fetch_from_consoles(
    name: str,
    data_dir: Path,
    page_url: str = VGMUSIC_PIANO,
    *,
    say: Callable[[str], None] = print,
    pace: Pace = _DEFAULT_PACE,
) -> Fetched:
    """Find a game by its title, and fetch its missing pieces into `<data_dir>/<name>/`.

    Args:
        name: The title's words with underscores, such as `chrono_trigger`. The name of a console
            may follow: `tetris_gameboy`.
        data_dir: One folder per game.
        page_url: Any page of the site, or of its mirror.
        say: Receives messages.
        pace: How long to wait.

    Raises:
        NoResponseError: The server does not respond.
        PageError: No page has the expected table, or one lists too many pieces of the game.
        UnknownGameError: No title matches; the message lists the nearest.
        AmbiguousGameError: Several titles match; the message lists them.
        WritingError: A piece cannot be written.
    """
    session = Session(pace)
    listed = read_consoles(session, page_url, say)
    found = find_by_title(name, listed)
    title, url = found[0].game.title, found[0].page_url
    say(f"{name}: {title!r} on {url}")
    (wanted,) = find_wanted([Source(name, title)], [each.game for each in found])
    fetched = fetch_game(wanted, data_dir / name, url, session)
    report(fetched, urlsplit(url).netloc, say)
    return fetched


def find_by_title(name: str, listed: Sequence[Listed]) -> tuple[Listed, ...]:
    """Find the one game that a name means.

    It is the whole title; else the title and the console; else words in the middle of a title.

    Returns:
        The rows of that game on its page: one, or several that have the same title.

    Raises:
        UnknownGameError: No title matches; the message lists the nearest.
        AmbiguousGameError: Several titles match; the message lists them.
    """
    words = title_words(name)
    for fits in (_is_titled, _is_titled_with_console, _contains):
        if matching := [each for each in listed if fits(each, words)]:
            break
    if not matching:
        raise UnknownGameError(f"no page for consoles lists {name!r}{_nearest(words, listed)}")
    first = matching[0]
    same = tuple(each for each in matching if _is_same(each, first))
    if len(same) < len(matching):
        raise AmbiguousGameError(
            f"{name!r} matches several titles: {_shown(matching)}. "
            "GAME takes a whole title, and the console after it, such as "
            f"{'_'.join([*title_words(first.game.title), first.console])}"
        )
    return same


def _is_titled(listed: Listed, words: list[str]) -> bool:
    return bool(words) and title_words(listed.game.title) == words


def _is_titled_with_console(listed: Listed, words: list[str]) -> bool:
    return [*title_words(listed.game.title), listed.console] == words


def _contains(listed: Listed, words: list[str]) -> bool:
    title = title_words(listed.game.title)
    return bool(words) and any(title[n : n + len(words)] == words for n in range(len(title)))


def _is_same(one: Listed, other: Listed) -> bool:
    return one.page_url == other.page_url and same_title(one.game.title, other.game.title)


def _nearest(words: list[str], listed: Sequence[Listed]) -> str:
    by_words = {" ".join(title_words(each.game.title)): each for each in listed}
    near = get_close_matches(" ".join(words), by_words, _MOST_NEAREST, _LEAST_SIMILARITY)
    return f"; the nearest titles: {_shown(by_words[title] for title in near)}" if near else ""


def _shown(listed: Iterable[Listed]) -> str:
    names = list(dict.fromkeys(f"{each.game.title} ({each.console})" for each in listed))
    rest = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {rest} others" if rest > 0 else "")
