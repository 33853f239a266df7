"""Fetches pieces: from VGMusic, by their sequencers, and from openly licensed repositories.

Downloads are not trusted: they are limited in size and time, checked, and written completely or not
at all.
"""

from training.fetching.consoles.search import fetch_from_consoles
from training.fetching.download import Pace
from training.fetching.errors import (
    AmbiguousGameError,
    FetchError,
    FileError,
    NoResponseError,
    PageError,
    UnknownGameError,
)
from training.fetching.games import Source, find_repository, find_sources, is_titled
from training.fetching.page import Failed
from training.fetching.pieces import Fetched
from training.fetching.repositories.game import fetch_missing_repository, fetch_repository
from training.fetching.visit import fetch, fetch_missing

__all__ = [
    "AmbiguousGameError",
    "Failed",
    "FetchError",
    "Fetched",
    "FileError",
    "NoResponseError",
    "Pace",
    "PageError",
    "Source",
    "UnknownGameError",
    "fetch",
    "fetch_from_consoles",
    "fetch_missing",
    "fetch_missing_repository",
    "fetch_repository",
    "find_repository",
    "find_sources",
    "is_titled",
]
