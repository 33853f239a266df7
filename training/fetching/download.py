"""One request at a time: bounded in size and time, and never led to another server."""

import io
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.client import HTTPMessage, HTTPResponse, IncompleteRead
from typing import IO, TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from training.fetching.errors import FetchError, FileError, NoAnswerError
from training.fetching.links import folder_of, is_inside

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

USER_AGENT = "Leitmotif/0.1 (game music learner; fetches each piece once, one at a time)"
MOST_WITHOUT_ANSWER = 3  # in a row; a server that is down is not asked for a hundred files more
_CHUNK_BYTES = 1 << 16


@dataclass(frozen=True)
class Pace:
    """How long to wait, in seconds.

    Attributes:
        between_s: From the end of a request to the next one.
        answer_s: For a server to be found and to begin its answer.
        body_s: For the rest of the answer.
    """

    between_s: float = 1.0
    answer_s: float = 5.0
    body_s: float = 60.0


@dataclass(frozen=True)
class Answer:
    """What a server sent.

    Attributes:
        url: Where it came from in the end.
        charset: Its character set as the server names it, or None.
        body: Complete.
    """

    url: str
    charset: str | None
    body: bytes


class Asker:
    """Asks a server for one thing after another, with pauses, and stops when none comes back."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._ended_s: float | None = None
        self._without_answer = 0

    def ask(self, url: str, limit_bytes: int) -> Answer:
        """Ask for one thing.

        Raises:
            NoAnswerError: None came in time, or the last few requests had none already.
            FileError: An answer came, but not what was asked for, or more than the limit.
        """
        if self._without_answer == MOST_WITHOUT_ANSWER:
            raise NoAnswerError(f"not asked for: {MOST_WITHOUT_ANSWER} before it had no answer")
        self._pause()
        try:
            answer = download(url, limit_bytes, self._pace)
        except NoAnswerError:
            self._without_answer += 1
            raise
        except FileError:
            self._without_answer = 0
            raise
        finally:
            self._ended_s = time.monotonic()
        self._without_answer = 0
        return answer

    def _pause(self) -> None:
        if self._ended_s is not None:
            time.sleep(max(0.0, self._ended_s + self._pace.between_s - time.monotonic()))


def download(url: str, limit_bytes: int, pace: Pace) -> Answer:
    """Download one thing into memory.

    Raises:
        NoAnswerError: The server was not found, did not answer in time, or has trouble.
        FileError: An answer came, but not what was asked for, or more than the limit.
    """
    _check_scheme(url)
    # A thread, because finding a server's address knows no time limit; it is left to itself when
    # time is over, and a daemon, so that it keeps no process from ending.
    begun, whole = Future[None](), Future[Answer]()
    work = partial(_download, url, limit_bytes, pace, begun, whole)
    threading.Thread(target=work, name="download", daemon=True).start()
    try:
        begun.result(pace.answer_s)
        return whole.result(pace.body_s)
    except TimeoutError:
        if begun.done():
            raise NoAnswerError(f"{_host(url)} did not end within {pace.body_s:g} s") from None
        raise NoAnswerError(f"no answer from {_host(url)} within {pace.answer_s:g} s") from None


class Stream(io.RawIOBase):
    """A response's body as it arrives; reading it raises what `streamed` raises.

    Attributes:
        received_bytes: How much has arrived.
    """

    def __init__(self, response: HTTPResponse, url: str, limit_bytes: int, until_s: float) -> None:
        self.received_bytes = 0
        self._response = response
        self._announced_bytes = response.length  # None where the server does not say
        self._url = url
        self._limit_bytes = limit_bytes
        self._until_s = until_s

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Read what has arrived, at most `size` bytes; nothing at the end."""
        try:
            body = self._response.read1(size)
        except Exception as error:
            raise _translated(error, self._url) from error
        self.received_bytes += len(body)
        if self.received_bytes > self._limit_bytes:
            raise FileError(f"it has more than {self._limit_bytes} bytes; no more are taken")
        if time.monotonic() > self._until_s:
            raise NoAnswerError(f"{_host(self._url)} did not end in time")
        announced = self._announced_bytes
        if not body and announced is not None and self.received_bytes < announced:
            raise FileError(f"it ended after {self.received_bytes} of {announced} bytes")
        return body

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill a buffer with what has arrived; returns how many bytes that are, 0 at the end."""
        space = memoryview(buffer)
        body = self.read(len(space))
        space[: len(body)] = body
        return len(body)


@contextmanager
def streamed(url: str, limit_bytes: int, pace: Pace) -> Iterator[Stream]:
    """Read a response's body while it arrives, for what is too large to be kept.

    Raises:
        NoAnswerError: As `download`, or the body stood still for as long as an answer may take.
        FileError: As `download`.
    """
    _check_scheme(url)
    opened = Future[HTTPResponse]()

    def work() -> None:
        try:
            opened.set_result(_opened(url, pace))
        except Exception as error:  # noqa: BLE001  translated, and raised where it is waited for
            opened.set_exception(_translated(error, url))

    threading.Thread(target=work, name="download", daemon=True).start()  # as above
    try:
        response = opened.result(pace.answer_s)
    except TimeoutError:
        raise NoAnswerError(f"no answer from {_host(url)} within {pace.answer_s:g} s") from None
    with response:
        yield Stream(response, url, limit_bytes, time.monotonic() + pace.body_s)


def _check_scheme(url: str) -> None:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise FileError(f"{url} begins with neither http:// nor https://")


def _opened(url: str, pace: Pace) -> HTTPResponse:
    opener = build_opener(_StayingInside(folder_of(url)))
    request = Request(url, headers={"User-Agent": USER_AGENT})  # noqa: S310  it was checked
    response: HTTPResponse = opener.open(request, timeout=pace.answer_s)
    return response


def _download(
    url: str, limit_bytes: int, pace: Pace, begun: Future[None], whole: Future[Answer]
) -> None:
    try:
        with _opened(url, pace) as response:
            begun.set_result(None)
            body = _body(response, limit_bytes, time.monotonic() + pace.body_s)
            whole.set_result(Answer(response.url, response.headers.get_content_charset(), body))
    except Exception as error:  # noqa: BLE001  translated, and raised where it is waited for
        (whole if begun.done() else begun).set_exception(_translated(error, url))


class _StayingInside(HTTPRedirectHandler):
    """Follows a redirection only within one folder of one host."""

    max_redirections = 3

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def redirect_request(
        self,
        req: Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> Request | None:
        if not is_inside(newurl, self._folder):
            fp.close()
            raise FileError(f"it is redirected to {newurl[:100]!r}, out of {self._folder}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _body(response: HTTPResponse, limit_bytes: int, until_s: float) -> bytes:
    announced = response.length  # None where the server does not say
    if announced is not None and announced > limit_bytes:
        raise FileError(f"it has {announced} bytes; at most {limit_bytes} are taken")
    body = bytearray()
    while chunk := response.read1(_CHUNK_BYTES):
        body += chunk
        if len(body) > limit_bytes:
            raise FileError(f"it has more than {limit_bytes} bytes; no more are taken")
        if time.monotonic() > until_s:
            raise NoAnswerError("the answer did not end in time")
    if announced is not None and len(body) < announced:
        raise FileError(f"it ended after {len(body)} of {announced} bytes")
    return bytes(body)


def _translated(error: Exception, url: str) -> FetchError:
    """Say it in this package's errors; nothing that a server made up is repeated unquoted."""
    match error:
        case FetchError():
            return error
        case HTTPError():
            error.close()
            kind = NoAnswerError if error.code >= 500 or error.code == 429 else FileError
            return kind(f"{_host(url)} answers {_status(error.code)}")
        case IncompleteRead():
            return FileError("it ended early")
        case URLError(reason=OSError() as reason):
            return _translated(reason, url)
        case OSError():
            return NoAnswerError(f"no answer from {_host(url)}: {error.strerror or error}")
        case _:
            return NoAnswerError(f"{_host(url)} answers what is not HTTP ({type(error).__name__})")


def _status(code: int) -> str:
    known = {status.value: status.phrase for status in HTTPStatus}
    return f"{code} {known.get(code, '')}".strip()


def _host(url: str) -> str:
    return urlsplit(url).netloc
