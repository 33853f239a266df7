"""The tables about the parts of a band."""

from collections.abc import Callable

from training.report.metrics.drum_patterns import DrumPattern
from training.report.metrics.parts import BandSummary, Part
from training.report.page.markup import number, table
from training.report.result import BothBands, Report

_COLUMNS: dict[str, Callable[[Part], str]] = {
    "share of the bars": lambda p: number(p.bars_share),
    "notes per beat": lambda p: number(p.notes_per_beat),
    "distinct bars (share)": lambda p: number(p.distinct_bars_share),
    "lowest note": lambda p: number(p.lowest_pitch, 0),
    "highest note": lambda p: number(p.highest_pitch, 0),
    "leap (semitones)": lambda p: number(p.leap_semitones, 1),
}
_BAND: dict[str, Callable[[BandSummary], float]] = {
    "parts in a piece": lambda b: b.roles_mean,
    "parts that play in a bar": lambda b: b.roles_per_bar_mean,
}
_DRUMS: dict[str, Callable[[DrumPattern], float | None]] = {
    "different drums in a piece": lambda d: d.kinds,
    "similarity of the drums in a bar and in the one before": lambda d: d.similarity_1_bar_back,
    "and two bars before": lambda d: d.similarity_2_bars_back,
    "and four bars before": lambda d: d.similarity_4_bars_back,
    "fills among the last bars of groups of four (share)": lambda d: d.fill_share,
}


def band_tables(report: Report) -> dict[str, str]:
    """Write the tables about the parts of a band; none for music for one piano."""
    band = report.assessment.band
    return {"parts": _parts_table(band), "band": _band_table(band)} if band else {}


def _parts_table(band: BothBands) -> str:
    """Compare what each part plays in songs with what it plays in pieces."""
    ours, theirs = band.generated, band.collection
    rows = [
        (
            name,
            _beside(number(ours.roles[name].pieces_share), number(theirs.roles[name].pieces_share)),
            *_cells(ours.roles[name].mean, theirs.roles[name].mean),
        )
        for name in ours.roles
    ]
    together = ("all together", "", *_cells(ours.together, theirs.together))
    head = ["part", "share of the songs (pieces)", *_COLUMNS]
    return table("What the parts play in songs (pieces in brackets)", head, [*rows, together])


def _band_table(band: BothBands) -> str:
    """Compare how many parts play, and what the drums do."""
    both = (band.generated, band.collection)
    rows = [(words, *(number(of(side)) for side in both)) for words, of in _BAND.items()]
    rows += [
        (words, *(number(of(side.drums) if side.drums else None) for side in both))
        for words, of in _DRUMS.items()
    ]
    return table("The band and its drums", ["", "generated", "collection"], rows)


def _cells(ours: Part | None, theirs: Part | None) -> list[str]:
    return [
        _beside(*(number(None) if part is None else of(part) for part in (ours, theirs)))
        for of in _COLUMNS.values()
    ]


def _beside(ours: str, theirs: str) -> str:
    return f"{ours}\N{NO-BREAK SPACE}({theirs})"
