"""What can go wrong between a request and its answer.

ApiError
├── RequestError                what was sent cannot be answered, now or later
│   ├── MalformedBodyError      the body is not what its type says
│   ├── UnsupportedBodyError    the body is of a type that is not read
│   ├── BadParameterError       a parameter is unknown, missing, given twice or does not fit
│   ├── NotAcceptableError      no format that the request accepts
│   ├── SongTooLongError        the song is longer than the format that it was asked for in
│   ├── TooManyRequestsError    the caller asks more often than allowed
│   ├── UnauthorizedError       an API key is needed
│   └── UnknownGameError        no such game
├── GameNotReadyError           the game exists, and its model is not loaded (yet)
├── TooManySongsError           as many songs as fit are being composed
└── ModelServerError
    ├── UnavailableError        the model server cannot be reached
    ├── OverloadedError         the model server refuses more work
    ├── OutOfTimeError          the request's time is up
    ├── NoSuchModelError        the model server does not have that game or version
    └── BrokenContractError     the model server answered something that it should not

`problems.py` says what each means in HTTP. Messages are shown to the caller, so they hold nothing
that a caller sent unless it was checked; `reason` is for the log alone.
"""

from typing import Self


class ApiError(Exception):
    """Anything that keeps a request from its answer; the message says what would help."""


class RequestError(ApiError):
    """The request has to change before it can be answered."""


class MalformedBodyError(RequestError):
    """The body cannot be read as its content type says."""


class UnsupportedBodyError(RequestError):
    """The body has a content type that is not read."""


class BadParameterError(RequestError):
    """A parameter is unknown, missing, given twice or does not fit.

    Attributes:
        parameter: Its name; None where the name itself cannot be repeated.
    """

    def __init__(self, message: str, parameter: str | None) -> None:
        super().__init__(message)
        self.parameter = parameter


class NotAcceptableError(RequestError):
    """None of the formats is acceptable to the caller."""


class SongTooLongError(RequestError):
    """The song that came of it is too long for the format that it was asked for in."""


class TooManyRequestsError(RequestError):
    """The caller asks more often than is allowed.

    Attributes:
        retry_after_s: When to try again, in whole seconds.
    """

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class UnauthorizedError(RequestError):
    """An API key is needed, and there is none, or not one of ours."""


class UnknownGameError(RequestError):
    """There is no such game.

    Attributes:
        games: The games that there are.
    """

    def __init__(self, message: str, games: tuple[str, ...]) -> None:
        super().__init__(message)
        self.games = games


class GameNotReadyError(ApiError):
    """The game is known, and the model server has no version of it ready."""


class TooManySongsError(ApiError):
    """As many songs as fit are being composed."""


class ModelServerError(ApiError):
    """The model server did not answer as it should.

    Attributes:
        reason: What it or the network said, for the log.
    """

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason


class UnavailableError(ModelServerError):
    """The model server cannot be reached."""


class OverloadedError(ModelServerError):
    """The model server refuses more work for now."""


class OutOfTimeError(ModelServerError):
    """The time of the request is up."""


class NoSuchModelError(ModelServerError):
    """The model server does not have that game, or no longer that version."""


class BrokenContractError(ModelServerError):
    """The model server's answer is not one that the contract allows."""

    @classmethod
    def not_music(cls, what: str) -> Self:
        """Tell of tokens that no music can be made of; `what` they are is for the log."""
        return cls("The game's model did not answer with music.", f"it gave {what}")
