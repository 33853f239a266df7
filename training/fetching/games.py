"""The games that can be fetched, and their titles on the page."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.corpus import collections
from training.fetching.errors import UnknownGameError
from training.fetching.repositories.sources import Source as Repository
from training.fetching.repositories.sources import read_sources

_TABLE = Path(collections.__file__).with_name("collections.toml")


@dataclass(frozen=True)
class Source:
    """The place of a game's pieces on the page; a game may have several titles there.

    Attributes:
        game: The name of the collection, and of its folder.
        title: The game's title on the page.
    """

    game: str
    title: str


def find_sources(game: str = "") -> tuple[Source, ...]:
    """List the sources of one game, of a union's games, or of all that `collections.toml` names.

    A collection is found by its title, or by the titles in its `vgmusic` list.

    Raises:
        UnknownGameError: Nothing can be fetched for it.
    """
    table = _table()
    titles = {
        name: entry.get("vgmusic", [entry["title"]])
        for name, entry in table.items()
        if not {"union", "corpus", "repository"} & set(entry)
    }
    games = table.get(game, {}).get("union", [game]) if game else list(titles)
    found = tuple(Source(name, title) for name in games for title in titles.get(name, ()))
    if not found:
        known = ", ".join(sorted(name for name in titles if titles[name]))
        raise UnknownGameError(
            f"nothing can be fetched for {game!r}; there are pieces for {known}, for freedoom, and "
            "for other games, which are found by their titles"
        )
    return found


def find_repository(game: str) -> Repository | None:
    """Find the repository that has a collection's pieces; None if they are elsewhere."""
    name = _table().get(game, {}).get("repository", "")
    return next((source for source in read_sources() if source.folder == name), None)


def is_titled(game: str) -> bool:
    """Return whether `collections.toml` names a collection, and so where its pieces are."""
    return game in _table()


def _table() -> dict[str, dict[str, Any]]:
    return tomllib.loads(_TABLE.read_text(encoding="utf-8"))
