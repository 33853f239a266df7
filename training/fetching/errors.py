"""The errors of fetching.

TrainingError
└── FetchError
    ├── NoResponseError  no response, or not in time
    ├── PageError        the page no longer has the expected table
    ├── FileError        a file differs from the page's description, or is elsewhere
    ├── UnknownGameError no source is known for a game's pieces
    └── AmbiguousGameError several titles match a game's name
"""

from training.errors import TrainingError


class FetchError(TrainingError):
    """Pieces cannot be fetched; training can continue with the existing ones."""


class NoResponseError(FetchError):
    """The server does not respond, or not in time, or reports an error of its own."""


class PageError(FetchError):
    """The page no longer has the expected table."""


class FileError(FetchError):
    """A file differs from the page's description, or is elsewhere; other files are not affected."""


class UnknownGameError(FetchError):
    """No source is known for a game's pieces; the message lists the known games."""


class AmbiguousGameError(FetchError):
    """Several titles match a game's name; the message lists them."""
