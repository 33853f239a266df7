"""The description of a bundle: the JSON text that its `describe` signature returns.

Training writes it and the API reads it from the same model version, so the vocabulary always fits
the weights.
"""

import json
import re
import reprlib
import sys
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from music.bars import COMMON_TIME
from music.errors import DescriptionError
from music.expression.articulation import LEAST_SHARE, LEGATO, Articulation, LengthShare
from music.expression.dynamics import MOST_SPREAD, SHAPED, VELOCITY_RANGE, Dynamics
from music.form.plan import MOST_BARS, Form, Section
from music.notes import Notes
from music.piece import TimeSignature
from music.players.line_up import MOST_PROGRAM, ONE_PIANO, LineUp
from music.players.roles import ROLES

FORMAT = 9  # 9: openings have line-ups, and learned pieces roles
INT32_MAX = 2**31 - 1
_MOST_OPENING_TICKS = 100_000

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Opening:
    """The opening of a piece of the collection, which a song may continue.

    Attributes:
        piece: The piece's name.
        tokens: Without BOS.
        tempo_bpm: The tempo of the piece.
        time_signatures: The piece's first one, and those that start before the opening ends; ticks
            are counted from its first note.
        articulation: The articulation of the piece.
        line_up: Who plays the whole piece.
    """

    piece: str
    tokens: tuple[int, ...]
    tempo_bpm: float
    time_signatures: tuple[TimeSignature, ...] = (COMMON_TIME,)
    articulation: Articulation = LEGATO
    line_up: LineUp = ONE_PIANO

    @property
    def meter(self) -> TimeSignature:
        """The time signature at its end, which a song that continues it has too."""
        return self.time_signatures[-1]


@dataclass(frozen=True)
class PieceForm:
    """The form of a piece of the collection, which songs may take."""

    piece: str
    sections: Form


@dataclass(frozen=True)
class LearnedPiece:
    """The notes of a piece that the model learned from, for the quote check."""

    name: str
    notes: Notes


@dataclass(frozen=True)
class ModelCard:
    """The origin of a model, and its quality.

    Attributes:
        recipe: The name of its recipe.
        pieces: The number of pieces in the collection, including held-out ones.
        notes: The number of their notes.
        held_out_bits_per_note: Cross-entropy on the held-out pieces; None if there were none.
        trained_at: ISO 8601, UTC.
        tensorflow: The version of TensorFlow that exported it.
    """

    recipe: str
    pieces: int
    notes: int
    held_out_bits_per_note: float | None
    trained_at: str
    tensorflow: str


@dataclass(frozen=True)
class Description:
    """Everything that the API needs to know about a model version.

    Attributes:
        game: The name in requests.
        title: The game's title.
        codec: The codec of the vocabulary.
        vocabulary: For each field of a token, the names of its values in the order of their
            numbers.
        tempo_bpm: The median tempo of the collection's pieces.
        openings: One of each piece.
        forms: The form of each piece, in the order of the openings.
        learned: The pieces that a song could quote.
        quote_notes: The usual length of a quote: 19 of 20 pieces share no longer run of notes
            with any other.
        card: The model card.
        dynamics: The dynamics of songs: the collection's own if its velocities vary.
        articulation: How much shorter than written the collection's notes sound, for a song that
            continues no music.
    """

    game: str
    title: str
    codec: str
    vocabulary: tuple[tuple[str, ...], ...]
    tempo_bpm: float
    openings: tuple[Opening, ...]
    forms: tuple[PieceForm, ...]
    learned: tuple[LearnedPiece, ...]
    quote_notes: int
    card: ModelCard
    dynamics: Dynamics = SHAPED
    articulation: Articulation = LEGATO

    def to_json(self) -> str:
        """Write the text for `from_json`."""
        fields = {
            **{name: getattr(self, name) for name in ("game", "title", "codec", "tempo_bpm")},
            "format": FORMAT,
            "vocabulary": self.vocabulary,
            "openings": [asdict(opening) for opening in self.openings],
            "forms": [asdict(form) for form in self.forms],
            "learned": [_piece_fields(piece) for piece in self.learned],
            "quote_notes": self.quote_notes,
            "card": asdict(self.card),
            "dynamics": asdict(self.dynamics),
            "articulation": asdict(self.articulation),
        }
        return json.dumps(fields, separators=(",", ":"), allow_nan=False)

    def card_json(self) -> str:
        """Write the model card, for people to read."""
        return json.dumps({"game": self.game, "title": self.title, **asdict(self.card)}, indent=1)

    @classmethod
    def from_json(cls, text: str | bytes) -> "Description":
        """Read a description.

        Raises:
            DescriptionError: It is not JSON or has another format, or a member is missing or
                invalid. No text raises any other error.
        """
        try:
            value = json.loads(text, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise DescriptionError(f"the description is not JSON: {error}") from error
        members = _Members(value)
        if (found := members.value("format")) != FORMAT:
            raise DescriptionError(f"format is {reprlib.repr(found)}; this reads {FORMAT}")
        return cls(
            game=members.text("game"),
            title=members.text("title"),
            codec=members.text("codec"),
            vocabulary=members.table("vocabulary"),
            tempo_bpm=members.number("tempo_bpm"),
            openings=tuple(map(_opening, members.objects("openings"))),
            forms=tuple(map(_piece_form, members.objects("forms"))),
            learned=tuple(map(_learned_piece, members.objects("learned"))),
            quote_notes=members.integer("quote_notes"),
            card=_card(members.nested("card")),
            dynamics=_dynamics(members.nested("dynamics")),
            articulation=_articulation(members.nested("articulation")),
        )


class _Members:
    """The members of a JSON object, read by name.

    Every method raises a DescriptionError that names the member if it is missing or has another
    type.
    """

    def __init__(self, value: object, path: str = "") -> None:
        """Read the members of `value`, which is the member at `path` of the whole description."""
        self._path = path
        if not isinstance(value, dict):
            raise DescriptionError(f"{path or 'the description'} must be an object")
        self._members = value

    def value(self, name: str) -> Any:
        if name not in self._members:
            raise DescriptionError(f"the description lacks {self._named(name)}")
        return self._members[name]

    def text(self, name: str) -> str:
        value = self.value(name)
        if not _is_text(value):
            raise self._misfit(name, "text", value)
        return str(value)

    def integer(self, name: str, lowest: int = 0, highest: int = INT32_MAX) -> int:
        (value,) = _integers([self.value(name)], lowest, highest) or (None,)
        if value is None:
            raise self._misfit(name, f"an integer from {lowest} to {highest}", self.value(name))
        return value

    def number(
        self,
        name: str,
        lowest: float = -sys.float_info.max,
        highest: float = sys.float_info.max,
    ) -> float:
        value = self.value(name)
        if type(value) not in (int, float) or not lowest <= value <= highest:
            is_bounded = highest < sys.float_info.max
            fits = f"a number from {lowest:g} to {highest:g}" if is_bounded else "a finite number"
            raise self._misfit(name, fits, value)
        return float(value)

    def integers(self, name: str, lowest: int, highest: int) -> tuple[int, ...]:
        values = _integers(self.value(name), lowest, highest)
        if values is None:
            raise self._misfit(name, f"integers from {lowest} to {highest}", self.value(name))
        return values

    def table(self, name: str) -> tuple[tuple[str, ...], ...]:
        value = self.value(name)
        if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
            raise self._misfit(name, "lists of text", value)
        if not all(_is_text(text) for row in value for text in row):
            raise self._misfit(name, "lists of text", value)
        return tuple(map(tuple, value))

    def nested(self, name: str) -> "_Members":
        return _Members(self.value(name), self._named(name))

    def objects(self, name: str) -> "list[_Members]":
        values = self.value(name)
        if not isinstance(values, list):
            raise self._misfit(name, "a list", values)
        return [_Members(value, f"{self._named(name)}[{n}]") for n, value in enumerate(values)]

    def _named(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def _misfit(self, name: str, fits: str, value: object) -> DescriptionError:
        return DescriptionError(f"{self._named(name)} must be {fits}, not {reprlib.repr(value)}")


def _opening(members: _Members) -> Opening:
    return Opening(
        piece=members.text("piece"),
        tokens=members.integers("tokens", 0, INT32_MAX),
        tempo_bpm=members.number("tempo_bpm"),
        time_signatures=_time_signatures(members),
        articulation=_articulation(members.nested("articulation")),
        line_up=_line_up(members.nested("line_up")),
    )


def _line_up(members: _Members) -> LineUp:
    players = {
        each.integer("role", 0, ROLES - 1): each.integer("program", 0, MOST_PROGRAM)
        for each in members.objects("players")
    }
    if not players:
        raise DescriptionError("the line-up of an opening has no player")
    return LineUp.of(players)


def _dynamics(members: _Members) -> Dynamics:
    return Dynamics(
        level=members.number("level", *VELOCITY_RANGE),
        spread=members.number("spread", 0, MOST_SPREAD),
    )


def _articulation(members: _Members) -> Articulation:
    return Articulation(
        share=members.number("share", LEAST_SHARE, 1),
        lengths=tuple(
            LengthShare(each.integer("ticks", 1), each.number("share", LEAST_SHARE, 1))
            for each in members.objects("lengths")
        ),
    )


def _piece_form(members: _Members) -> PieceForm:
    form = PieceForm(members.text("piece"), tuple(map(_section, members.objects("sections"))))
    if not form.sections:
        raise DescriptionError(f"the form of {form.piece!r} has no section")
    first_bars: dict[str, int] = {}
    for section in form.sections:
        longest = first_bars.setdefault(section.letter, section.bars)
        if section.bars > longest:
            raise DescriptionError(
                f"in the form of {form.piece!r}, {section.name} has {section.bars} bars, more than "
                f"the {longest} that it repeats"
            )
    return form


def _section(members: _Members) -> Section:
    return Section(members.text("name"), members.integer("bars", 1, MOST_BARS))


def _time_signatures(members: _Members) -> tuple[TimeSignature, ...]:
    signatures = tuple(map(_time_signature, members.objects("time_signatures")))
    if not signatures:
        raise DescriptionError("an opening has no time signature")
    return signatures


def _time_signature(members: _Members) -> TimeSignature:
    denominator = members.integer("denominator", 1, 64)
    if denominator & (denominator - 1):
        raise DescriptionError(
            f"a time signature has the denominator {denominator}, not 1, 2, 4 ..."
        )
    return TimeSignature(
        start_ticks=members.integer("start_ticks", -_MOST_OPENING_TICKS, _MOST_OPENING_TICKS),
        numerator=members.integer("numerator", 1, 255),
        denominator=denominator,
    )


def _learned_piece(members: _Members) -> LearnedPiece:
    name = members.text("name")
    onset_ticks = members.integers("onset_ticks", 0, INT32_MAX)
    duration_ticks = members.integers("duration_ticks", 1, INT32_MAX)
    pitch = members.integers("pitch", 0, 127)
    role = members.integers("role", 0, ROLES - 1)
    if not len(onset_ticks) == len(duration_ticks) == len(pitch) == len(role):
        raise DescriptionError(
            f"the piece {name!r} has {len(onset_ticks)} onsets, {len(duration_ticks)} durations, "
            f"{len(pitch)} pitches and {len(role)} roles"
        )
    if any(later < earlier for earlier, later in pairwise(onset_ticks)):
        raise DescriptionError(f"the onsets of the piece {name!r} are not in order")
    if any(o + d > INT32_MAX for o, d in zip(onset_ticks, duration_ticks, strict=True)):
        raise DescriptionError(f"the piece {name!r} ends after {INT32_MAX} ticks")
    return LearnedPiece(name, Notes.of(onset_ticks, duration_ticks, pitch, role))


def _card(members: _Members) -> ModelCard:
    has_bits = members.value("held_out_bits_per_note") is not None
    return ModelCard(
        recipe=members.text("recipe"),
        pieces=members.integer("pieces"),
        notes=members.integer("notes"),
        held_out_bits_per_note=members.number("held_out_bits_per_note") if has_bits else None,
        trained_at=members.text("trained_at"),
        tensorflow=members.text("tensorflow"),
    )


def _is_text(value: object) -> bool:
    """Whether text can be encoded as UTF-8; JSON escapes can contain lone surrogates."""
    return isinstance(value, str) and not _SURROGATE.search(value)


def _integers(values: object, lowest: int, highest: int) -> tuple[int, ...] | None:
    """Return a list of integers in a range; None if it is anything else."""
    if not isinstance(values, list) or set(map(type, values)) - {int}:
        return None
    if values and not lowest <= min(values) <= max(values) <= highest:
        return None
    return tuple(values)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _piece_fields(piece: LearnedPiece) -> dict[str, Any]:
    onset_ticks, duration_ticks, pitch, role = (column.tolist() for column in piece.notes.columns)
    return {
        "name": piece.name,
        "onset_ticks": onset_ticks,
        "duration_ticks": duration_ticks,
        "pitch": pitch,
        "role": role,
    }
