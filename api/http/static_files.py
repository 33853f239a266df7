"""Pages and the files that they are made of: read at start, and answered as browsers like them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from flask import Response, request

from api.telemetry.request_record import record

# Everything comes from here, and nothing that stands in a page itself is run.
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
MEDIA_TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True)
class StaticFile:
    """A file that changes with the program alone.

    Attributes:
        content: All of it.
        media_type: As answers say it.
        tag: Tells this content from any other.
    """

    content: bytes
    media_type: str
    tag: str

    @classmethod
    def of(cls, content: bytes, media_type: str) -> Self:
        """Tag a content."""
        return cls(content, media_type, hashlib.sha256(content).hexdigest()[:32])

    def answer(self) -> Response:
        """Answer with it; 200, or 304 for a caller who has it."""
        record().is_static = True
        response = Response(self.content, content_type=self.media_type, headers=_HEADERS)
        response.set_etag(self.tag)
        response.make_conditional(request)
        return response


def read_files(folder: Path) -> dict[str, StaticFile]:
    """Read every file of a folder, by name; no path is ever made of what a caller says."""
    return {
        file.name: StaticFile.of(file.read_bytes(), MEDIA_TYPES[file.name.rpartition(".")[2]])
        for file in folder.iterdir()
    }
