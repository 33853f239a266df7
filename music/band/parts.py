"""The parts of a band in the order of its score."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from music.band.instruments import ABBREVIATIONS, INSTRUMENTS, kit_name
from music.notes import Notes
from music.players.line_up import LineUp, Player
from music.players.roles import DRUMS, FAMILIES, VOICES

# Woodwinds, brass, keys, plucked strings, voices and strings, as in an orchestral score; but bass
# and drums last, as in a score for band, where they are the rhythm section.
_SCORE_ORDER = (
    "pipe",
    "reed",
    "brass",
    "ethnic",
    "synth lead",
    "chromatic percussion",
    "piano",
    "organ",
    "guitar",
    "synth effects",
    "synth pad",
    "ensemble",
    "strings",
    "bass",
    "percussive",
)
_TIMPANI = 47  # General MIDI's strings have it
_PLACES = {FAMILIES.index(family): place for place, family in enumerate(_SCORE_ORDER)}
_SECTIONS = {  # that a score brackets; every other family is a section of its own
    "pipe": "woodwinds",
    "reed": "woodwinds",
    "ensemble": "strings",
    "percussive": "percussion",
}


@dataclass(frozen=True)
class Part:
    """A part of a band, as files and scores name it.

    Attributes:
        role: As in `music.players.roles`.
        program: The instrument, a General MIDI program from 0 to 127; the drum kit for drums.
        instrument: The name of the program or kit.
        name: The name of the instrument, numbered if several parts play it; Drums for drums.
        abbreviation: Of the name, for scores.
    """

    role: int
    program: int
    instrument: str
    name: str
    abbreviation: str

    @property
    def is_drums(self) -> bool:
        """Whether its pitches are the keys of a drum kit."""
        return self.role == DRUMS

    @property
    def family(self) -> str:
        """The family of the role; only for parts that are no drums."""
        return FAMILIES[self.role // VOICES]

    @property
    def section(self) -> str:
        """The section of a score that it belongs to; parts of a section follow each other."""
        if self.is_drums or self.program == _TIMPANI:
            return "percussion"
        return _SECTIONS.get(self.family, self.family)

    def of(self, notes: Notes) -> NDArray[np.bool_]:
        """Return which of N notes it plays: bool[N]."""
        plays: NDArray[np.bool_] = notes.role == self.role
        return plays


def parts_of(line_up: LineUp) -> tuple[Part, ...]:
    """Return the parts of a line-up in the order of a score, drums last."""
    players = sorted(line_up.players, key=_place)
    counts = Counter(_instrument(player) for player in players)
    return tuple(_named(players, counts))


def playing(line_up: LineUp, notes: Notes) -> tuple[Part, ...]:
    """Return the parts that have a note, in the order of a score."""
    return tuple(part for part in parts_of(line_up) if part.of(notes).any())


def instruments_of(line_ups: Iterable[LineUp]) -> tuple[str, ...]:
    """Return the names of the instruments and kits of line-ups, in the order of a score."""
    players = {player for line_up in line_ups for player in line_up.players}
    in_order = sorted(players, key=lambda player: (*_place(player), player.program))
    return tuple(dict.fromkeys(map(_instrument, in_order)))


def instruments_text(line_up: LineUp) -> str:
    """Name the instrument of every part, as requests do: Flute, Violin, Violin, Standard Kit."""
    return ", ".join(map(_instrument, line_up.players))


def part_numbers(line_up: LineUp, notes: Notes) -> NDArray[np.intp]:
    """Return which part of `parts_of` plays each of N notes: intp[N], from 0."""
    number = {part.role: number for number, part in enumerate(parts_of(line_up))}
    return np.array([number[role] for role in notes.role.tolist()], dtype=np.intp)


def _place(player: Player) -> tuple[int, int]:
    if player.role == DRUMS:
        return len(_PLACES), 0
    family, voice = divmod(player.role, VOICES)
    return _PLACES[family], voice


def _named(players: list[Player], counts: Counter[str]) -> Iterator[Part]:
    seen: Counter[str] = Counter()
    for player in players:
        instrument = _instrument(player)
        if player.role == DRUMS:
            yield Part(player.role, player.program, instrument, "Drums", "Dr.")
            continue
        seen[instrument] += 1
        number = f" {seen[instrument]}" if counts[instrument] > 1 else ""
        short = ABBREVIATIONS[player.program] + number
        if number and instrument[-1].isdigit():  # not String Ensemble 1 2
            number = f" ({seen[instrument]})"
        yield Part(player.role, player.program, instrument, instrument + number, short)


def _instrument(player: Player) -> str:
    is_drums = player.role == DRUMS
    return kit_name(player.program) if is_drums else INSTRUMENTS[player.program]
