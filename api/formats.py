"""The forms in which a song can be handed back: one table, and the choice among them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from werkzeug.datastructures import MIMEAccept

from api import encoders
from api.deadline import Deadline
from api.edition import edition
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
        libraries: Whose releases decide on the bytes.
        limit: How long a song may be for it.
        instrument: Tells the file that it is played with from any other.
    """

    name: str
    media_type: str
    aliases: tuple[str, ...]
    suffix: str
    encode: Callable[[Song, Deadline], bytes | Pieces]
    libraries: tuple[str, ...]
    limit: Limit = NO_LIMIT
    instrument: str = ""

    @property
    def edition(self) -> str:
        """Tell what writes the bytes, the song apart, from any other, as an ETag has to."""
        return edition(self.libraries) + self.instrument


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


def formats(instrument: Instrument, instrument_digest: str = "") -> tuple[Format, ...]:
    """Make the table; the first is what is given where the caller takes anything.

    Args:
        instrument: What plays a song where it is to be heard.
        instrument_digest: Of the file that it plays with, where there is one.
    """
    return (
        Format(
            name="midi",
            media_type="audio/midi",
            aliases=("audio/x-midi", "audio/mid"),
            suffix="mid",
            encode=encoders.midi,
            libraries=("symusic",),
        ),
        Format(
            name="wav",
            media_type="audio/wav",
            aliases=("audio/x-wav", "audio/wave", "audio/vnd.wave"),
            suffix="wav",
            encode=partial(encoders.wav, instrument=instrument),
            libraries=("numpy", "symusic"),
            limit=WAV_LIMIT,
            instrument=instrument_digest,
        ),
        Format(
            name="json",
            media_type="application/json",
            aliases=(),
            suffix="json",
            encode=encoders.json_notes,
            libraries=(),
        ),
        Format(
            name="musicxml",
            media_type="application/vnd.recordare.musicxml+xml",
            aliases=(),
            suffix="musicxml",
            encode=encoders.musicxml,
            libraries=("music21",),
            limit=SCORE_LIMIT,
        ),
        Format(
            name="svg",
            media_type="image/svg+xml",
            aliases=(),
            suffix="svg",
            encode=encoders.svg,
            libraries=("music21", "verovio"),
            limit=SCORE_LIMIT,
        ),
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
