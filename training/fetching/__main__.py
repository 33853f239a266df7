"""`python -m training.fetching`: fetches the pieces of the games in the environment."""

import sys

from training.fetching import (
    Fetched,
    fetch,
    fetch_from_consoles,
    fetch_repository,
    find_repository,
    find_sources,
    is_titled,
)
from training.program import run
from training.settings import Settings


def main() -> int:
    """Fetch; the exit status is 0 when every piece is there, 130 after Ctrl-C."""
    return run("fetching", _fetch)


def _fetch(settings: Settings) -> int:
    return 0 if _is_whole(_fetched(settings)) else 1


def _fetched(settings: Settings) -> tuple[Fetched, ...]:
    if repository := find_repository(settings.game):
        return (fetch_repository(repository, settings.data_dir, settings.base_dir),)
    if settings.game and not is_titled(settings.game):
        return (fetch_from_consoles(settings.game, settings.data_dir, settings.vgmusic_url),)
    return fetch(find_sources(settings.game), settings.data_dir, settings.vgmusic_url)


def _is_whole(fetched: tuple[Fetched, ...]) -> bool:
    return any(one.pieces for one in fetched) and not any(one.failed for one in fetched)


if __name__ == "__main__":
    sys.exit(main())
