"""The studio: the page that composes in a browser, and the files that it is made of."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files

from flask import Blueprint, Response, abort, request

# Everything comes from here, and nothing that stands in the page itself is run.
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "img-src": "'self' blob:",  # pages of a score
    "media-src": "blob:",  # a song as WAV
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
_HEADERS = {
    "Cache-Control": "no-cache",  # kept, and asked after each time
    "Content-Security-Policy": "; ".join(f"{kind} {whence}" for kind, whence in _POLICY.items()),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_MEDIA_TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}

bp = Blueprint("studio", __name__)


@dataclass(frozen=True)
class StaticFile:
    """A file of the page, as it lies in the package.

    Attributes:
        content: All of it.
        media_type: As answers say it.
        tag: Tells this content from any other.
    """

    content: bytes
    media_type: str
    tag: str


def _read() -> dict[str, StaticFile]:
    """Read every file of the page, by name; no path is ever made of what a caller says."""
    found = {}
    for file in files(__name__).joinpath("static").iterdir():
        content = file.read_bytes()
        media_type = _MEDIA_TYPES[file.name.rpartition(".")[2]]
        found[file.name] = StaticFile(content, media_type, hashlib.sha256(content).hexdigest()[:32])
    return found


FILES = _read()


@bp.get("/")
def page() -> Response:
    """Show the studio; 200 or 304."""
    return _answer(FILES["index.html"])


@bp.get("/studio/<name>")
def file(name: str) -> Response:
    """Give a file that the page is made of; 200, 304 or 404."""
    if name not in FILES:
        abort(404)
    return _answer(FILES[name])


def _answer(found: StaticFile) -> Response:
    response = Response(found.content, content_type=found.media_type, headers=_HEADERS)
    response.set_etag(found.tag)
    response.make_conditional(request)
    return response
