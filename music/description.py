"""What a bundle says of itself: the JSON text that its `describe` signature answers.

Training writes it and the API reads it, out of the same model version, so that the vocabulary can
never be of another run than the weights.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

from music.errors import DescriptionError
from music.notes import Notes

FORMAT = 3


@dataclass(frozen=True)
class Opening:
    """How a piece of the collection begins, for a song to go on from.

    Attributes:
        piece: The piece's name.
        tokens: Without BOS.
        tempo_bpm: The piece's.
    """

    piece: str
    tokens: tuple[int, ...]
    tempo_bpm: float


@dataclass(frozen=True)
class LearnedPiece:
    """The notes of a piece that the model learned from, for the quote check."""

    name: str
    notes: Notes


@dataclass(frozen=True)
class ModelCard:
    """Where a model comes from and how well it knows its game.

    Attributes:
        recipe: The name of the recipe it was trained by.
        pieces: How many pieces the collection holds, held-out ones included.
        notes: How many notes they hold.
        held_out_bits_per_note: Bits a note on the held-out pieces; None where none was held out.
        trained_at: ISO 8601, UTC.
        tensorflow: The version that exported it.
    """

    recipe: str
    pieces: int
    notes: int
    held_out_bits_per_note: float | None
    trained_at: str
    tensorflow: str


@dataclass(frozen=True)
class Description:
    """All that the API needs to know of a model version.

    Attributes:
        game: The name that requests ask for.
        title: The game's name as people write it.
        codec: Which codec the vocabulary belongs to.
        vocabulary: For each field of a token, the names of its values in the order of their
            numbers.
        tempo_bpm: The tempo of the collection's middle piece.
        openings: One of each piece.
        learned: The pieces whose notes a song could quote.
        quote_notes: How long a quote is usual: 19 of 20 of the pieces share no longer a run of
            notes with any other.
        card: The model card.
    """

    game: str
    title: str
    codec: str
    vocabulary: tuple[tuple[str, ...], ...]
    tempo_bpm: float
    openings: tuple[Opening, ...]
    learned: tuple[LearnedPiece, ...]
    quote_notes: int
    card: ModelCard

    def to_json(self) -> str:
        """Write the text that `from_json` reads."""
        fields = {
            **{name: getattr(self, name) for name in ("game", "title", "codec", "tempo_bpm")},
            "format": FORMAT,
            "vocabulary": self.vocabulary,
            "openings": [asdict(opening) for opening in self.openings],
            "learned": [_piece_fields(piece) for piece in self.learned],
            "quote_notes": self.quote_notes,
            "card": asdict(self.card),
        }
        return json.dumps(fields, separators=(",", ":"), allow_nan=False)

    def card_json(self) -> str:
        """Write the model card, for people to read."""
        return json.dumps({"game": self.game, "title": self.title, **asdict(self.card)}, indent=1)

    @classmethod
    def from_json(cls, text: str | bytes) -> "Description":
        """Read a description.

        Raises:
            DescriptionError: It is not JSON, of another format, or a field is missing or wrong.
        """
        try:
            fields = json.loads(text, parse_constant=_not_a_number)
            if fields["format"] != FORMAT:
                raise DescriptionError(f"format is {fields['format']!r}; this reads {FORMAT}")
            return cls(
                game=str(fields["game"]),
                title=str(fields["title"]),
                codec=str(fields["codec"]),
                vocabulary=tuple(tuple(map(str, field)) for field in fields["vocabulary"]),
                tempo_bpm=float(fields["tempo_bpm"]),
                openings=tuple(
                    Opening(str(o["piece"]), tuple(map(_whole, o["tokens"])), float(o["tempo_bpm"]))
                    for o in fields["openings"]
                ),
                learned=tuple(
                    LearnedPiece(
                        str(p["name"]), Notes.of(p["onset_ticks"], p["duration_ticks"], p["pitch"])
                    )
                    for p in fields["learned"]
                ),
                quote_notes=_whole(fields["quote_notes"]),
                card=_card(fields["card"]),
            )
        except KeyError as error:
            raise DescriptionError(f"the description lacks the field {error}") from error
        except (TypeError, ValueError) as error:
            raise DescriptionError(f"the description is malformed: {error}") from error


def _card(fields: dict[str, Any]) -> ModelCard:
    bits = fields["held_out_bits_per_note"]
    return ModelCard(
        recipe=str(fields["recipe"]),
        pieces=_whole(fields["pieces"]),
        notes=_whole(fields["notes"]),
        held_out_bits_per_note=None if bits is None else float(bits),
        trained_at=str(fields["trained_at"]),
        tensorflow=str(fields["tensorflow"]),
    )


def _whole(value: Any) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r} is not a whole number")
    return value


def _not_a_number(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _piece_fields(piece: LearnedPiece) -> dict[str, Any]:
    onset_ticks, duration_ticks, pitch = (column.tolist() for column in piece.notes.columns)
    return {
        "name": piece.name,
        "onset_ticks": onset_ticks,
        "duration_ticks": duration_ticks,
        "pitch": pitch,
    }
