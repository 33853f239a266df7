"""The errors of the API.

ApiError
├── RequestError                the request is invalid; a retry would not help
│   ├── MalformedBodyError      the body does not have the format of its content type
│   ├── UnsupportedBodyError    the body's content type is not supported
│   ├── BadParameterError       a parameter is unknown, missing, repeated or invalid
│   ├── NotAcceptableError      the request accepts none of the formats
│   ├── SongTooLongError        the song is too long for the requested format
│   ├── UnauthorizedError       an API key is required
│   ├── UnknownGameError        no such game
│   └── VersionGoneError        the version existed, and no model server loads it
├── GameNotReadyError           the game exists, and its model is not loaded (yet)
├── RetryLaterError             refused for now; the error says when a retry may help
│   ├── TooManyRequestsError    the rate limit is exceeded
│   └── TooManySongsError       all song slots are taken
└── ModelServerError
    ├── UnavailableError        the model server cannot be reached
    ├── OverloadedError         the model server refuses more work
    ├── OutOfTimeError          the request's time budget is used up
    ├── NoSuchModelError        the model server does not have that game or version
    └── BrokenContractError     the model server sent an invalid response

`problems.py` maps each error to an HTTP response. Messages are shown to the client, so they must
not contain unchecked input; `reason` is only logged.
"""

from typing import Self


class ApiError(Exception):
    """The base class of all errors; the message says what would help."""


class RequestError(ApiError):
    """The request is invalid and must be changed."""


class MalformedBodyError(RequestError):
    """The body does not have the format of its content type."""


class UnsupportedBodyError(RequestError):
    """The body's content type is not supported."""


class BadParameterError(RequestError):
    """A parameter is unknown, missing, repeated or invalid.

    Attributes:
        parameter: Its name; None if the name itself is not safe to repeat.
    """

    def __init__(self, message: str, parameter: str | None) -> None:
        super().__init__(message)
        self.parameter = parameter


class NotAcceptableError(RequestError):
    """The request accepts none of the formats."""


class SongTooLongError(RequestError):
    """The song is too long for the requested format."""


class UnauthorizedError(RequestError):
    """The request has no API key, or an unknown one."""


class UnknownGameError(RequestError):
    """The game does not exist.

    Attributes:
        games: The available games.
    """

    def __init__(self, message: str, games: tuple[str, ...]) -> None:
        super().__init__(message)
        self.games = games


class VersionGoneError(RequestError):
    """The version existed, and model servers do not load it any more."""


class GameNotReadyError(ApiError):
    """The game exists, but the model server has no ready version of it."""


class RetryLaterError(ApiError):
    """The request is refused for now.

    Attributes:
        retry_after_s: When to retry, in whole seconds.
    """

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class TooManyRequestsError(RetryLaterError):
    """The client exceeded its rate limit."""


class TooManySongsError(RetryLaterError):
    """All song slots are taken."""


class ModelServerError(ApiError):
    """The model server failed, or could not be reached.

    Attributes:
        reason: The error message of the server or the network, for the log.
    """

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason


class UnavailableError(ModelServerError):
    """The model server cannot be reached."""


class OverloadedError(ModelServerError):
    """The model server currently refuses more work."""


class OutOfTimeError(ModelServerError):
    """The request's time budget is used up."""


class NoSuchModelError(ModelServerError):
    """The model server does not have the game, or no longer has the version."""


class BrokenContractError(ModelServerError):
    """The model server's response does not follow the contract."""

    @classmethod
    def not_music(cls, what: str) -> Self:
        """Create the error for tokens that cannot be decoded; `what` they are is only logged."""
        return cls("The game's model returned invalid music.", f"it returned {what}")
