"""Encodes pieces as the network reads them: field values and, with memory, their context."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from music.bars import places
from music.codec import Codec
from music.codec.notetuple import BandTuple, NoteTuple
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
        pitch_field: The index of the field of pitches, if the tokens are notes.
        has_roles: Whether roles are a field.
    """

    fields: NDArray[np.int32]
    context: Context | None
    pitch_field: int = 1
    has_roles: bool = False

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
        RecipeError: The network has memory, and the codec's tokens are not notes; or it has none,
            and they have roles.
    """
    fields = codec.split_fields(codec.encode(piece.notes))
    if not memory:
        if codec.name == BandTuple.name:
            raise RecipeError(f"the codec {codec.name!r} needs network.memory")
        return EncodedPiece(fields, None)
    if not isinstance(codec, NoteTuple):
        raise RecipeError(f"network.memory needs the codec {NoteTuple.name!r}, not {codec.name!r}")
    where = places(piece)
    return EncodedPiece(
        fields,
        context(fields, where.place_ticks, where.bar_ticks, codec),
        codec.pitch_field,
        codec.has_roles,
    )


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
    fields = _transposed(piece, semitones)
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
        inputs |= _context_inputs(piece, piece.context, read, places, steps, semitones)
        _fill_next_onset(inputs, piece.context, fields[:, piece.pitch_field], part, begins)
        if piece.has_roles:
            inputs |= _role_inputs(piece.context, part, steps, semitones)
        if hidden is not None:
            for name in ("candidates", "evidence"):
                inputs[name][hidden] = 0
    ending = np.full(steps, UNKNOWN, np.int32)
    ending[:targets] = CONTINUES
    if ends:
        ending[targets] = ENDS
    return Window(inputs, ending)


def _context_inputs(
    piece: EncodedPiece,
    piece_context: Context,
    read: slice,
    places: slice,
    steps: int,
    semitones: int,
) -> Inputs:
    evidence = piece_context.evidence[read]
    is_moved = (evidence > 0) & piece_context.is_candidate_melodic[read]
    candidates = moved(piece_context.candidates[read], piece.pitch_field, is_moved, semitones)
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
    pitch: NDArray[np.int32],
    part: range,
    begins: int,
) -> None:
    """Fill in the inputs that depend on the next onset: its position, and the sounding keys."""
    inputs["next_place"][: len(part)] = piece_context.place[part.start : part.stop]
    inputs["sounding"][: len(part)] = sounding(piece_context, pitch, part.start, len(part))
    if begins:  # before the first token, only the meter is known
        inputs["place"][0], inputs["bar"][0] = piece_context.place[0], piece_context.bar[0]


def _role_inputs(piece_context: Context, part: range, steps: int, semitones: int) -> Inputs:
    """Return the inputs of a band: its line-up, and what each next note's role struck last."""
    struck = piece_context.role_pitch[part.start : part.stop]
    is_moved = piece_context.is_melodic[part.start : part.stop] & (struck > 0)
    struck = np.where(is_moved, folded(struck - 1 + semitones) + 1, struck)
    return {
        "line_up": piece_context.line_up,
        "role_pitch": _padded(struck, slice(0, len(part)), steps),
    }


def _transposed(piece: EncodedPiece, semitones: int) -> NDArray[np.int32]:
    if not semitones:
        return piece.fields
    everything = np.ones(len(piece), np.bool_)
    is_melodic = everything if piece.context is None else piece.context.is_melodic
    return moved(piece.fields, piece.pitch_field, is_melodic, semitones)


def _padded(values: NDArray[Any], places: slice, steps: int) -> NDArray[Any]:
    """Write values to `places` of T steps, and 0 elsewhere."""
    padded = np.zeros((steps, *values.shape[1:]), values.dtype)
    padded[places] = values
    return padded


def empty_window(like: Window) -> Window:
    """Create a window without targets, with the shapes of another."""
    inputs = {name: np.zeros_like(values) for name, values in like.inputs.items()}
    return Window(inputs, np.full_like(like.ending, UNKNOWN))
