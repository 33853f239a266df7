"""From the values of a request to the song that it asks for."""

import difflib
import secrets
from collections.abc import Iterable, Mapping

from api.composing.primers import Upload
from api.composing.song import Primer, SongRequest
from api.errors import BadParameterError
from api.http.request.character import character_of
from api.http.request.instruments import line_up_of
from api.http.request.parameter import RequestValue, Value
from api.http.request.parameters import BY_NAME, DRAWN_SEEDS, LENGTHS, PARAMETERS
from api.model_server.port import SLUG, Label
from music.composing.brief import Brief
from music.composing.planning import VARIATION_FORM
from music.errors import FormError, KeepError
from music.form.plan import (
    kept_bars,
    section_names,
)
from music.midi import TEMPO_RANGE_BPM

_VARIED = ("keep", "intro_bars", "include_primer", *LENGTHS)  # fixed by the theme of a variation
_REVISED = ("form", "include_primer", *LENGTHS)  # fixed by the song that `keep` revises


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
        line_up=line_up_of(values),
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
        if name not in BY_NAME:
            raise _unknown(name)
        if name in values:
            raise BadParameterError(f"{name} was sent twice; send it once.", name)
        values[name] = BY_NAME[name].read(given)
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
    close = difflib.get_close_matches(name[:64].lower(), BY_NAME, n=1)
    guess = f" Did you mean {close[0]}?" if close else ""
    called = f"{shown!r}" if shown else "of that name"
    return BadParameterError(
        f"There is no parameter {called}.{guess} Available: {', '.join(BY_NAME)}.", shown
    )
