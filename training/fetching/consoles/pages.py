"""The addresses of the pages, and the games that they list.

The addresses are those that public programs for VGMusic use. A page that is not there is reported
and left out, so that a wrong address does not stop a search.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit, urlunsplit

from tqdm import tqdm

from training.fetching.download import Session
from training.fetching.errors import PageError
from training.fetching.page import Game
from training.fetching.visit import read_games

_FOLDERS = (
    *(
        f"console/nintendo/{name}/"
        for name in (
            *("nes", "snes", "n64", "gamecube", "wii", "wiiu", "switch"),
            *("gameboy", "gba", "ds", "3ds", "virtualboy"),
        )
    ),
    *(
        f"console/sega/{name}/"
        for name in ("master", "gamegear", "genesis", "segacd", "32x", "saturn", "dreamcast")
    ),
    *(f"console/sony/{name}/" for name in ("ps1", "ps2", "ps3", "ps4", "psp")),
    *(f"console/microsoft/{name}/" for name in ("xbox", "xbox360", "xboxone")),
    *("console/nec/tg16/", "console/nec/tduo/", "console/snk/neogeo/"),
    *("computer/microsoft/windows/", "other/miscellaneous/arcade/"),
)


@dataclass(frozen=True)
class Listed:
    """A game on a page.

    Attributes:
        game: Its title and its songs.
        page_url: The page, after redirections.
        console: The page's name on the site, such as `snes`.
    """

    game: Game
    page_url: str
    console: str


def console_urls(page_url: str) -> tuple[str, ...]:
    """List the pages of the site, or of its mirror, to which a page of it belongs."""
    parts = urlsplit(page_url)
    root = parts.path.rpartition("/music/")[0]
    music = urlunsplit(parts._replace(path=f"{root}/music/", query="", fragment=""))
    return tuple(urljoin(music, folder) for folder in _FOLDERS)


def read_consoles(
    session: Session, page_url: str, say: Callable[[str], None]
) -> tuple[Listed, ...]:
    """Read all pages, one after another.

    Raises:
        NoResponseError: The server does not respond.
        PageError: None of the pages has the expected table.
    """
    listed = tuple(_listed(session, console_urls(page_url), say))
    if not listed:
        raise PageError(f"none of the {len(_FOLDERS)} pages for consoles can be read")
    return listed


def _listed(
    session: Session, urls: tuple[str, ...], say: Callable[[str], None]
) -> Iterator[Listed]:
    for url in tqdm(urls, "searching the pages for consoles", unit="page"):
        try:
            games, final_url = read_games(session, url)
        except PageError as error:
            say(f"not searched: {error}")
        else:
            console = url.rstrip("/").rpartition("/")[2]
            yield from (Listed(game, final_url, console) for game in games)
