"""One request at a time, limited in size and time, and never redirected to another server."""

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

from training.fetching.errors import FetchError, FileError, NoResponseError
from training.fetching.links import folder_of, is_inside

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

USER_AGENT = "Leitmotif/0.1 (game music learner; fetches each piece once, one at a time)"
MOST_FAILED_REQUESTS = 3  # in a row; then the server is down, and no more files are requested
_CHUNK_BYTES = 1 << 16


@dataclass(frozen=True)
class Pace:
    """How long to wait, in seconds.

    Attributes:
        between_s: From the end of a request to the next one.
        response_s: For the connection and the beginning of the response.
        body_s: For the rest of the response.
    """

    between_s: float = 1.0
    response_s: float = 5.0
    body_s: float = 60.0


@dataclass(frozen=True)
class Response:
    """A server's response.

    Attributes:
        url: The URL after redirections.
        charset: The character set that the server declares, or None.
        body: The complete body.
    """

    url: str
    charset: str | None
    body: bytes


class Session:
    """Requests one file after another from a server, with pauses, and stops if none arrives."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._ended_s: float | None = None
        self._failed_requests = 0

    def get(self, url: str, limit_bytes: int) -> Response:
        """Request one file.

        Raises:
            NoResponseError: No response in time, or the last few requests had none.
            FileError: The response is not the file, or larger than the limit.
        """
        if self._failed_requests == MOST_FAILED_REQUESTS:
            raise NoResponseError(
                f"not requested: the last {MOST_FAILED_REQUESTS} requests had no response"
            )
        self._pause()
        try:
            response = download(url, limit_bytes, self._pace)
        except NoResponseError:
            self._failed_requests += 1
            raise
        except FileError:
            self._failed_requests = 0
            raise
        finally:
            self._ended_s = time.monotonic()
        self._failed_requests = 0
        return response

    def _pause(self) -> None:
        if self._ended_s is not None:
            time.sleep(max(0.0, self._ended_s + self._pace.between_s - time.monotonic()))


def download(url: str, limit_bytes: int, pace: Pace) -> Response:
    """Download one file into memory.

    Raises:
        NoResponseError: The server was not found, did not respond in time, or reports an error of
            its own.
        FileError: The response is not the file, or larger than the limit.
    """
    _check_scheme(url)
    # A thread, because resolving a server's address has no time limit. It is abandoned when the
    # time is over, and a daemon, so that the process can end.
    begun, whole = Future[None](), Future[Response]()
    work = partial(_download, url, limit_bytes, pace, begun, whole)
    threading.Thread(target=work, name="download", daemon=True).start()
    try:
        begun.result(pace.response_s)
        return whole.result(pace.body_s)
    except TimeoutError:
        if begun.done():
            raise NoResponseError(
                f"the response of {_host(url)} did not end within {pace.body_s:g} s"
            ) from None
        raise _no_response(url, pace) from None


class Stream(io.RawIOBase):
    """A response's body as it arrives; reading it raises the errors of `streamed`.

    Attributes:
        received_bytes: How many bytes have arrived.
    """

    def __init__(self, response: HTTPResponse, url: str, limit_bytes: int, until_s: float) -> None:
        self.received_bytes = 0
        self._response = response
        self._announced_bytes = response.length  # None if the server does not declare it
        self._url = url
        self._limit_bytes = limit_bytes
        self._until_s = until_s

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Read the bytes that have arrived, at most `size`; none at the end."""
        try:
            body = self._response.read1(size)
        except Exception as error:
            raise _translated(error, self._url) from error
        self.received_bytes += len(body)
        if self.received_bytes > self._limit_bytes:
            raise FileError(f"it has more than {self._limit_bytes} bytes, the limit")
        if time.monotonic() > self._until_s:
            raise NoResponseError(f"the response of {_host(self._url)} did not end in time")
        announced = self._announced_bytes
        if not body and announced is not None and self.received_bytes < announced:
            raise FileError(f"it ended after {self.received_bytes} of {announced} bytes")
        return body

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fill a buffer with the bytes that have arrived; returns their number, 0 at the end."""
        space = memoryview(buffer)
        body = self.read(len(space))
        space[: len(body)] = body
        return len(body)


@contextmanager
def streamed(url: str, limit_bytes: int, pace: Pace) -> Iterator[Stream]:
    """Read a response's body while it arrives, if it is too large for memory.

    Raises:
        NoResponseError: As `download`, or no byte arrived for `response_s`.
        FileError: As `download`.
    """
    _check_scheme(url)
    opened = Future[HTTPResponse]()

    def work() -> None:
        try:
            opened.set_result(_opened(url, pace))
        except Exception as error:  # noqa: BLE001  translated, and raised in the waiting thread
            opened.set_exception(_translated(error, url))

    threading.Thread(target=work, name="download", daemon=True).start()  # as above
    try:
        response = opened.result(pace.response_s)
    except TimeoutError:
        raise _no_response(url, pace) from None
    with response:
        yield Stream(response, url, limit_bytes, time.monotonic() + pace.body_s)


def _no_response(url: str, pace: Pace) -> NoResponseError:
    return NoResponseError(f"no response from {_host(url)} within {pace.response_s:g} s")


def _check_scheme(url: str) -> None:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise FileError(f"{url} must begin with http:// or https://")


def _opened(url: str, pace: Pace) -> HTTPResponse:
    opener = build_opener(_StayingInside(folder_of(url)))
    request = Request(url, headers={"User-Agent": USER_AGENT})  # noqa: S310  it was checked
    response: HTTPResponse = opener.open(request, timeout=pace.response_s)
    return response


def _download(
    url: str, limit_bytes: int, pace: Pace, begun: Future[None], whole: Future[Response]
) -> None:
    try:
        with _opened(url, pace) as response:
            begun.set_result(None)
            body = _body(response, limit_bytes, time.monotonic() + pace.body_s)
            whole.set_result(Response(response.url, response.headers.get_content_charset(), body))
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
    announced = response.length  # None if the server does not declare it
    if announced is not None and announced > limit_bytes:
        raise FileError(f"it has {announced} bytes; the limit is {limit_bytes}")
    body = bytearray()
    while chunk := response.read1(_CHUNK_BYTES):
        body += chunk
        if len(body) > limit_bytes:
            raise FileError(f"it has more than {limit_bytes} bytes, the limit")
        if time.monotonic() > until_s:
            raise NoResponseError("the response did not end in time")
    if announced is not None and len(body) < announced:
        raise FileError(f"it ended after {len(body)} of {announced} bytes")
    return bytes(body)


def _translated(error: Exception, url: str) -> FetchError:
    """Translate into this package's errors, without unescaped text from the server."""
    match error:
        case FetchError():
            return error
        case HTTPError():
            error.close()
            kind = NoResponseError if error.code >= 500 or error.code == 429 else FileError
            return kind(f"{_host(url)} responds with {_status(error.code)}")
        case IncompleteRead():
            return FileError("it ended early")
        case URLError(reason=OSError() as reason):
            return _translated(reason, url)
        case OSError():
            return NoResponseError(f"no response from {_host(url)}: {error.strerror or error}")
        case _:
            return NoResponseError(f"{_host(url)} sends invalid HTTP ({type(error).__name__})")


def _status(code: int) -> str:
    known = {status.value: status.phrase for status in HTTPStatus}
    return f"{code} {known.get(code, '')}".strip()


def _host(url: str) -> str:
    return urlsplit(url).netloc
