"""Fetches pieces from VGMusic, where the people who sequenced them have published them.

Downloads are not trusted: they are limited in size and time, checked, and written completely or not
at all.
"""

from training.fetching.download import Pace
from training.fetching.errors import (
    FetchError,
    FileError,
    NoResponseError,
    PageError,
    UnknownGameError,
)
from training.fetching.games import Source, find_sources
from training.fetching.page import Failed
from training.fetching.pieces import Fetched
from training.fetching.visit import fetch, fetch_missing

__all__ = [
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
    "fetch_missing",
    "find_sources",
]
