"""What the headers of an answer say of its song."""

import hashlib
import json
from urllib.parse import quote

from api.drawing import Drawing
from api.formats import Format
from api.primers import Upload
from api.song import UPLOADED, Song, SongRequest
from music.quotes import Quote

NO_SNIFFING = {"Vary": "Accept", "X-Content-Type-Options": "nosniff"}


def drawing_headers(drawing: Drawing) -> dict[str, str]:
    """Give the headers of a song that is being drawn."""
    return {
        "Cache-Control": "no-store",
        "Leitmotif-Model-Version": str(drawing.bundle.model.version),
        "Leitmotif-Seed": str(drawing.request.seed),
        "X-Accel-Buffering": "no",  # a proxy that gathers events would keep them from who waits
        **_primer_header(drawing.request),
        **NO_SNIFFING,
    }


def song_headers(song: Song, form: Format) -> dict[str, str]:
    """Give the headers of a finished song; an ETag only where it can be asked for again."""
    headers = {
        "Content-Disposition": f'attachment; filename="{file_name(song.request, form.suffix)}"',
        "Leitmotif-Model-Version": str(song.version),
        "Leitmotif-Notes": str(song.new_notes),
        "Leitmotif-Longest-Quote": quoted(song.longest_quote),
        "Leitmotif-Seed": str(song.request.seed),
        **_primer_header(song.request),
        **NO_SNIFFING,
    }
    if not song.request.is_seed_drawn:
        headers["ETag"] = f'"{entity_tag(song.request, song.version, form)}"'
    return headers


def file_name(request: SongRequest, suffix: str) -> str:
    """Name the file that a song is saved as; its game is known, so its name is a plain one."""
    return f"{request.game}-{request.seed}.{suffix}"


def quoted(longest: Quote) -> str:
    """Say how long the longest quote is and, percent-encoded, of what piece."""
    if not longest.length_notes:
        return "0"
    return f'{longest.length_notes}; piece="{quote(longest.piece, safe="")}"'


def entity_tag(request: SongRequest, version: int, form: Format) -> str:
    """Tell a song in a format from all others, without having composed it."""
    asked = {**vars(request), "media_format": form.name}
    said = json.dumps([asked, version, form.edition], sort_keys=True, default=_digest)
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _primer_header(request: SongRequest) -> dict[str, str]:
    return {"Leitmotif-Primer": UPLOADED} if isinstance(request.primer, Upload) else {}


def _digest(upload: Upload) -> str:
    return upload.digest
