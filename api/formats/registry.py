"""The output formats of a song: one table, and the choice of a format."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from typing import NamedTuple

from werkzeug.datastructures import MIMEAccept

from api.composing.limit import NO_LIMIT, Limit
from api.composing.song import Song
from api.deadline import Deadline
from api.errors import NotAcceptableError
from api.formats import encoders
from api.formats.edition import edition
from api.formats.encoders import OGG_LIMIT, SCORE_LIMIT, STEMS_LIMIT, WAV_LIMIT, Pieces
from api.formats.event import Event
from api.formats.stems import stems
from music.audio.instrument import Instrument
from music.audio.piano import Piano

JSON_NAME = "json"
ZIP = "application/zip"  # several songs as files, or the stems of one


@dataclass(frozen=True)
class Format:
    """One row of the table.

    Attributes:
        name: The value of the parameter `format`.
        media_type: The media type of responses.
        aliases: Other media types for the same format.
        suffix: The suffix of file names.
        encode: Writes a song in this format; raises OutOfTimeError.
        libraries: The libraries whose releases affect the bytes.
        effort: How much more a song costs than as MIDI, of its caller's rate limit.
        limit: The longest song that the format can hold.
        instrument: Identifies the file of the instrument and its synthesizer.
        song_suffix: The suffix of each song's file in an archive; empty if it is none.
    """

    name: str
    media_type: str
    aliases: tuple[str, ...]
    suffix: str
    encode: Callable[[Song, Deadline], bytes | Pieces]
    libraries: tuple[str, ...]
    effort: int = 1
    limit: Limit = NO_LIMIT
    instrument: str = ""
    song_suffix: str = ""

    @property
    def edition(self) -> str:
        """Identify the encoder for ETags: our code, the libraries and the instrument."""
        return edition(self.libraries) + self.instrument

    def of_several(self) -> "Format":
        """Return the format of a response with several songs: JSON, or a ZIP archive of files."""
        if self.name == JSON_NAME:
            return self
        names = (*self.aliases, self.media_type)
        return replace(self, media_type=ZIP, aliases=names, suffix="zip", song_suffix=self.suffix)


@dataclass(frozen=True)
class Stream:
    """A streaming format, which sends a song while it is sampled; a row of the same table.

    Attributes:
        name: The value of the parameter `format`.
        media_type: The media type of responses.
        aliases: Other media types for the same format.
        encode: Writes an event.
        effort: As that of a `Format`.
    """

    name: str
    media_type: str
    aliases: tuple[str, ...]
    encode: Callable[[Event], bytes]
    effort: int = 1


def formats(instrument: Instrument, instrument_digest: str = "") -> tuple[Format, ...]:
    """Create the table; the first format is the default.

    Args:
        instrument: Plays songs for audio formats.
        instrument_digest: Identifies the instrument's file and its synthesizer, if it has one.
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
            effort=5,
            limit=WAV_LIMIT,
            instrument=instrument_digest,
        ),
        Format(
            name="ogg",
            media_type="audio/ogg",
            aliases=("application/ogg",),
            suffix="ogg",
            encode=partial(encoders.ogg, instrument=instrument),
            libraries=("numpy", "soundfile", "symusic"),
            effort=5,
            limit=OGG_LIMIT,
            instrument=instrument_digest,
        ),
        Format(
            name=JSON_NAME,
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
            effort=10,
            limit=SCORE_LIMIT,
        ),
        Format(
            name="svg",
            media_type="image/svg+xml",
            aliases=(),
            suffix="svg",
            encode=encoders.svg,
            libraries=("music21", "verovio"),
            effort=10,
            limit=SCORE_LIMIT,
        ),
        Format(
            name="zip",
            media_type=ZIP,
            aliases=(),
            suffix="zip",
            encode=partial(stems, instrument=instrument),
            libraries=("numpy", "symusic"),
            effort=20,
            limit=STEMS_LIMIT,
            instrument=instrument_digest,
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
    """Choose a format by name or, without one, by the Accept header.

    Args:
        name: The name of a format in the table, or None.
        accepted: The Accept header; an absent one accepts everything.
        finished: The formats of finished songs, before those of streams.

    Raises:
        NotAcceptableError: The caller accepts none of them.
    """
    table: tuple[Format | Stream, ...] = (*finished, *STREAMS)
    by_name = {form.name: form for form in table}
    if name is not None:
        return by_name[name]
    ranges = [(text.lower(), quality) for text, quality in accepted]
    preferences = [(_preference(form, ranges), form) for form in table]
    preference, form = max(preferences, key=itemgetter(0))  # the first of equally good ones
    if ranges and not preference.quality:
        types = ", ".join(dict.fromkeys(form.media_type for form in table))
        raise NotAcceptableError(
            f"A song can be had as {types}; set the Accept header to one of them, or format to one "
            f"of {', '.join(by_name)}."
        )
    return form


class _Preference(NamedTuple):
    """How much a caller wants a format.

    Attributes:
        quality: 0 if it is not acceptable, up to 1.
        exactness: How specific the matching range is: an exact type before a main type.
    """

    quality: float
    exactness: int


def _preference(form: Format | Stream, ranges: Sequence[tuple[str, float]]) -> _Preference:
    """Look up a format among the ranges of an Accept header.

    The most specific range counts (RFC 9110, 12.5.1). None of our types has parameters, so a range
    with some, such as `application/json;charset=utf-8`, is taken for one without, unless there is
    one without.
    """
    names, main_type = (form.media_type, *form.aliases), form.media_type.partition("/")[0]
    matching = (
        [quality for text, quality in ranges if text == "*/*"],
        [quality for text, quality in ranges if text == f"{main_type}/*"],
        [quality for text, quality in ranges if text.partition(";")[0].strip() in names],
        [quality for text, quality in ranges if text in names],
    )
    found = [_Preference(max(some), exactness) for exactness, some in enumerate(matching) if some]
    return found[-1] if found else _Preference(0.0, 0)
