"""Fetching pieces from VGMusic, where the people who sequenced them published them.

What comes from there is not trusted: it is bounded in size and time, checked, and written whole.
"""

from training.fetching.download import Pace
from training.fetching.errors import (
    FetchError,
    FileError,
    NoAnswerError,
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
    "NoAnswerError",
    "Pace",
    "PageError",
    "Source",
    "UnknownGameError",
    "fetch",
    "fetch_missing",
    "find_sources",
]
