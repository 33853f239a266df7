"""The parameters of a song's character: key, mode, meter, density, register and mood."""

import re
from collections.abc import Mapping
from dataclasses import fields, replace

from api.composing.song import Primer
from api.errors import BadParameterError
from music.character.wanted import ANY_CHARACTER, MOODS, Character
from music.errors import CharacterError
from music.keys import Mode, NamedKey

MOOD = "mood"
CHARACTER = (*(field.name for field in fields(Character)), MOOD)
METER_PATTERN = "[1-9][0-9]?/(1|2|4|8|16|32|64)"
_METER = re.compile(METER_PATTERN)


def character_of(values: Mapping[str, object], primer: object) -> Character:
    """Read the character that a song is to have.

    Args:
        values: Of a request, each checked against its row of the table.
        primer: The music that the song continues.

    Raises:
        BadParameterError: A value is invalid, two contradict each other, or the song continues
            other music than that of one of the game's pieces.
    """
    given = {name: values[name] for name in CHARACTER if name in values}
    if not given:
        return ANY_CHARACTER
    if primer is not Primer.CORPUS:
        name = next(iter(given))
        raise BadParameterError(
            f"{name} needs primer=corpus: the song continues an excerpt that is chosen for it.",
            name,
        )
    return _under_mood(_character(given), str(given.get(MOOD, "")))


def _character(given: Mapping[str, object]) -> Character:
    try:
        key = NamedKey.of(str(given["key"])) if "key" in given else None
    except CharacterError as error:
        raise BadParameterError(f"{error}.", error.parameter) from error
    mode = Mode(str(given["mode"])) if "mode" in given else None
    if key and mode and key.mode is not mode:
        raise BadParameterError(
            f"mode must be {key.mode}, the mode of key={key.name}; Am is A minor, A is A major.",
            "mode",
        )
    meter = str(given["meter"]) if "meter" in given else None
    if meter is not None and not _METER.fullmatch(meter):
        raise BadParameterError("meter must be a time signature such as 3/4, 4/4 or 6/8.", "meter")
    return Character(key, mode, meter, _int(given, "density"), _int(given, "register"))


def _under_mood(character: Character, mood: str) -> Character:
    """Fill in what a mood stands for where the request does not say otherwise."""
    if not mood:
        return character
    stands_for = MOODS[mood]
    return replace(
        character,
        mode=character.mode if character.wanted_mode else stands_for.mode,
        density=stands_for.density if character.density is None else character.density,
        register=stands_for.register if character.register is None else character.register,
    )


def _int(given: Mapping[str, object], name: str) -> int | None:
    value = given.get(name)
    return value if isinstance(value, int) else None
