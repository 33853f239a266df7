"""The MIDI channels of a band's parts."""

from collections.abc import Sequence
from operator import attrgetter

from music.band.parts import Part

CHANNELS = 15  # of MIDI's 16, for parts with pitches; drums have the tenth


def channel_leaders(parts: Sequence[Part]) -> list[Part]:
    """Return for each part the first part on its channel, as which all on it sound.

    Each part has its own channel if there are enough. Otherwise parts of the same program share
    one or, if that is not enough, parts of the same family.

    Args:
        parts: In the order of the score.
    """
    leaders = list(parts)
    for sharing in map(attrgetter, ("role", "program", "family")):
        first: dict[object, Part] = {}
        leaders = [
            part if part.is_drums else first.setdefault(sharing(part), part) for part in parts
        ]
        if len(first) <= CHANNELS:
            break
    return leaders
