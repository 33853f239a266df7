"""The MIDI channels of a band's parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from music.band.parts import Part

DRUM_CHANNEL = 9  # the tenth, counted from 0
MELODIC_CHANNELS = tuple(number for number in range(16) if number != DRUM_CHANNEL)


@dataclass(frozen=True)
class Channel:
    """The channel of a part.

    Attributes:
        number: 0 to 15.
        leader: The first part on it, as which all its parts sound.
    """

    number: int
    leader: Part


def channels_of(parts: Sequence[Part]) -> list[Channel]:
    """Return the channel of each part.

    Each has its own if there are enough. Otherwise parts of the same program share one or, if that
    is not enough, parts of the same family.

    Args:
        parts: In the order of the score.
    """
    leaders: list[Part] = []
    melodic: dict[object, Part] = {}
    for sharing in map(attrgetter, ("role", "program", "family")):
        melodic = {}
        leaders = [
            part if part.is_drums else melodic.setdefault(sharing(part), part) for part in parts
        ]
        if len(melodic) <= len(MELODIC_CHANNELS):
            break
    numbers = {part.role: MELODIC_CHANNELS[n] for n, part in enumerate(melodic.values())}
    return [Channel(numbers.get(leader.role, DRUM_CHANNEL), leader) for leader in leaders]
