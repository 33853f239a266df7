"""The forms in which a song can be handed back: one table, and the choice among them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from werkzeug.datastructures import MIMEAccept

from api import encoders
from api.deadline import Deadline
from api.encoders import SCORE_LIMIT, WAV_LIMIT, Pieces
from api.errors import NotAcceptableError
from api.event import Event
from api.limit import NO_LIMIT, Limit
from api.song import Song
from music.instrument import Instrument
from music.piano import Piano


@dataclass(frozen=True)
class Format:
    """One row of the table.

    Attributes:
        name: As the parameter `format` says it.
        media_type: As answers say it.
        aliases: Other media types that mean the same.
        suffix: Of a file's name.
        encode: Writes a song in this format; raises OutOfTimeError.
        limit: How long a song may be for it.
        edition: What else than the song decides on the bytes, as an ETag has to know it.
    """

    name: str
    media_type: str
    aliases: tuple[str, ...]
    suffix: str
    encode: Callable[[Song, Deadline], bytes | Pieces]
    limit: Limit = NO_LIMIT
    edition: str = ""


@dataclass(frozen=True)
class Stream:
    """A form in which a song can be followed while it is drawn, as a row of the same table.

    Attributes:
        name: As the parameter `format` says it.
        media_type: As answers say it.
        aliases: Other media types that mean the same.
        encode: Writes an event.
    """

    name: str
    media_type: str
    aliases: tuple[str, ...]
    encode: Callable[[Event], bytes]


def formats(instrument: Instrument, edition: str = "") -> tuple[Format, ...]:
    """Make the table; the first is what is given where the caller takes anything.

    Args:
        instrument: What plays a song where it is to be heard.
        edition: Tells this instrument from any other.
    """
    musicxml = "application/vnd.recordare.musicxml+xml"
    return (
        Format("midi", "audio/midi", ("audio/x-midi", "audio/mid"), "mid", encoders.midi),
        Format(
            name="wav",
            media_type="audio/wav",
            aliases=("audio/x-wav", "audio/wave", "audio/vnd.wave"),
            suffix="wav",
            encode=partial(encoders.wav, instrument=instrument),
            limit=WAV_LIMIT,
            edition=edition,
        ),
        Format("json", "application/json", (), "json", encoders.json_notes),
        Format("musicxml", musicxml, (), "musicxml", encoders.musicxml, SCORE_LIMIT),
        Format("svg", "image/svg+xml", (), "svg", encoders.svg, SCORE_LIMIT),
    )


FORMATS = formats(Piano())
STREAMS = (
    Stream("sse", "text/event-stream", (), Event.as_sse),
    Stream("ndjson", "application/x-ndjson", ("application/jsonl",), Event.as_ndjson),
)
FORMAT_NAMES = (*(form.name for form in FORMATS), *(stream.name for stream in STREAMS))


def chosen_format(
    name: str | None, accepted: MIMEAccept, finished: Iterable[Format] = FORMATS
) -> Format | Stream:
    """Choose a format: by name where one is given, else by what the caller accepts.

    Args:
        name: Of a format in the table, or None.
        accepted: The Accept header; an absent one accepts everything.
        finished: The formats of finished songs, before those of streams.

    Raises:
        NotAcceptableError: The caller accepts none of them.
    """
    table: tuple[Format | Stream, ...] = (*finished, *STREAMS)
    by_name = {form.name: form for form in table}
    if name is not None:
        return by_name[name]
    by_media_type = {
        media_type: form
        for form in by_name.values()
        for media_type in (form.media_type, *form.aliases)
    }
    default = next(iter(by_media_type))
    media_type = accepted.best_match(by_media_type) if accepted else default
    if media_type is None:
        raise NotAcceptableError(
            f"A song can be had as {', '.join(f.media_type for f in by_name.values())}; set the "
            f"Accept header to one of them, or format to one of {', '.join(by_name)}."
        )
    return by_media_type[media_type]
