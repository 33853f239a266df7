"""The response headers of a song."""

import hashlib
import json
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

from api.composing.primers import Upload
from api.composing.song import UPLOADED, Song, SongRequest
from api.formats.file_names import NAMELESS, file_stem
from api.formats.registry import Format, Stream
from api.web import caching
from music.band.parts import instruments_text
from music.quotes.finder import Quote


def request_headers(request: SongRequest, version: int, form: Format | Stream) -> dict[str, str]:
    """Return the headers that are known before a song is composed."""
    headers = {
        **cache_headers(request, version, form),
        "Leitmotif-Model-Version": str(version),
        "Leitmotif-Seed": str(request.brief.seed),
        **_primer_headers(request),
    }
    if isinstance(form, Stream):
        return {**headers, "X-Accel-Buffering": "no"}  # a proxy must not buffer events
    return {**headers, "Content-Disposition": content_disposition(request.title, form.suffix)}


def song_headers(request: SongRequest, songs: Sequence[Song], form: Format) -> dict[str, str]:
    """Return the headers of the finished songs of a request: all notes, and the longest quote."""
    longest = max((song.longest_quote for song in songs), key=lambda quote: quote.length_notes)
    return {
        **request_headers(_as_read(request, songs), songs[0].version, form),
        "Leitmotif-Notes": str(sum(song.new_notes for song in songs)),
        "Leitmotif-Longest-Quote": quoted(longest),
    }


def _as_read(request: SongRequest, songs: Sequence[Song]) -> SongRequest:
    """Return the request with an uploaded primer as the songs' model read it."""
    return replace(request, primer=songs[0].request.primer)


def cache_headers(request: SongRequest, version: int, form: Format | Stream) -> dict[str, str]:
    """Return the headers that caches need, of a song and of its 304.

    A stream is not kept: what was kept would arrive at once. Nor is a song of a random seed, which
    is another one next time. A song without a version, or with a label, changes with the version.
    """
    headers = {"X-Content-Type-Options": "nosniff"}
    if request.media_format is None:
        headers["Vary"] = "Accept"
    if isinstance(form, Stream) or request.is_seed_drawn:
        return {**headers, "Cache-Control": caching.NEVER}
    tag = entity_tag(request, version, form)
    kept = caching.FOR_A_DAY if isinstance(request.version, int) else caching.REVALIDATED
    return {**headers, "Cache-Control": kept, "ETag": f'"{tag}"'}


def content_disposition(title: str, suffix: str) -> str:
    """Return the Content-Disposition with a file name from the title.

    Characters that file systems refuse become hyphens. Programs that do not read the UTF-8 name of
    RFC 6266 get a name with the ASCII characters only.
    """
    stem = file_stem(title)
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().strip(" .")
    offered = f'attachment; filename="{plain or NAMELESS}.{suffix}"'
    if stem in {plain, ""}:
        return offered
    return f"{offered}; filename*=UTF-8''{quote(stem, safe='')}.{suffix}"


def quoted(longest: Quote) -> str:
    """Return the length of the longest quote and its percent-encoded piece."""
    if not longest.length_notes:
        return "0"
    return f'{longest.length_notes}; piece="{quote(longest.piece, safe="")}"'


def entity_tag(request: SongRequest, version: int, form: Format) -> str:
    """Tell a song in a format from all others, without having composed it."""
    brief = {
        **vars(request.brief),
        "character": request.brief.character.members,
        "line_up": request.brief.line_up and instruments_text(request.brief.line_up),
    }
    asked = {**vars(request), "brief": brief, "media_format": form.name, "version": version}
    said = json.dumps([asked, form.edition], sort_keys=True, default=_digest)
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _primer_headers(request: SongRequest) -> dict[str, str]:
    """Describe an uploaded primer; its warnings are a list of strings by RFC 9651."""
    if not isinstance(request.primer, Upload):
        return {}
    headers = {"Leitmotif-Primer": UPLOADED}
    if request.primer_warnings:
        warnings = (f'"{warning}"' for warning in request.primer_warnings)
        headers["Leitmotif-Primer-Warnings"] = ", ".join(warnings)
    return headers


def _digest(upload: Upload) -> str:
    return upload.digest
