"""How the keys of a drum kit are named, and written on a staff with a percussion clef.

Sources: General MIDI System Level 1 (MIDI Association) for the keys; N. Weinberg, Guide to
Standardized Drumset Notation (1998) for where drums and cymbals are written. For hand percussion
there is no standard: high instruments are written higher.
"""

from typing import NamedTuple

FEET = frozenset({35, 36, 44})  # what feet play, which has stems down


class DrumHead(NamedTuple):
    """How a key is written.

    Attributes:
        name: Of the drum or cymbal.
        place: The line or space, named as with a treble clef, such as C5.
        shape: Of the note head, as MusicXML names it.
    """

    name: str
    place: str
    shape: str


_KEYS = {
    35: DrumHead("Acoustic Bass Drum", "F4", "normal"),
    36: DrumHead("Bass Drum", "F4", "normal"),
    37: DrumHead("Side Stick", "C5", "x"),
    38: DrumHead("Acoustic Snare", "C5", "normal"),
    39: DrumHead("Hand Clap", "C5", "diamond"),
    40: DrumHead("Electric Snare", "C5", "normal"),
    41: DrumHead("Low Floor Tom", "G4", "normal"),
    42: DrumHead("Closed Hi-Hat", "G5", "x"),
    43: DrumHead("High Floor Tom", "A4", "normal"),
    44: DrumHead("Pedal Hi-Hat", "D4", "x"),
    45: DrumHead("Low Tom", "B4", "normal"),
    46: DrumHead("Open Hi-Hat", "G5", "circle-x"),
    47: DrumHead("Low-Mid Tom", "D5", "normal"),
    48: DrumHead("Hi-Mid Tom", "E5", "normal"),
    49: DrumHead("Crash Cymbal 1", "A5", "x"),
    50: DrumHead("High Tom", "F5", "normal"),
    51: DrumHead("Ride Cymbal 1", "F5", "x"),
    52: DrumHead("Chinese Cymbal", "B5", "circle-x"),
    53: DrumHead("Ride Bell", "F5", "diamond"),
    54: DrumHead("Tambourine", "B5", "triangle"),
    55: DrumHead("Splash Cymbal", "B5", "diamond"),
    56: DrumHead("Cowbell", "E5", "triangle"),
    57: DrumHead("Crash Cymbal 2", "B5", "x"),
    58: DrumHead("Vibraslap", "A5", "triangle"),
    59: DrumHead("Ride Cymbal 2", "E5", "x"),
    60: DrumHead("High Bongo", "F5", "triangle"),
    61: DrumHead("Low Bongo", "D5", "triangle"),
    62: DrumHead("Mute High Conga", "E5", "x"),
    63: DrumHead("Open High Conga", "E5", "triangle"),
    64: DrumHead("Low Conga", "C5", "triangle"),
    65: DrumHead("High Timbale", "F5", "triangle"),
    66: DrumHead("Low Timbale", "D5", "triangle"),
    67: DrumHead("High Agogo", "G5", "triangle"),
    68: DrumHead("Low Agogo", "E5", "triangle"),
    69: DrumHead("Cabasa", "G5", "diamond"),
    70: DrumHead("Maracas", "A5", "diamond"),
    71: DrumHead("Short Whistle", "B5", "triangle"),
    72: DrumHead("Long Whistle", "B5", "triangle"),
    73: DrumHead("Short Guiro", "A4", "diamond"),
    74: DrumHead("Long Guiro", "A4", "diamond"),
    75: DrumHead("Claves", "D5", "diamond"),
    76: DrumHead("High Wood Block", "F5", "diamond"),
    77: DrumHead("Low Wood Block", "D5", "diamond"),
    78: DrumHead("Mute Cuica", "B4", "x"),
    79: DrumHead("Open Cuica", "B4", "triangle"),
    80: DrumHead("Mute Triangle", "A5", "triangle"),
    81: DrumHead("Open Triangle", "A5", "triangle"),
}


def drum_head(key: int) -> DrumHead:
    """Return how a key is written; those beyond General MIDI's have no names of their own."""
    return _KEYS.get(key) or DrumHead(f"Key {key}", "E5", "triangle")
