"""Encodes pieces as the network reads them: field values and, with memory, their context."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from music.bars import places
from music.codec import Codec
from music.codec.notetuple import NoteTuple
from music.piece import Piece
from training.errors import RecipeError
from training.memory.candidates import KEY_WEIGHTS
from training.memory.context import KEYS, Context, context, folded, moved, sounding

CONTINUES, ENDS, UNKNOWN = 0, 1, -1

Inputs = dict[str, NDArray[Any]]
"""The network's inputs by name, int32 and float32."""


@dataclass(frozen=True)
class EncodedPiece:
    """A piece's N tokens as values of F fields, and the context of each.

    Attributes:
        fields: int32[N, F].
        context: None for a network without memory.
    """

    fields: NDArray[np.int32]
    context: Context | None

    def __len__(self) -> int:
        """Count the tokens."""
        return len(self.fields)


@dataclass(frozen=True)
class Window:
    """A part of a piece, in which every step is a target.

    Attributes:
        inputs: The network's inputs by name, T steps each; 0 after the end.
        ending: int32[T]: `CONTINUES`, `ENDS` at the end of the piece, `UNKNOWN` after that.
    """

    inputs: Inputs
    ending: NDArray[np.int32]


def encode(piece: Piece, codec: Codec, *, memory: bool) -> EncodedPiece:
    """Encode a piece as field values, with the context if the network has memory.

    Raises:
        RecipeError: The network has memory, and the codec's tokens are not notes.
    """
    fields = codec.split_fields(codec.encode(piece.notes))
    if not memory:
        return EncodedPiece(fields, None)
    if not isinstance(codec, NoteTuple):
        raise RecipeError(f"network.memory needs the codec {NoteTuple.name!r}, not {codec.name!r}")
    where = places(piece)
    return EncodedPiece(fields, context(fields, where.place_ticks, where.bar_ticks, codec))


def window(
    piece: EncodedPiece,
    part: range,
    steps: int,
    semitones: int = 0,
    hidden: NDArray[np.bool_] | None = None,
) -> Window:
    """Cut a window whose targets are a part of a piece.

    The step before the piece's first token has read nothing. The step after its last token, if
    the window has room for it, has only the ending as its target.

    Args:
        piece: A piece of one token or more.
        part: The targets, counted from 0: one or more, at most T.
        steps: T.
        semitones: Transposition; only if the fields are those of notes.
        hidden: bool[T, C], the hidden candidates; None for none.
    """
    fields = _transposed(piece.fields, semitones)
    first, targets = part.start, len(part)
    ends = targets < steps and part.stop == len(fields)
    read = slice(max(first - 1, 0), part.stop - (0 if ends else 1))
    begins = 1 if first == 0 else 0
    places = slice(begins, begins + read.stop - read.start)
    inputs: Inputs = {
        "tokens": _padded(fields[read] + 1, places, steps),
        "following": _padded(fields[first : first + targets] + 1, slice(0, targets), steps),
    }
    if piece.context is not None:
        inputs |= _context_inputs(piece.context, read, places, steps, semitones)
        _fill_next_onset(inputs, piece.context, fields, first, targets, begins)
        if hidden is not None:
            for name in ("candidates", "evidence"):
                inputs[name][hidden] = 0
    ending = np.full(steps, UNKNOWN, np.int32)
    ending[:targets] = CONTINUES
    if ends:
        ending[targets] = ENDS
    return Window(inputs, ending)


def _context_inputs(
    piece_context: Context,
    read: slice,
    places: slice,
    steps: int,
    semitones: int,
) -> Inputs:
    evidence = piece_context.evidence[read]
    candidates = moved(piece_context.candidates[read], evidence, semitones)
    shown = np.where(evidence[..., None] > 0, candidates + 1, 0)
    halves = piece_context.key_weights[read].reshape(len(evidence), KEY_WEIGHTS // 12, 12)
    key_weights = np.roll(halves, semitones, axis=-1).reshape(len(evidence), KEY_WEIGHTS)
    return {
        "place": _padded(piece_context.place[read], places, steps),
        "bar": _padded(piece_context.bar[read], places, steps),
        "candidates": _padded(shown, places, steps),
        "evidence": _padded(evidence, places, steps),
        "key_weights": _padded(key_weights, places, steps),
        "next_place": np.zeros(steps, np.int32),
        "sounding": np.zeros((steps, 2 * KEYS), np.float32),
    }


def _fill_next_onset(
    inputs: Inputs,
    piece_context: Context,
    fields: NDArray[np.int32],
    first: int,
    targets: int,
    begins: int,
) -> None:
    """Fill in the inputs that depend on the next onset: its position, and the sounding keys."""
    inputs["next_place"][:targets] = piece_context.place[first : first + targets]
    inputs["sounding"][:targets] = sounding(piece_context, fields[:, 1], first, targets)
    if begins:  # before the first token, only the meter is known
        inputs["place"][0], inputs["bar"][0] = piece_context.place[0], piece_context.bar[0]


def _transposed(fields: NDArray[np.int32], semitones: int) -> NDArray[np.int32]:
    if not semitones:
        return fields
    return np.stack([fields[:, 0], folded(fields[:, 1] + semitones), fields[:, 2]], axis=1)


def _padded(values: NDArray[Any], places: slice, steps: int) -> NDArray[Any]:
    """Write values to `places` of T steps, and 0 elsewhere."""
    padded = np.zeros((steps, *values.shape[1:]), values.dtype)
    padded[places] = values
    return padded


def empty_window(like: Window) -> Window:
    """Create a window without targets, with the shapes of another."""
    inputs = {name: np.zeros_like(values) for name, values in like.inputs.items()}
    return Window(inputs, np.full_like(like.ending, UNKNOWN))
