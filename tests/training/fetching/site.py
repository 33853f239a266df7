"""A site on loopback with a page like the real one, which misbehaves on request."""

import html
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

FOLDER = "/music/other/miscellaneous/piano/"

Answer = Callable[[BaseHTTPRequestHandler], None]


def midi(*pitches: int) -> bytes:
    """A small MIDI file: one track, a note after another."""
    notes = b"".join(bytes((0, 0x90, p, 64, 96, 0x80, p, 0)) for p in pitches)
    track = notes + bytes.fromhex("00 ff 2f 00")
    head = b"MThd" + (6).to_bytes(4, "big") + bytes.fromhex("0000 0001 0060")
    return head + b"MTrk" + len(track).to_bytes(4, "big") + track


@dataclass(frozen=True)
class Row:
    """A song on the page; by default, its row is correct."""

    name: str
    body: bytes
    title: str = ""
    sequenced_by: str = "Somebody"
    href: str = ""
    size: str = ""
    md5: str = ""

    def html(self) -> str:
        """Write invalid HTML: cells and rows are not closed, and links are closed twice."""
        href = self.href or quote(self.name)
        size = self.size or f"{len(self.body)} bytes"
        about = f"/file/{self.md5 or md5(self.body).hexdigest()}.html"  # noqa: S324
        return (
            f'<tr>\n<td><a href="{href}">{html.escape(self.title or self.name)}</a></a>\n'
            f"<td align=right>{size}</td></td>\n<td>&nbsp;{html.escape(self.sequenced_by)}\n"
            f'<td><a href="{about}">Comments</a></a>\n'
        )


def page(games: dict[str, Sequence[Row]]) -> str:
    """The page: heads, padding, and a table that begins games with rows of class `header`."""
    empty = '<tr><td colspan="4">&nbsp;</td>\n'
    rows = [
        f'{empty}<tr class="header"><td class="header" colspan="4">'
        f'<a name="{n}">{html.escape(title)}</a></tr>\n{empty}'
        + "".join(row.html() for row in songs)
        for n, (title, songs) in enumerate(games.items())
    ]
    return (
        "<!DOCTYPE HTML PUBLIC '-//W3C//DTD HTML 4.01 Transitional//EN'>\n"
        "<html><head><title>Piano</title></head><body><h1>Piano</h2><p>\n"
        '<table border="0"><tr class="tablehead"><th>Song<th>Size<th>Sequenced by<th>Comments\n'
        f"{empty}{''.join(rows)}</table><address>Indexer 1.0.</address></body>"
    )


def send(
    handler: BaseHTTPRequestHandler,
    body: bytes = b"",
    *,
    status: int = 200,
    kind: str = "audio/midi",
    length: int | None = None,
    headers: Iterable[tuple[str, str]] = (),
) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    for name, value in headers:
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def broken(status: int) -> Answer:
    return partial(send, body=b"sorry", status=status)


def redirected(to: str) -> Answer:
    return partial(send, status=302, headers=[("Location", to)])


def truncated(body: bytes) -> Answer:
    return partial(send, body=body[: len(body) // 2], length=len(body))


def without_length(body: bytes) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@dataclass
class Site:
    """The responses by path, and the number of requests for each path."""

    origin: str
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    agents: set[str] = field(default_factory=set)
    closed: threading.Event = field(default_factory=threading.Event)

    @property
    def page_url(self) -> str:
        return self.origin + FOLDER

    @property
    def files_asked(self) -> list[str]:
        return [path.removeprefix(FOLDER) for path in self.asked.elements() if path != FOLDER]

    def serve(self, games: dict[str, Sequence[Row]]) -> None:
        """Serve the page and all its files."""
        self.serve_page(page(games).encode())
        for row in (row for songs in games.values() for row in songs):
            self.answers[FOLDER + quote(row.name)] = partial(send, body=row.body)

    def serve_page(self, body: bytes) -> None:
        self.answers[FOLDER] = partial(send, body=body, kind="text/html; charset=utf-8")

    def break_off(self, name: str, answer: Answer) -> None:
        self.answers[FOLDER + name] = answer

    def dawdle(self, handler: BaseHTTPRequestHandler) -> None:
        """Never answer: wait until the site is closed."""
        self.closed.wait()
        handler.close_connection = True

    def trickle(self, handler: BaseHTTPRequestHandler) -> None:
        """Begin an answer that does not end: a byte now and then."""
        handler.send_response(200)
        handler.end_headers()
        while not self.closed.wait(0.02):
            handler.wfile.write(b"x")


@contextmanager
def running_site():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked[self.path] += 1
            site.agents.add(self.headers["User-Agent"])
            try:
                site.answers.get(self.path, broken(404))(self)
            except ConnectionError:  # whoever asked had enough
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = Site(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield site
    finally:
        site.closed.set()
        server.shutdown()
        server.server_close()
        thread.join()
