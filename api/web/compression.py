"""Compresses text with gzip; a stream event by event."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from http import HTTPStatus

from flask import Flask, Response, request

LEAST_BYTES = 512  # a shorter text fits into one packet either way
_SUFFIXES = ("+json", "+xml", "/json", "/x-ndjson")
_GZIP = zlib.MAX_WBITS + 16  # deflate with the header and the trailer of gzip


def compress_text(app: Flask) -> None:
    """Compress the text of an app's responses if the request accepts gzip.

    The ETag of a text becomes weak, as RFC 9110 (8.8.1) requires of a tag that names the same
    content in more than one coding. MIDI and sound stay as they are: they hardly get smaller.
    """
    app.after_request(_compressed)


def is_text(media_type: str) -> bool:
    """Tell whether a media type, without its parameters, is text."""
    return media_type.startswith("text/") or media_type.endswith(_SUFFIXES)


def _compressed(response: Response) -> Response:
    if not is_text(response.mimetype or "") or response.status_code == HTTPStatus.NO_CONTENT:
        return response
    response.vary.add("Accept-Encoding")
    tag, _ = response.get_etag()
    if tag is not None:
        response.set_etag(tag, weak=True)
    if response.status_code == HTTPStatus.NOT_MODIFIED or not request.accept_encodings["gzip"]:
        return response
    if not response.is_sequence:
        response.response = _compressed_stream(response.iter_encoded())
        response.headers.pop("Content-Length", None)
    elif len(response.data) >= LEAST_BYTES:
        response.data = gzip.compress(response.data, compresslevel=6, mtime=0)
    else:
        return response
    response.content_encoding = "gzip"
    return response


def _compressed_stream(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Compress pieces; each can be decompressed as soon as it has arrived."""
    compressor = zlib.compressobj(wbits=_GZIP)
    for piece in pieces:
        yield compressor.compress(piece) + compressor.flush(zlib.Z_SYNC_FLUSH)
    yield compressor.flush()
