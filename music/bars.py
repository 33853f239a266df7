"""The position of each note in its bar, from time signatures or, if there are none, inferred."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from music.notes import TICKS_PER_BEAT, Notes
from music.piece import Piece, TimeSignature

COMMON_TIME = TimeSignature(0, 4, 4)
_WALTZ = TimeSignature(0, 3, 4)
_BARS_APART = (1, 2, 4, 8)
_WALTZ_MARGIN = 1.4  # most music is in 4/4, and some of it also repeats after 3/4 bars
_LONGEST_TICKS = 4 * TICKS_PER_BEAT  # a note's weight is its duration, up to this
_DOWNBEAT_MARGIN = 2.0  # most pieces start at a bar line


@dataclass(frozen=True)
class Places:
    """The positions of N notes in their bars.

    Attributes:
        place_ticks: int32[N], counted from the bar line, 0 or more.
        bar_ticks: int32[N], the length of the bar, above `place_ticks`.
    """

    place_ticks: NDArray[np.int32]
    bar_ticks: NDArray[np.int32]


def places(piece: Piece) -> Places:
    """Find the position of each note of a piece in its bar.

    Before the first time signature, the first one applies; if there is none, it is inferred.
    """
    signatures = signatures_of(piece)
    starts = np.array([signature.start_ticks for signature in signatures])
    bars = np.array([signature.bar_ticks for signature in signatures])
    holds = np.searchsorted(starts, piece.notes.onset_ticks, side="right") - 1
    holds = np.maximum(holds, 0)
    place = (piece.notes.onset_ticks - starts[holds]) % bars[holds]
    return Places(place.astype(np.int32), bars[holds].astype(np.int32))


def signatures_of(piece: Piece) -> tuple[TimeSignature, ...]:
    """Return a piece's time signatures, one or more; inferred if its file has none."""
    return piece.time_signatures or (inferred_signature(piece.notes),)


def with_pickup(signatures: Sequence[TimeSignature]) -> tuple[TimeSignature, ...]:
    """Return a piece's time signatures, where a shorter first bar is a pickup.

    MIDI has no pickups, so programs write one as a bar with its own time signature, such as 1/4
    before 4/4, or repeat the time signature after it.

    Args:
        signatures: As in `Piece`, one or more.
    """
    first, *others = signatures if signatures[0].start_ticks <= 0 else (COMMON_TIME, *signatures)
    if not others:
        return tuple(signatures)
    following = others[0]
    ticks = following.start_ticks - first.start_ticks
    if ticks > first.bar_ticks or ticks >= following.bar_ticks:
        return tuple(signatures)
    bar_line_ticks = following.start_ticks - following.bar_ticks
    return replace(following, start_ticks=bar_line_ticks), *others[1:]


def inferred_signature(notes: Notes) -> TimeSignature:
    """Infer a piece's meter, 4/4 or 3/4, and its first bar line.

    The meter is the one whose bars repeat more: the share of notes that were also struck one, two,
    four or eight bars before. The first bar line is placed so that long notes start bars.
    """
    threes, fours = (
        np.mean([_returns(notes, bars * meter.bar_ticks) for bars in _BARS_APART])
        for meter in (_WALTZ, COMMON_TIME)
    )
    meter = _WALTZ if threes > _WALTZ_MARGIN * fours else COMMON_TIME
    weights = np.bincount(
        notes.onset_ticks % meter.bar_ticks,
        weights=np.minimum(notes.duration_ticks, _LONGEST_TICKS),
        minlength=meter.bar_ticks,
    )
    weights[0] *= _DOWNBEAT_MARGIN
    downbeat = int(weights.argmax())
    start_ticks = downbeat - meter.bar_ticks if downbeat else 0
    return TimeSignature(start_ticks, meter.numerator, meter.denominator)


def _returns(notes: Notes, ticks: int) -> float:
    """Return the share of notes whose key was also struck `ticks` before."""
    strikes = notes.onset_ticks.astype(np.int64) * 128 + notes.pitch
    later = notes.onset_ticks >= ticks
    if not later.any():
        return 0.0
    return float(np.isin(strikes[later] - ticks * 128, strikes).mean())
