"""The response headers of a song."""

import hashlib
import json
import re
import unicodedata
from urllib.parse import quote

from api.composing.drawing import Drawing
from api.composing.primers import Upload
from api.composing.song import UPLOADED, Song, SongRequest
from api.formats.registry import Format
from music.quotes.finder import Quote

NAMELESS = "Song"  # the file name if a title has no characters that are valid in one
_NOT_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|%]')

NO_SNIFFING = {"Vary": "Accept", "X-Content-Type-Options": "nosniff"}


def drawing_headers(drawing: Drawing) -> dict[str, str]:
    """Return the headers of a song that is being composed."""
    return {
        "Cache-Control": "no-store",
        "Leitmotif-Model-Version": str(drawing.bundle.model.version),
        "Leitmotif-Seed": str(drawing.request.brief.seed),
        "X-Accel-Buffering": "no",  # a proxy must not buffer events
        **_primer_headers(drawing.request),
        **NO_SNIFFING,
    }


def song_headers(song: Song, form: Format) -> dict[str, str]:
    """Return the headers of a finished song; with an ETag only if its seed was requested."""
    headers = {
        "Content-Disposition": content_disposition(song.request.title, form.suffix),
        "Leitmotif-Model-Version": str(song.version),
        "Leitmotif-Notes": str(song.new_notes),
        "Leitmotif-Longest-Quote": quoted(song.longest_quote),
        "Leitmotif-Seed": str(song.request.brief.seed),
        **_primer_headers(song.request),
        **NO_SNIFFING,
    }
    if not song.request.is_seed_drawn:
        headers["ETag"] = f'"{entity_tag(song.request, song.version, form)}"'
    return headers


def content_disposition(title: str, suffix: str) -> str:
    """Return the Content-Disposition with a file name from the title.

    Characters that file systems refuse become hyphens. Programs that do not read the UTF-8 name of
    RFC 6266 get a name with the ASCII characters only.
    """
    stem = _NOT_IN_FILE_NAMES.sub("-", title).strip(" .")
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
    asked = {**vars(request), "brief": vars(request.brief), "media_format": form.name}
    said = json.dumps([asked, version, form.edition], sort_keys=True, default=_digest)
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
