"""The parameters of a song: one table, and the checks that use it."""

import difflib
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from api.composing.primers import Upload
from api.composing.song import SEEDS, THEME, Primer, SongRequest
from api.errors import BadParameterError
from api.formats.registry import FORMAT_NAMES
from api.http.character import METER_PATTERN, character_of
from api.model_server.port import SLUG, Label
from music.character.wanted import MOODS
from music.composing.brief import Brief
from music.composing.length import MOST_NOTES
from music.composing.planning import VARIATION_FORM
from music.errors import FormError, KeepError
from music.form.plan import (
    FORM_PATTERN,
    KEEP_PATTERN,
    MOST_BARS,
    MOST_INTRO_BARS,
    MOST_SECTIONS,
    kept_bars,
    section_names,
)
from music.keys import KEY_PATTERN, Mode
from music.midi import TEMPO_RANGE_BPM
from music.sampling import TEMPERATURE, TOP_K, TOP_P

LENGTHS = ("notes", "seconds", "bars")  # one of them says how long a song is
DRAWN_SEEDS = 1 << 32
MOST_EXACT = SEEDS - 1  # the largest integer that is exact in every JSON parser
MOST_SONGS = 16
MOST_KEEP_CHARACTERS = 200
_VARIED = ("keep", "intro_bars", "include_primer", *LENGTHS)  # fixed by the theme of a variation
_REVISED = ("form", "include_primer", *LENGTHS)  # fixed by the song that `keep` revises

Value = str | int | float | bytes

# Characters that end lines, turn the direction of what follows, or cannot be written as XML or
# UTF-8. The pattern is one of JSON Schema too.
CONTROL_CHARACTERS = (
    r"[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)

_CONTROL = re.compile(CONTROL_CHARACTERS)
_WHOLE = re.compile(r"-?[0-9]{1,20}")
_NUMBER = re.compile(r"-?([0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})([eE][+-]?[0-9]{1,4})?")


@dataclass(frozen=True)
class RequestValue:
    """A name and a value as sent, not checked yet.

    Attributes:
        name: May be unknown.
        value: Text, any JSON value, or the bytes of a file.
        is_json: Whether it comes from JSON, in which numbers must not be text.
    """

    name: str
    value: object
    is_json: bool = False


class Kind(StrEnum):
    """The kinds of a parameter's values, as error messages name them."""

    NAME = "a name"
    TEXT = "text"
    CHOICE = "one of"
    WHOLE = "an integer"
    NUMBER = "a number"
    FLAG = "true or false"
    VERSION = "a version"


@dataclass(frozen=True)
class Parameter:
    """One row of the table.

    Attributes:
        name: The name in requests.
        kind: The kind of its values.
        effect: What it does, for the documentation.
        lowest: The smallest number, or the smallest number of characters.
        highest: The largest number, or the largest number of characters.
        lowest_fits: Whether `lowest` itself is valid.
        choices: The valid values of a choice, or the labels of versions.
        pattern: The regular expression of a text in the OpenAPI document; empty for any text.
        may_be_file: Whether a MIDI file or a song's JSON may be uploaded instead of a value.
        needs_file: Whether it is only for requests with an uploaded file.
        default: The value if the parameter is absent; None if it has no fixed default.
        required: Whether the parameter must be sent.
    """

    name: str
    kind: Kind
    effect: str
    lowest: float = 0
    highest: float = 0
    lowest_fits: bool = True
    choices: tuple[str, ...] = ()
    pattern: str = ""
    may_be_file: bool = False
    needs_file: bool = False
    default: Value | None = None
    required: bool = False

    @property
    def fits(self) -> str:
        """Describe the valid values."""
        if self.kind is Kind.CHOICE:
            file = ", or an uploaded file (MIDI, or a song's JSON)" if self.may_be_file else ""
            return f"{self.kind} {', '.join(self.choices)}{file}"
        if self.kind in {Kind.NAME, Kind.FLAG}:
            return self.kind.value
        if self.kind is Kind.VERSION:
            return f"a version's number, or one of {', '.join(self.choices)}"
        lower, upper = (f"{bound:.16g}" for bound in (self.lowest, self.highest))
        if self.kind is Kind.TEXT:
            return f"{self.kind} of {lower} to {upper} characters, none of them a control character"
        if self.lowest_fits:
            return f"{self.kind} from {lower} to {upper}"
        return f"{self.kind} above {lower} and up to {upper}"

    def read(self, given: RequestValue) -> Value:
        """Check a value.

        Raises:
            BadParameterError: The value is invalid.
        """
        if isinstance(given.value, bytes):
            return self._file(given.value)
        value = self._typed(given)
        if value is None or not self._in_range(value):
            raise BadParameterError(f"{self.name} must be {self.fits}.", self.name)
        return value

    def _file(self, content: bytes) -> bytes:
        if not self.may_be_file:
            raise BadParameterError(f"{self.name} cannot be a file; send a value.", self.name)
        return content

    def _typed(self, given: RequestValue) -> str | float | None:
        if self.kind in {Kind.NAME, Kind.TEXT, Kind.CHOICE}:
            return given.value if isinstance(given.value, str) else None
        if self.kind is Kind.FLAG:
            return _flag(given)
        if self.kind is Kind.VERSION and given.value in self.choices:
            return str(given.value)
        is_whole = self.kind is not Kind.NUMBER
        if given.is_json:
            return _json_number(given.value, is_whole=is_whole)
        return _text_number(str(given.value), is_whole=is_whole)

    def _in_range(self, value: str | float) -> bool:
        if isinstance(value, str):
            return self._is_allowed(value)
        if self.kind is Kind.FLAG:
            return True
        too_low = value < self.lowest or (value == self.lowest and not self.lowest_fits)
        return not too_low and value <= self.highest

    def _is_allowed(self, text: str) -> bool:
        if self.kind in {Kind.CHOICE, Kind.VERSION}:
            return text in self.choices
        if self.kind is Kind.TEXT:
            return self.lowest <= len(text) <= self.highest and not _CONTROL.search(text)
        return bool(text)


PARAMETERS = (
    Parameter(
        name="game",
        kind=Kind.NAME,
        effect="the game whose music the model was trained on",
        required=True,
    ),
    Parameter(
        name="notes",
        kind=Kind.WHOLE,
        effect="how many notes the song has; with a form, a loop or a character, about so many",
        lowest=1,
        highest=MOST_NOTES,
    ),
    Parameter(
        name="seconds",
        kind=Kind.NUMBER,
        effect=f"the song's duration, instead of notes; at most {MOST_NOTES} notes",
        lowest=1,
        highest=600,
    ),
    Parameter(
        name="bars",
        kind=Kind.WHOLE,
        effect="how many bars the song has, without an intro; if bars, notes and seconds are "
        "absent, about as many as 500 notes of the game's music fill",
        lowest=1,
        highest=MOST_BARS,
    ),
    Parameter(
        name="form",
        kind=Kind.TEXT,
        effect="the song's sections, all of the same length. Equal letters are the same music, and "
        "' marks a return with a new ending (AABA'). Default: the form of one of the game's pieces",
        lowest=1,
        highest=2 * MOST_SECTIONS,
        pattern=FORM_PATTERN,
    ),
    Parameter(
        name="ending",
        kind=Kind.FLAG,
        effect="whether the last bar closes the song; default: true, unless the song loops",
    ),
    Parameter(
        name="loop",
        kind=Kind.FLAG,
        effect="whether the song can be played in a loop: its end leads to its start, and files "
        "mark the loop",
        default=False,
    ),
    Parameter(
        name="intro_bars",
        kind=Kind.WHOLE,
        effect="how many bars are played once before the loop",
        lowest=0,
        highest=MOST_INTRO_BARS,
        default=0,
    ),
    Parameter(
        name="temperature",
        kind=Kind.NUMBER,
        effect="lower values give fewer surprises; 0 always takes the most likely value",
        lowest=0,
        highest=2,
        default=TEMPERATURE,
    ),
    Parameter(
        name="top_k",
        kind=Kind.WHOLE,
        effect="samples pitches only from this many of the most likely; 0 allows all",
        lowest=0,
        highest=1024,
        default=TOP_K,
    ),
    Parameter(
        name="top_p",
        kind=Kind.NUMBER,
        effect="samples pitches only from the most likely that add up to this probability; 1 "
        "allows all",
        lowest=0,
        lowest_fits=False,
        highest=1,
        default=TOP_P,
    ),
    Parameter(
        name="seed",
        kind=Kind.WHOLE,
        effect="the same seed returns the same song; random if absent",
        lowest=0,
        highest=MOST_EXACT,
    ),
    Parameter(
        name="songs",
        kind=Kind.WHOLE,
        effect="how many songs are composed, best first: by the seed, the seed + 1 and so on. The "
        "response is a ZIP archive of files, or JSON with all songs",
        lowest=1,
        highest=MOST_SONGS,
        default=1,
    ),
    Parameter(
        name="tempo",
        kind=Kind.NUMBER,
        effect="beats per minute; default: the tempo of the music that the song continues",
        lowest=TEMPO_RANGE_BPM[0],
        highest=TEMPO_RANGE_BPM[1],
    ),
    Parameter(
        name="key",
        kind=Kind.TEXT,
        effect="the song's key: C, F#m or Bb; m is minor. The song continues an opening of that "
        "mode, transposed",
        lowest=1,
        highest=20,
        pattern=KEY_PATTERN,
    ),
    Parameter(
        name="mode",
        kind=Kind.CHOICE,
        effect="the mode of the song's key, whatever its tonic",
        choices=tuple(Mode),
    ),
    Parameter(
        name="meter",
        kind=Kind.TEXT,
        effect="the song's time signature (3/4), one in which a piece of the game begins",
        lowest=1,
        highest=20,
        pattern=METER_PATTERN,
    ),
    Parameter(
        name="density",
        kind=Kind.WHOLE,
        effect="how many notes there are per beat, as a percentile of the game's own pieces: 0 is "
        "as sparse as its sparsest, 100 as dense as its densest",
        lowest=0,
        highest=100,
    ),
    Parameter(
        name="register",
        kind=Kind.WHOLE,
        effect="how high the notes are, as a percentile of the game's own pieces: 0 is as low as "
        "its lowest, 100 as high as its highest",
        lowest=0,
        highest=100,
    ),
    Parameter(
        name="mood",
        kind=Kind.CHOICE,
        effect="a name for a mode, a density and a register, where they are absent: "
        + "; ".join(f"{name} is {character.terms}" for name, character in MOODS.items()),
        choices=tuple(MOODS),
    ),
    Parameter(
        name="primer",
        kind=Kind.CHOICE,
        effect="the music that the song continues: corpus is the opening of one of the game's "
        "pieces, none is no music; or upload a file, from whose end the song continues: MIDI, or a "
        "song's JSON",
        choices=tuple(Primer),
        may_be_file=True,
        default=Primer.CORPUS.value,
    ),
    Parameter(
        name="include_primer",
        kind=Kind.FLAG,
        effect="whether the song starts with the uploaded primer, before the new notes",
        needs_file=True,
        default=False,
    ),
    Parameter(
        name="keep",
        kind=Kind.TEXT,
        effect="bars of an uploaded primer that stay as they are (1-8,13-16); the others are "
        "recomposed, to lead on to the next bar that stays",
        lowest=1,
        highest=MOST_KEEP_CHARACTERS,
        needs_file=True,
        pattern=KEEP_PATTERN,
    ),
    Parameter(
        name="variation_of",
        kind=Kind.CHOICE,
        effect=f"{THEME}: the uploaded primer is the song's theme. It stays as section A, and the "
        f"other sections follow from it, as long as it is; default form: {''.join(VARIATION_FORM)}",
        choices=(THEME,),
        needs_file=True,
    ),
    Parameter(
        name="dynamics",
        kind=Kind.FLAG,
        effect="whether velocities follow meter, voice and phrase; false sets all of them to 80",
        default=True,
    ),
    Parameter(
        name="max_quote",
        kind=Kind.WHOLE,
        effect="how many successive notes the song may share with a piece of the training data, in "
        "any key; default: as many as those pieces share with each other",
        lowest=4,
        highest=MOST_NOTES,
    ),
    Parameter(
        name="title",
        kind=Kind.TEXT,
        effect="the song's title, used in its score, its MIDI track and its file name; default: "
        "Song and its seed",
        lowest=1,
        highest=100,
    ),
    Parameter(
        name="version",
        kind=Kind.VERSION,
        effect="the version of the game's model: its number, as a song's origin has it; or canary "
        "for the newest, stable for the one promoted last. Default: stable if it is ready, "
        "otherwise the newest version that is ready",
        lowest=1,
        highest=MOST_EXACT,
        choices=tuple(Label),
    ),
    Parameter(
        name="format",
        kind=Kind.CHOICE,
        effect="the format of the response; overrides the Accept header",
        choices=FORMAT_NAMES,
    ),
)
_BY_NAME = {parameter.name: parameter for parameter in PARAMETERS}


def song_request(said: Iterable[RequestValue]) -> SongRequest:
    """Check the parameters of a request.

    Args:
        said: Names and values as sent, repeated ones included.

    Raises:
        BadParameterError: A name is unknown, missing or repeated, or a value is invalid.
    """
    values = _read(said)
    _check_length(values)
    is_seed_drawn = "seed" not in values
    values = {**_defaults(), **values}
    primer, include_primer = _primer(values), bool(values["include_primer"])
    if include_primer and not isinstance(primer, Upload):
        raise BadParameterError(
            "include_primer needs an uploaded primer (with POST).", "include_primer"
        )
    return SongRequest(
        game=str(values["game"]),
        brief=_brief(values, primer),
        primer=primer,
        include_primer=include_primer,
        dynamics=bool(values["dynamics"]),
        version=_version(values),
        given_title=str(values["title"]) if "title" in values else None,
        media_format=str(values["format"]) if "format" in values else None,
        is_seed_drawn=is_seed_drawn,
        songs=int(values["songs"]),
    )


def _brief(values: Mapping[str, Value], primer: Primer | Upload) -> Brief:
    return Brief(
        seed=int(values["seed"]),
        notes=_int(values, "notes"),
        seconds=_float(values, "seconds"),
        temperature=float(values["temperature"]) + 0.0,  # -0.0 is 0.0
        top_k=int(values["top_k"]),
        top_p=float(values["top_p"]),
        tempo_bpm=_float(values, "tempo"),
        max_quote=_int(values, "max_quote"),
        bars=_int(values, "bars"),
        form=_form(values),
        ending=_ending(values),
        loop=bool(values["loop"]),
        intro_bars=int(values["intro_bars"]),
        keep=_keep(values, primer),
        varies=_varies(values, primer),
        character=character_of(values, primer),
    )


def _check_length(values: Mapping[str, Value]) -> None:
    lengths = [name for name in LENGTHS if name in values]
    if len(lengths) > 1:
        raise BadParameterError("Send only one of notes, seconds and bars.", lengths[-1])
    if values.get("intro_bars") and not values.get("loop"):
        raise BadParameterError("intro_bars needs loop=true.", "intro_bars")


def _form(values: Mapping[str, Value]) -> tuple[str, ...] | None:
    if "form" not in values:
        return None
    try:
        return section_names(str(values["form"]))
    except FormError as error:
        raise BadParameterError(f"form must be {error}.", "form") from error


def _keep(values: Mapping[str, Value], primer: Primer | Upload) -> tuple[int, ...]:
    if "keep" not in values:
        return ()
    try:
        bars = kept_bars(str(values["keep"]))
    except KeepError as error:
        raise BadParameterError(f"keep must be {error}.", "keep") from error
    if not isinstance(primer, Upload):
        raise BadParameterError("keep needs an uploaded primer (with POST).", "keep")
    for name in _REVISED:
        if values.get(name):
            raise BadParameterError(
                f"{name} cannot be given with keep: the uploaded song decides on it.", name
            )
    return bars


def _varies(values: Mapping[str, Value], primer: Primer | Upload) -> bool:
    if "variation_of" not in values:
        return False
    if not isinstance(primer, Upload):
        raise BadParameterError(
            "variation_of needs an uploaded primer (with POST).", "variation_of"
        )
    for name in _VARIED:
        if values.get(name):
            raise BadParameterError(
                f"{name} cannot be given with variation_of: the song starts with the theme, and "
                "every section is as long.",
                name,
            )
    names = _form(values) or VARIATION_FORM
    if names[0] != "A" or set(names) == {"A"}:
        raise BadParameterError(
            "form must start with A, the theme, and have another section: AABA.", "form"
        )
    return True


def _ending(values: Mapping[str, Value]) -> bool | None:
    if "ending" not in values:
        return None
    if values["ending"] and values["loop"]:
        raise BadParameterError("ending=true and loop=true exclude each other.", "ending")
    return bool(values["ending"])


def _read(said: Iterable[RequestValue]) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for given in said:
        name = given.name
        if name not in _BY_NAME:
            raise _unknown(name)
        if name in values:
            raise BadParameterError(f"{name} was sent twice; send it once.", name)
        values[name] = _BY_NAME[name].read(given)
    for parameter in PARAMETERS:
        if parameter.required and parameter.name not in values:
            raise BadParameterError(f"{parameter.name} is missing.", parameter.name)
    return values


def _primer(values: Mapping[str, Value]) -> Primer | Upload:
    given = values["primer"]
    if not isinstance(given, bytes):
        return Primer(str(given))
    upload = Upload.read(given)
    tempo_bpm = upload.piece.last_tempo_bpm
    lowest, highest = TEMPO_RANGE_BPM
    if "tempo" not in values and not lowest <= tempo_bpm <= highest:
        raise BadParameterError(
            f"The primer ends at {tempo_bpm:.6g} beats per minute; give a tempo from "
            f"{lowest:.0f} to {highest:.0f}.",
            "tempo",
        )
    return upload


def _defaults() -> dict[str, Value]:
    fixed = {p.name: p.default for p in PARAMETERS if p.default is not None}
    return {**fixed, "seed": secrets.randbelow(DRAWN_SEEDS)}


def _version(values: Mapping[str, Value]) -> int | Label | None:
    version = values.get("version")
    return Label(version) if isinstance(version, str) else _int(values, "version")


def _int(values: Mapping[str, Value], name: str) -> int | None:
    return int(values[name]) if name in values else None


def _float(values: Mapping[str, Value], name: str) -> float | None:
    return float(values[name]) if name in values else None


def _unknown(name: str) -> BadParameterError:
    """Return the error for an unknown parameter; it repeats the name only if that is harmless."""
    shown = name if SLUG.fullmatch(name) else None
    close = difflib.get_close_matches(name[:64].lower(), _BY_NAME, n=1)
    guess = f" Did you mean {close[0]}?" if close else ""
    called = f"{shown!r}" if shown else "of that name"
    return BadParameterError(
        f"There is no parameter {called}.{guess} Available: {', '.join(_BY_NAME)}.", shown
    )


def _flag(given: RequestValue) -> bool | None:
    if given.is_json:
        return given.value if isinstance(given.value, bool) else None
    return {"true": True, "false": False}.get(str(given.value))


def _text_number(text: str, *, is_whole: bool) -> int | float | None:
    if is_whole:
        return int(text) if _WHOLE.fullmatch(text) else None
    return float(text) if _NUMBER.fullmatch(text) else None


def _json_number(value: object, *, is_whole: bool) -> int | float | None:
    """Read a JSON number; an integer may be written as 3.0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if is_whole and isinstance(value, float):
        return int(value) if value.is_integer() else None
    return value
