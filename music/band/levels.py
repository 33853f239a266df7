"""How loud each part of a band is, and where it sounds between left and right.

Fans' sequences are the model. In 275 of them (Touhou, Final Fantasy VII, The Wind Waker, Freedoom),
the median level of every family is within 1 dB of the piece's, by volume, expression and mean
velocity; only basses are 1.2 dB above. A family's second and later voices are 1.5 dB below its
highest on average, and the quietest quarter of ensembles, pads, effects and woodwinds is 3 dB
below. So families start level; what fills the background is lower by that quarter, since there it
would bury a melody; and lower voices are lower. Drums are 0.7 dB below on average.

A third of the parts are panned, most by 15 to 34 of 64 steps. Basses, drums and most leads are in
the middle.
"""

from music.players.roles import DRUMS, FAMILIES, VOICES

# Volumes of controller 7, whose gain is 40 log10(volume / 127) dB (General MIDI 2).
_LEVEL = 100
_LOWER_VOICE = 92  # -1.4 dB
_BASS, _DRUMS = 107, 96  # +1.2 and -0.7 dB
_BACKGROUND = 84  # -3 dB
_BACKGROUND_FAMILIES = {"ensemble", "synth pad", "synth effects"}

_MIDDLE = 64
# Steps of controller 10 to the right of the middle, for a family's highest voice.
_SIDE = {
    "chromatic percussion": 18,
    "brass": 9,
    "reed": 20,
    "pipe": -15,
    "guitar": -18,
    "organ": 12,
    "synth effects": -12,
    "synth pad": 12,
    "strings": -9,
    "ethnic": -18,
}
_APART = (0, 26, -26, 34)  # the voices of a family, from the highest
_NEVER_PANNED = {"bass", "percussive"}


def level(role: int) -> int:
    """Return the volume of a role, for controller 7: 0 to 127."""
    if role == DRUMS:
        return _DRUMS
    family, voice = FAMILIES[role // VOICES], role % VOICES
    if family in _BACKGROUND_FAMILIES:
        return _BACKGROUND
    if family == "bass":
        return _BASS
    return _LOWER_VOICE if voice else _LEVEL


def panning(role: int) -> int:
    """Return the place of a role, for controller 10: 0 is left, 64 the middle, 127 right."""
    if role == DRUMS or FAMILIES[role // VOICES] in _NEVER_PANNED:
        return _MIDDLE
    family, voice = FAMILIES[role // VOICES], role % VOICES
    side = _SIDE.get(family, 0)
    return _MIDDLE + (-side if voice % 2 else side) + _APART[voice]
