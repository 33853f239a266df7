"""What each part of a band plays, and what all parts play together."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from music.meter import Measure
from music.notes import TICKS_PER_BEAT, Notes
from music.piece import Piece
from music.players.roles import DRUMS, name_of
from training.report.metrics.bars import bars, notes_by_bar
from training.report.metrics.drum_patterns import DrumPattern, drum_pattern
from training.report.metrics.texture import top_line


@dataclass(frozen=True)
class Part:
    """What one part plays in a piece, or the mean of several pieces in which it plays.

    Attributes:
        bars_share: Share of the piece's bars in which one of its notes sounds; a drum sounds in
            the bar in which it is struck.
        notes_per_beat: In these bars.
        distinct_bars_share: Of the bars in which a note of it starts, the share that differ: 1 if
            no bar returns.
        lowest_pitch: MIDI note number; None for drums.
        highest_pitch: MIDI note number; None for drums.
        leap_semitones: Mean size of the intervals of its top line, from onset to onset; None for
            drums and for a part of one onset.
    """

    bars_share: float
    notes_per_beat: float
    distinct_bars_share: float
    lowest_pitch: float | None
    highest_pitch: float | None
    leap_semitones: float | None


@dataclass(frozen=True)
class Band:
    """What the parts of a piece play.

    Attributes:
        roles_per_bar: Mean number of roles that sound in a bar.
        together: All parts; their top line is that of the piano that would play them.
        of_role: Each role that plays.
        drums: None without drums.
    """

    roles_per_bar: float
    together: Part
    of_role: dict[int, Part]
    drums: DrumPattern | None


@dataclass(frozen=True)
class RoleSummary:
    """One role in several pieces.

    Attributes:
        pieces_share: Share of the pieces in which it plays.
        mean: Of these pieces, with equal weights; None if there are none.
    """

    pieces_share: float
    mean: Part | None


@dataclass(frozen=True)
class BandSummary:
    """The parts of several pieces: means, with equal weights.

    Attributes:
        roles_mean: Number of roles that play in a piece.
        roles_per_bar_mean: Number of roles that sound in a bar.
        together: All parts.
        roles: By the role's name.
        drums: Of the pieces that have drums; None if there are none.
    """

    roles_mean: float
    roles_per_bar_mean: float
    together: Part
    roles: dict[str, RoleSummary]
    drums: DrumPattern | None


def band(piece: Piece) -> Band:
    """Measure the parts of a piece.

    Args:
        piece: With one note or more.
    """
    cut = bars(piece)
    roles = np.unique(piece.notes.role).tolist()
    of_role = {role: piece.notes[piece.notes.role == role] for role in roles}
    sounding = [_sounding_bars(notes, cut) for notes in of_role.values()]
    drums = of_role.get(DRUMS)
    return Band(
        roles_per_bar=float(np.sum(sounding, axis=0).mean()),
        together=_part(piece.notes, cut),
        of_role={role: _part(notes, cut) for role, notes in of_role.items()},
        drums=None if drums is None else drum_pattern(drums, cut),
    )


def band_summary(found: Sequence[Band], roles: Sequence[int]) -> BandSummary:
    """Summarise one or more pieces.

    Args:
        found: Of each piece.
        roles: The roles that the summary has, whether or not they play in these pieces.
    """
    return BandSummary(
        roles_mean=float(np.mean([len(one.of_role) for one in found])),
        roles_per_bar_mean=float(np.mean([one.roles_per_bar for one in found])),
        together=_mean([one.together for one in found]),
        roles={name_of(role): _role_summary(found, role) for role in roles},
        drums=_known_mean([one.drums for one in found if one.drums]),
    )


def _role_summary(found: Sequence[Band], role: int) -> RoleSummary:
    parts = [one.of_role[role] for one in found if role in one.of_role]
    return RoleSummary(len(parts) / len(found), _known_mean(parts))


def _part(notes: Notes, cut: Sequence[Measure]) -> Part:
    sounds = _sounding_bars(notes, cut)
    beats = sum(bar.ticks for bar, is_on in zip(cut, sounds, strict=True) if is_on) / TICKS_PER_BEAT
    strikes = [
        frozenset(zip(bar.onset_ticks.tolist(), bar.key.tolist(), strict=True))
        for bar in notes_by_bar(notes, cut)
        if len(bar)
    ]
    piano = notes.as_piano()
    leaps = np.abs(np.diff(top_line(piano)))
    return Part(
        bars_share=float(sounds.mean()),
        notes_per_beat=len(notes) / beats,
        distinct_bars_share=len(set(strikes)) / len(strikes),
        lowest_pitch=float(piano.pitch.min()) if len(piano) else None,
        highest_pitch=float(piano.pitch.max()) if len(piano) else None,
        leap_semitones=float(leaps.mean()) if len(leaps) else None,
    )


def _sounding_bars(notes: Notes, cut: Sequence[Measure]) -> NDArray[np.bool_]:
    """Return for each bar whether a note sounds in it: bool[bars]."""
    starts = [bar.start_ticks for bar in cut]
    last_ticks = np.where(
        notes.is_melodic, notes.onset_ticks + notes.duration_ticks - 1, notes.onset_ticks
    )
    changes = np.zeros(len(cut) + 1, np.int64)
    np.add.at(changes, np.searchsorted(starts, notes.onset_ticks, side="right") - 1, 1)
    np.add.at(changes, np.searchsorted(starts, last_ticks, side="right"), -1)
    sounding: NDArray[np.bool_] = np.cumsum(changes)[:-1] > 0
    return sounding


_Measured = TypeVar("_Measured", Part, DrumPattern)


def _mean(found: Sequence[_Measured]) -> _Measured:
    """Average every field over one or more pieces for which it is known."""

    def mean(name: str) -> float | None:
        known = [value for one in found if (value := getattr(one, name)) is not None]
        return float(np.mean(known)) if known else None

    kind = type(found[0])
    return kind(**{field.name: mean(field.name) for field in fields(kind)})  # type: ignore[arg-type]


def _known_mean(found: Sequence[_Measured]) -> _Measured | None:
    return _mean(found) if found else None
