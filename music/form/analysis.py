"""The form of a piece: which bars equal which earlier ones, reduced to sections of equal length."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from string import ascii_uppercase

from music.bars import signatures_of
from music.form.plan import Form, Section
from music.meter import measures, score_signatures
from music.piece import Piece

_SECTION_BARS = (8, 4, 2)
_NEARLY_ALL = 0.8  # of the bars that return in the best division into sections
_EXACT = 0.99  # share of equal bars
_VARIED = 0.5

_Bar = frozenset[tuple[int, int]]  # the places in the bar, in ticks, and the keys that start


@dataclass(frozen=True)
class _Division:
    """A piece divided into sections.

    Attributes:
        form: Its sections.
        returning_bars: How many bars equal the bar at the same position in an earlier section.
    """

    form: Form
    returning_bars: int


def form_of(piece: Piece) -> Form:
    """Find the form of a piece with one note or more.

    Sections have 8 bars, or 4 or 2 if those contain clearly more of the returning bars. The bars
    before the first section and the rest at the end are shorter sections. A section whose bars all
    equal those of an earlier one has the same letter; if half of them do, it has a prime.
    """
    bars = _bars(piece)
    divisions = [
        max(
            (_division(bars, section_bars, offset) for offset in range(section_bars)),
            key=lambda division: division.returning_bars,
        )
        for section_bars in _SECTION_BARS
    ]
    most = max(division.returning_bars for division in divisions)
    return next(d.form for d in divisions if d.returning_bars >= _NEARLY_ALL * most)


def _bars(piece: Piece) -> list[_Bar]:
    signatures = score_signatures(replace(piece, time_signatures=signatures_of(piece)))
    onsets, keys = piece.notes.onset_ticks.tolist(), piece.notes.key.tolist()
    cut = measures(signatures, onsets[-1] + 1)
    struck: list[set[tuple[int, int]]] = [set() for _ in cut]
    number = 0
    for onset, key in zip(onsets, keys, strict=True):
        while number + 1 < len(cut) and onset >= cut[number + 1].start_ticks:
            number += 1
        struck[number].add((onset - cut[number].start_ticks, key))
    return [frozenset(each) for each in struck]


def _division(bars: Sequence[_Bar], section_bars: int, offset: int) -> _Division:
    """Divide bars into sections of one length after the first `offset` bars."""
    starts = [*([0] if offset else []), *range(offset, len(bars), section_bars)]
    units = [bars[a:b] for a, b in zip(starts, [*starts[1:], len(bars)], strict=True) if a < b]
    originals: list[Sequence[_Bar]] = []
    sections: list[Section] = []
    returning = 0
    for unit in units:
        shares = [_equal_bars(unit, original) / len(unit) for original in originals]
        share = max(shares, default=0.0)
        if share >= _VARIED:
            letter = shares.index(share)
            returning += round(share * len(unit))
        elif len(originals) == len(ascii_uppercase):
            break
        else:
            letter = len(originals)
            originals.append(unit)
        prime = "'" if _VARIED <= share < _EXACT else ""
        sections.append(Section(f"{ascii_uppercase[letter]}{prime}", len(unit)))
    return _Division(tuple(sections), returning)


def _equal_bars(unit: Sequence[_Bar], original: Sequence[_Bar]) -> int:
    """Count the bars with notes that equal those at the same position in another section."""
    if len(unit) > len(original):
        return 0
    return sum(bool(one) and one == other for one, other in zip(unit, original, strict=False))
