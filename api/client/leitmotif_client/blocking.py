"""The blocking client of the Leitmotif API.

    song = Leitmotif("http://localhost:8080").generate(game="majoras_mask", seed=7)
    Path("song.mid").write_bytes(song.content)

Every error is a LeitmotifError:

LeitmotifError
├── UnreachableError    no response, an incomplete one, or one that is not Leitmotif's
├── IncompatibleError   the API is too old or too new for this client
├── TooSlowError        the client's time limit is exceeded
└── ProblemError        the API responded with an error
"""

import http.client
import io
import json
import os
import re
import secrets
import time
import zipfile
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from socket import socket
from typing import Any, Literal, Self, TypedDict, TypeVar, Unpack
from urllib.parse import SplitResult, unquote, urlsplit

from . import versions

Format = Literal["midi", "wav", "ogg", "json", "musicxml", "svg", "zip"]

_PASSING = frozenset({429, 503})  # temporary errors
_SHORTEST_PAUSE_S = 0.1
_PIECE_BYTES = 1 << 16
_LONGEST_S = 86_400  # a day
_WRITABLE = re.compile(r"[^\x00-\x20\x7f]+")  # of addresses: no blanks, no control characters
_QUOTE = re.compile(r'([0-9]+)(?:; piece="(.*)")?')

_Said = TypeVar("_Said")


class LeitmotifError(Exception):
    """The base class of all errors."""


class UnreachableError(LeitmotifError):
    """There is no response, or it is incomplete or not Leitmotif's."""


class IncompatibleError(LeitmotifError):
    """The API is too old or too new for this client; the message says which to update."""


class TooSlowError(LeitmotifError):
    """The client's time limit is exceeded."""


class ProblemError(LeitmotifError):
    """The API responded with an error.

    Attributes:
        status: The HTTP status.
        type: The URI of the problem type.
        title: The title, the same for all problems of the type.
        detail: What was wrong with this request, and what would be valid.
        parameter: The invalid parameter, if the problem is one.
        games: The available games, if the requested one is unknown.
        retry_after_s: When to retry, in seconds; None if a retry would not help.
    """

    def __init__(
        self, status: int, members: Mapping[str, Any], retry_after_s: float | None = None
    ) -> None:
        """Read it from the members of problem details."""
        self.status = status
        self.type = str(members.get("type", "about:blank"))
        self.title = str(members.get("title", http.client.responses.get(status, "")))
        self.detail = str(members.get("detail", ""))
        parameter, games = members.get("parameter"), members.get("games")
        self.parameter = parameter if isinstance(parameter, str) else None
        listed = games if isinstance(games, list) else ()
        self.games = tuple(name for name in listed if isinstance(name, str))
        self.retry_after_s = retry_after_s
        super().__init__(f"{status} {self.title}: {self.detail}" if self.detail else self.title)


class Wishes(TypedDict, total=False):
    """The parameters of a song; GET /docs describes each and its default."""

    notes: int
    seconds: float
    bars: int
    form: str
    ending: bool
    loop: bool
    intro_bars: int
    temperature: float
    top_k: int
    top_p: float
    seed: int
    songs: int  # from 2 on, the content is a ZIP archive or JSON; generate_songs unpacks it
    tempo: float
    key: str  # C, F#m, Bb
    mode: Literal["major", "minor"]
    meter: str  # 3/4
    density: int  # percentiles of the game's pieces
    register: int
    mood: Literal["bright", "calm", "dark", "lively", "sad", "tense"]
    instruments: str  # flute, harp, drums
    primer: Literal["none", "corpus"] | bytes | os.PathLike[str]  # or a file: MIDI, a song's JSON
    include_primer: bool
    keep: str  # bars of a primer that is a file: 1-8,13-16
    variation_of: Literal["primer"]  # a primer that is a file is the song's theme
    dynamics: bool
    max_quote: int
    title: str
    version: int | Literal["stable", "canary"]


@dataclass(frozen=True)
class Song:
    """A finished song.

    Attributes:
        content: The file.
        media_type: The file's media type.
        seed: The seed; it returns the same song again.
        version: The version of the model that composed it.
        notes: The number of composed notes, without those of a primer.
        longest_quote_notes: The longest run of notes shared with a piece of the training data.
        longest_quote_piece: The name of that piece; None if there is no shared run.
    """

    content: bytes
    media_type: str
    seed: int
    version: int
    notes: int
    longest_quote_notes: int
    longest_quote_piece: str | None


@dataclass(frozen=True)
class RankedSong:
    """A song among several of one request.

    Attributes:
        rank: 1 is the best.
        score: How typical the song is of the game's pieces, 0 to 1; None if these are too few.
        seed: The seed; it returns this song alone.
        file: A name for the file, with rank, title and seed.
        content: The file.
        origin: All that makes the same song again, by the parameters' names.
    """

    rank: int
    score: float | None
    seed: int
    file: str
    content: bytes
    origin: Mapping[str, str | int | float]


@dataclass(frozen=True)
class Note:
    """A note, in beats (quarter notes) and in seconds from the start of the song.

    Attributes:
        pitch: A MIDI note number; of drums, a key of the kit.
        duration_beats: As it is written.
        sounding_beats: As it sounds, at most as long.
        velocity: 48 to 104; 80 without dynamics.
        part: Which of a band's parts plays it, from 0; 0 in a song for one piano.
    """

    pitch: int
    start_beats: float
    duration_beats: float
    start_s: float
    duration_s: float
    sounding_beats: float
    velocity: int
    part: int = 0


@dataclass(frozen=True)
class Part:
    """A part of a band.

    Attributes:
        name: Of the instrument, numbered if several parts play it.
        instrument: The General MIDI name of the program, or of the drum kit.
        program: The General MIDI program from 0, or the drum kit.
        role: The family of instruments and the voice in it, or drums.
    """

    name: str
    instrument: str
    program: int
    role: str


@dataclass(frozen=True)
class TempoChange:
    """A tempo that holds until the next one: quarter notes per minute."""

    start_beats: float
    tempo: float


@dataclass(frozen=True)
class TimeSignature:
    """A time signature; a bar starts where it starts, which may be before the first note."""

    start_beats: float
    numerator: int
    denominator: int


@dataclass(frozen=True)
class SongEvent:
    """A song begins.

    Attributes:
        game_title: The game's name as people write it.
        title: What the song is called.
        tempo: Beats a minute.
        origin: All that makes the same song again, by the parameters' names.
        primer_notes: How many notes of an uploaded primer come first.
        primer_warnings: What was left out or ignored when it was read.
        plan: Its form, bars, sections and loop, as JSON has them; None of a song without a plan.
        parts: Of a band; none in a song for one piano.
    """

    game: str
    game_title: str
    title: str
    version: int
    seed: int
    tempo: float
    tempos: tuple[TempoChange, ...]
    time_signatures: tuple[TimeSignature, ...]
    origin: Mapping[str, str | int | float]
    primer_notes: int
    primer_warnings: tuple[str, ...]
    plan: Mapping[str, Any] | None = None
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class NotesEvent:
    """The next notes; one whose key is struck again is to end there."""

    notes: tuple[Note, ...]


@dataclass(frozen=True)
class QuoteEvent:
    """A run of notes that the song shares with a piece has ended.

    Attributes:
        piece: The piece that the model learned from.
        notes: How many.
        first_note: Where in the song it begins.
        first_note_in_piece: Where in the piece.
    """

    piece: str
    notes: int
    first_note: int
    first_note_in_piece: int
    start_beats: float
    start_s: float


@dataclass(frozen=True)
class EndEvent:
    """The song is finished.

    Attributes:
        notes: How many it has.
        quotes: How many there were.
        longest_quote: In notes.
    """

    notes: int
    quotes: int
    longest_quote: int
    duration_beats: float
    duration_s: float


Event = SongEvent | NotesEvent | QuoteEvent | EndEvent


@dataclass(frozen=True)
class Game:
    """A game; all but the first three are None until songs can be had of it.

    Attributes:
        state: AVAILABLE where songs can be had.
        max_quote: How many successive notes a song may share with a piece, if the request does
            not set it.
        meters: The time signatures in which its pieces begin, which `meter` may be.
        modes: The modes of its music, which `mode` and `key` may have.
        band: Whether its music is for a band; otherwise it is for one piano.
        instruments: Those of its pieces, which `instruments` may name.
    """

    game: str
    version: int | None
    state: str
    title: str | None
    pieces: int | None
    notes: int | None
    max_quote: int | None
    meters: tuple[str, ...] | None
    modes: tuple[str, ...] | None
    band: bool | None
    instruments: tuple[str, ...] | None
    held_out_bits_per_note: float | None


class Leitmotif:
    """A running Leitmotif; safe among threads."""

    def __init__(
        self,
        url: str = "http://localhost:8080",
        *,
        api_key: str | None = None,
        timeout_s: float = 60.0,
    ) -> None:
        """Say where it is; nothing is asked yet.

        Args:
            url: Its address, http or https.
            api_key: Needed where it asks for one.
            timeout_s: The time that a call may take, all its tries together.

        Raises:
            ValueError: The address, the key or the time does not fit.
        """
        parts = _address(url)
        if not 0 < timeout_s <= _LONGEST_S:
            raise ValueError(f"timeout_s must be above 0 and up to {_LONGEST_S}, not {timeout_s}")
        if api_key is not None and not (api_key.isascii() and api_key.isprintable()):
            raise ValueError("the API key has characters that no key has")
        self._is_secure = parts.scheme == "https"
        self._host, self._port = str(parts.hostname), parts.port
        self._path = parts.path.rstrip("/")
        key = {} if api_key is None else {"Authorization": f"Bearer {api_key}"}
        self._headers = {"User-Agent": versions.USER_AGENT, **key}
        self._timeout_s = timeout_s

    def generate(
        self,
        game: str,
        *,
        format: Format = "midi",  # noqa: A002  as the API says it
        **wishes: Unpack[Wishes],
    ) -> Song:
        """Have a song composed.

        Raises:
            LeitmotifError: There is no song.
            OSError: The primer cannot be read.
        """
        with self._asked("POST", "/generate", _Body.of(game, format, wishes)) as answer:
            return _song(answer)

    def generate_songs(
        self,
        game: str,
        *,
        format: Format = "midi",  # noqa: A002  as the API says it
        **wishes: Unpack[Wishes],
    ) -> tuple[RankedSong, ...]:
        """Have several songs composed at the same time, 8 by default; the best comes first.

        Raises:
            LeitmotifError: There are no songs.
            OSError: The primer cannot be read.
            ValueError: One song is requested, which `generate` returns.
        """
        if wishes.setdefault("songs", 8) == 1:
            raise ValueError("songs must be 2 or more; generate returns one song")
        song = self.generate(game, format=format, **wishes)
        return _songs_in_json(song.content) if format == "json" else _songs_in_zip(song.content)

    def stream(self, game: str, **wishes: Unpack[Wishes]) -> Generator[Event, None, None]:
        """Stream a song while it is sampled; composing stops when the iterator is closed.

        Raises:
            LeitmotifError: There is no song, or it breaks off; what has come by then is not the
                whole song.
            OSError: The primer cannot be read.
        """
        with self._asked("POST", "/generate", _Body.of(game, "ndjson", wishes)) as answer:
            for line in answer.lines():
                if not line.endswith(b"\n"):
                    break
                members = _parsed(line)
                if members.get("event") == "error":
                    raise _broken_off(members)
                if (event := _event(members)) is not None:
                    yield event
                if isinstance(event, EndEvent):
                    return
        raise UnreachableError("The song broke off.")

    def games(self) -> tuple[Game, ...]:
        """List the games.

        Raises:
            LeitmotifError: There is no list.
        """
        with self._asked("GET", "/games") as answer:
            return _games(_parsed(answer.read()))

    @contextmanager
    def _asked(self, method: str, path: str, body: "_Body | None" = None) -> Iterator["_Answer"]:
        """Ask, again where that may help, for an answer that is none of a problem."""
        until_s = time.monotonic() + self._timeout_s
        while True:
            with self._answered(method, path, body, until_s) as answer:
                answer.check_version()
                if answer.response.status == http.client.OK:
                    yield answer
                    return
                problem = answer.problem()
            pause_s = max(problem.retry_after_s or 0, _SHORTEST_PAUSE_S)
            if problem.status not in _PASSING or time.monotonic() + pause_s >= until_s:
                raise problem
            time.sleep(pause_s)

    @contextmanager
    def _answered(
        self, method: str, path: str, body: "_Body | None", until_s: float
    ) -> Iterator["_Answer"]:
        """Send one request; closing the connection discards the rest of the response."""
        kind = http.client.HTTPSConnection if self._is_secure else http.client.HTTPConnection
        content = None if body is None else body.content
        typed = {} if body is None else {"Content-Type": body.media_type}
        with (
            self._in_our_words(),
            closing(kind(self._host, self._port, timeout=_left_s(until_s))) as connection,
        ):
            connection.request(method, self._path + path, content, {**self._headers, **typed})
            sock = connection.sock  # an answer that ends with its connection takes it away
            sock.settimeout(_left_s(until_s))
            with closing(connection.getresponse()) as response:
                yield _Answer(response, sock, until_s)

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError as error:
            raise TooSlowError(f"There was no whole answer in {self._timeout_s:g} s.") from error
        except (OSError, http.client.HTTPException) as error:
            where = f"{self._host}:{self._port}" if self._port else self._host
            reason = str(error) or type(error).__name__
            raise UnreachableError(f"{where} does not answer: {reason}") from error


@dataclass(frozen=True)
class _Body:
    """What a request says of a song.

    Attributes:
        content: As it is sent.
        media_type: Of the content.
    """

    content: bytes
    media_type: str

    @classmethod
    def of(cls, game: str, form: str, wishes: Wishes) -> Self:
        """Write it as JSON or, where there is a file in it, as a form."""
        said: dict[str, object] = {"game": game, "format": form, **wishes}
        match wishes.get("primer"):
            case bytes() as file:
                return cls._form(said, file)
            case os.PathLike() as path:
                return cls._form(said, Path(path).read_bytes())
        return cls(json.dumps(said).encode(), "application/json")

    @classmethod
    def _form(cls, said: Mapping[str, object], primer: bytes) -> Self:
        boundary = secrets.token_hex(16)
        named = [
            (f'name="{name}"', _field(value)) for name, value in said.items() if name != "primer"
        ]
        named.append(('name="primer"; filename="primer.mid"', primer))
        parts = (
            f"--{boundary}\r\nContent-Disposition: form-data; {name}\r\n\r\n".encode()
            + value
            + b"\r\n"
            for name, value in named
        )
        content = b"".join((*parts, f"--{boundary}--\r\n".encode()))
        return cls(content, f"multipart/form-data; boundary={boundary}")


@dataclass(frozen=True)
class _Answer:
    """An answer, its body still to be read.

    Attributes:
        response: Its status and headers have come.
        sock: What it is read from.
        until_s: When it has to be read, on the monotonic clock.
    """

    response: http.client.HTTPResponse
    sock: socket
    until_s: float

    def header(self, name: str) -> str:
        return self.response.headers.get(name, "")

    def check_version(self) -> None:
        """Check that the API fits this client; an error page may be a proxy's, without a version.

        Raises:
            IncompatibleError: The API is too old or too new, or it is not Leitmotif.
        """
        version = self.header(versions.HEADER)
        is_proxys = not version and self.response.status != http.client.OK
        if not is_proxys and (misfit := versions.misfit(version)) is not None:
            raise IncompatibleError(misfit)

    def read(self) -> bytes:
        content = b"".join(self._pieces(lambda: self.response.read1(_PIECE_BYTES)))
        if self.response.length:  # less came than was said
            raise http.client.IncompleteRead(content, self.response.length)
        return content

    def lines(self) -> Iterator[bytes]:
        return self._pieces(self.response.readline)

    def problem(self) -> ProblemError:
        """Read why there is no better answer."""
        media_type = self.header("Content-Type").partition(";")[0].strip().lower()
        is_problem = media_type == "application/problem+json"
        retry_after = self.header("Retry-After")
        return ProblemError(
            self.response.status,
            _parsed(self.read()) if is_problem else {"title": self.response.reason},
            float(retry_after) if retry_after.isdecimal() else None,
        )

    def _pieces(self, read: Callable[[], bytes]) -> Iterator[bytes]:
        self.sock.settimeout(_left_s(self.until_s))
        while piece := read():
            yield piece
            self.sock.settimeout(_left_s(self.until_s))


def _left_s(until_s: float) -> float:
    """Return how many seconds are left.

    Raises:
        TimeoutError: None is left.
    """
    if (left_s := until_s - time.monotonic()) <= 0:
        raise TimeoutError
    return left_s


def _address(url: str) -> SplitResult:
    """Read the address of an API.

    Raises:
        ValueError: It is none.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not _WRITABLE.fullmatch(url):
        raise ValueError(f"the address must be like http://localhost:8080, not {url!r}")
    try:
        parts.hostname.encode("idna")
        parts.path.encode("ascii")
    except UnicodeError as error:
        raise ValueError(f"the address {url!r} has a host or path that cannot be sent") from error
    return parts


def _field(value: object) -> bytes:
    """Write a field of a form; what cannot be written in UTF-8 fits no parameter."""
    return (value if isinstance(value, str) else json.dumps(value)).encode(errors="replace")


@contextmanager
def _as_leitmotif_writes() -> Iterator[None]:
    """Report a response that does not read as Leitmotif writes it, whatever the reason.

    Raises:
        UnreachableError: It does not.
    """
    try:
        yield
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise UnreachableError("What answers at this address is not Leitmotif.") from error


@_as_leitmotif_writes()
def _parsed(text: bytes) -> dict[str, Any]:
    return dict(json.loads(text).items())


@_as_leitmotif_writes()
def _broken_off(members: Mapping[str, Any]) -> ProblemError:
    return ProblemError(int(members["status"]), members)


@_as_leitmotif_writes()
def _games(members: Mapping[str, Any]) -> tuple[Game, ...]:
    return tuple(_game(game) for game in members["games"])


def _game(members: Mapping[str, Any]) -> Game:
    lists = {name: members[name] for name in ("meters", "modes", "instruments")}
    tuples = {name: None if each is None else tuple(each) for name, each in lists.items()}
    return _picked(Game, {**members, **tuples})


@_as_leitmotif_writes()
def _song(answer: _Answer) -> Song:
    quote = _QUOTE.fullmatch(answer.header("Leitmotif-Longest-Quote"))
    if quote is None:
        raise ValueError("no quote is named")
    return Song(
        content=answer.read(),
        media_type=answer.header("Content-Type"),
        seed=int(answer.header("Leitmotif-Seed")),
        version=int(answer.header("Leitmotif-Model-Version")),
        notes=int(answer.header("Leitmotif-Notes")),
        longest_quote_notes=int(quote[1]),
        longest_quote_piece=unquote(quote[2]) if quote[2] else None,
    )


@_as_leitmotif_writes()
def _songs_in_zip(content: bytes) -> tuple[RankedSong, ...]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            index = json.loads(archive.read("songs.json"))
            return tuple(
                _picked(RankedSong, {**one, "content": archive.read(one["file"])})
                for one in index["songs"]
            )
    except zipfile.BadZipFile as error:
        raise ValueError("it is no archive") from error


def _file_name(rank: int, title: str, seed: int) -> str:
    """Name a song's file as in an archive, without what file systems refuse."""
    stem = re.sub(r'[\\/:*?"<>|%]', "-", title).strip(" .") or "Song"
    return f"{rank:02} {stem} seed {seed}.json"


@_as_leitmotif_writes()
def _songs_in_json(content: bytes) -> tuple[RankedSong, ...]:
    return tuple(
        _picked(
            RankedSong,
            {
                **one,
                "file": _file_name(one["rank"], one["song"]["title"], one["seed"]),
                "content": json.dumps(one["song"], ensure_ascii=False).encode(),
                "origin": one["song"]["origin"],
            },
        )
        for one in json.loads(content)["songs"]
    )


@_as_leitmotif_writes()
def _event(members: Mapping[str, Any]) -> Event | None:
    """Read an event; None where it is one that this client does not know yet."""
    match members.get("event"):
        case "song":
            tempos = tuple(_picked(TempoChange, each) for each in members["tempos"])
            meters = tuple(_picked(TimeSignature, each) for each in members["time_signatures"])
            warnings = tuple(map(str, members["primer_warnings"]))
            parts = tuple(_picked(Part, each) for each in members.get("parts", ()))
            converted = {"tempos": tempos, "time_signatures": meters, "primer_warnings": warnings}
            return _picked(SongEvent, {"plan": None, **members, **converted, "parts": parts})
        case "notes":
            return NotesEvent(tuple(_picked(Note, {"part": 0, **n}) for n in members["notes"]))
        case "quote":
            return _picked(QuoteEvent, members)
        case "end":
            return _picked(EndEvent, members)
    return None


def _picked(kind: type[_Said], members: Mapping[str, Any]) -> _Said:
    """Read the members that we know, of as many as an API may come to say."""
    return kind(**{field.name: members[field.name] for field in fields(kind)})  # type: ignore[arg-type]
