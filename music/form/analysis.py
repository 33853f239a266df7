"""The form of a piece: which bars return, reduced to sections of equal length."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from string import ascii_uppercase

from music.bars import signatures_of
from music.form.plan import Form, Section
from music.meter import measures, score_signatures
from music.piece import Piece

_SECTION_BARS = (8, 4, 2)
_NEARLY_ALL = 0.8  # of the bars that return in the best division into sections
_LEAST_RETURNING = 0.5  # share of the bars of a section that returns
# How much of a bar's music must return. Parts of a band are added or left out when a section
# returns, and drums are varied: of Touhou's bars 8% equal one at least four bars before, and 36%
# have this much in common with one.
_LEAST_IN_COMMON = 1.0
_LEAST_IN_COMMON_OF_BANDS = 0.6

_Bar = frozenset[tuple[int, int]]  # the places in the bar, in ticks, and the keys that start


@dataclass(frozen=True)
class _Division:
    """A piece divided into sections.

    Attributes:
        form: Its sections.
        returning_bars: How many bars return at the same position in a section.
    """

    form: Form
    returning_bars: int


def form_of(piece: Piece) -> Form:
    """Find the form of a piece with one note or more.

    Sections have 8 bars, or 4 or 2 if those contain clearly more of the returning bars. The bars
    before the first section and the rest at the end are shorter sections. A section in which half
    of an earlier one's bars return has the same letter, and a prime unless all bars are equal. A
    bar returns if it is equal; in a piece for a band, if most of its music is.
    """
    bars = _bars(piece)
    least = _LEAST_IN_COMMON if piece.line_up.is_piano else _LEAST_IN_COMMON_OF_BANDS
    divisions = [
        max(
            (_division(bars, section_bars, offset, least) for offset in range(section_bars)),
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


def _division(bars: Sequence[_Bar], section_bars: int, offset: int, least: float) -> _Division:
    """Divide bars into sections of one length after the first `offset` bars."""
    starts = [*([0] if offset else []), *range(offset, len(bars), section_bars)]
    units = [bars[a:b] for a, b in zip(starts, [*starts[1:], len(bars)], strict=True) if a < b]
    originals: list[Sequence[_Bar]] = []
    sections: list[Section] = []
    returning = 0
    for unit in units:
        shares = [_returning_bars(unit, each, least) / len(unit) for each in originals]
        share = max(shares, default=0.0)
        if share >= _LEAST_RETURNING:
            letter = shares.index(share)
            returning += round(share * len(unit))
            pairs = zip(unit, originals[letter], strict=False)
            prime = "" if all(one == other for one, other in pairs) else "'"
        elif len(originals) == len(ascii_uppercase):
            break
        else:
            letter, prime = len(originals), ""
            originals.append(unit)
        sections.append(Section(f"{ascii_uppercase[letter]}{prime}", len(unit)))
    return _Division(tuple(sections), returning)


def _returning_bars(unit: Sequence[_Bar], original: Sequence[_Bar], least: float) -> int:
    """Count the bars with notes that return at the same position of another section."""
    if len(unit) > len(original):
        return 0
    pairs = zip(unit, original, strict=False)
    return sum(bool(one) and _in_common(one, other) >= least for one, other in pairs)


def _in_common(bar: _Bar, other: _Bar) -> float:
    """Return the share of two bars' music that they have in common, 0 to 1 (Jaccard index)."""
    return len(bar & other) / len(bar | other)
