"""A parameter: the values that it takes, and how they are read."""

import re
from dataclasses import dataclass
from enum import StrEnum

from api.errors import BadParameterError

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
