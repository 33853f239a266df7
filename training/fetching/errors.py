"""What can go wrong in fetching.

TrainingError
└── FetchError
    ├── NoAnswerError    no response, or not in time
    ├── PageError        the page is no longer the table that it was
    ├── FileError        one file is not what the page says, or leads elsewhere
    └── UnknownGameError no source is known for a game's pieces
"""

from training.errors import TrainingError


class FetchError(TrainingError):
    """Pieces cannot be fetched; training can go on with what is there."""


class NoAnswerError(FetchError):
    """Nobody answers, in time or at all, or the server says that it has trouble of its own."""


class PageError(FetchError):
    """The page is no longer the table that it was."""


class FileError(FetchError):
    """One file is not what the page says, or leads elsewhere; the others are not concerned."""


class UnknownGameError(FetchError):
    """Nobody knows where a game's pieces could be fetched; the message lists the games known."""
