"""FluidSynth, which renders the instruments of a soundfont; called in the shared library.

The library comes by the system's package manager. The functions and settings are described in
FluidSynth's API reference.
"""

import ctypes
from collections.abc import Sequence
from ctypes import c_char_p, c_double, c_int, c_void_p
from ctypes.util import find_library
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from music.audio.instrument import SAMPLE_RATE_HZ
from music.errors import SoundfontError

FRAME = 64  # samples; a note starts and ends at a multiple of these

# Of the major version 3 of the shared library, which FluidSynth 2 has.
_NAMES = ("libfluidsynth.so.3", "libfluidsynth.3.dylib", "libfluidsynth-3.dll")
_INT = c_int
_FUNCTIONS: dict[str, tuple[Any, Sequence[Any]]] = {
    "new_fluid_settings": (c_void_p, ()),
    "delete_fluid_settings": (None, (c_void_p,)),
    "fluid_settings_setnum": (_INT, (c_void_p, c_char_p, c_double)),
    "fluid_settings_setint": (_INT, (c_void_p, c_char_p, _INT)),
    "new_fluid_synth": (c_void_p, (c_void_p,)),
    "delete_fluid_synth": (None, (c_void_p,)),
    "fluid_synth_sfload": (_INT, (c_void_p, c_char_p, _INT)),
    "fluid_synth_set_channel_type": (_INT, (c_void_p, _INT, _INT)),
    "fluid_synth_program_change": (_INT, (c_void_p, _INT, _INT)),
    "fluid_synth_cc": (_INT, (c_void_p, _INT, _INT, _INT)),
    "fluid_synth_noteon": (_INT, (c_void_p, _INT, _INT, _INT)),
    "fluid_synth_noteoff": (_INT, (c_void_p, _INT, _INT)),
    "fluid_synth_write_float": (_INT, (c_void_p, _INT, *(c_void_p, _INT, _INT) * 2)),
    "fluid_set_log_function": (c_void_p, (_INT, c_void_p, c_void_p)),
    "fluid_version_str": (c_char_p, ()),
}
_LOG_WARNINGS = range(2, 5)  # warnings and below: a soundfont without some instrument is none
_MELODIC, _DRUMS = 0, 1  # the types of channels
_TENTH_CHANNEL = 9
_NUMBERS = {
    "synth.sample-rate": float(SAMPLE_RATE_HZ),
    "synth.gain": 0.2,  # a band of ten stays below full scale; its loudness is set later
}
_INTEGERS = {
    "synth.midi-channels": 64,
    "synth.polyphony": 1024,  # so many that no note is cut off for another one
    # Both depend on when a note starts, so that a loop would not restart seamlessly.
    "synth.reverb.active": 0,
    "synth.chorus.active": 0,
    "synth.dynamic-sample-loading": 1,  # only the instruments that play
    "synth.lock-memory": 0,
}


def version() -> str:
    """Return FluidSynth's version.

    Raises:
        SoundfontError: It is not installed.
    """
    text: bytes = _library().fluid_version_str()
    return text.decode()


class Synthesizer:
    """A synthesizer with a soundfont and 64 channels, for one thread; deterministic.

    FluidSynth caches the samples of a file for all synthesizers of the process that play them.
    """

    def __init__(self, soundfont: Path) -> None:
        """Load a soundfont.

        Raises:
            SoundfontError: FluidSynth is not installed or cannot read the file.
        """
        self._library = _library()
        self._settings = self._library.new_fluid_settings()
        for name, number in _NUMBERS.items():
            self._library.fluid_settings_setnum(self._settings, name.encode(), number)
        for name, integer in _INTEGERS.items():
            self._library.fluid_settings_setint(self._settings, name.encode(), integer)
        self._synthesizer = self._library.new_fluid_synth(self._settings)
        self._library.fluid_synth_set_channel_type(self._synthesizer, _TENTH_CHANNEL, _MELODIC)
        # 0: channels have no instrument before `choose`; else all would load the piano.
        if self._library.fluid_synth_sfload(self._synthesizer, bytes(soundfont), 0) < 0:
            self.close()
            raise SoundfontError(f"FluidSynth cannot read {soundfont}: it is damaged")

    def close(self) -> None:
        """Free its memory."""
        self._library.delete_fluid_synth(self._synthesizer)
        self._library.delete_fluid_settings(self._settings)

    def choose(self, channel: int, program: int, *, is_drums: bool) -> None:
        """Choose the instrument of a channel, 0 to 63: a program of General MIDI or a drum kit.

        A soundfont that lacks it plays its first instrument, or its standard kit.
        """
        kind = _DRUMS if is_drums else _MELODIC
        self._library.fluid_synth_set_channel_type(self._synthesizer, channel, kind)
        self._library.fluid_synth_program_change(self._synthesizer, channel, program)

    def control(self, channel: int, controller: int, value: int) -> None:
        """Set a controller of a channel, 0 to 127."""
        self._library.fluid_synth_cc(self._synthesizer, channel, controller, value)

    def press(self, channel: int, pitch: int, velocity: int) -> None:
        """Start a note with the next frame."""
        self._library.fluid_synth_noteon(self._synthesizer, channel, pitch, velocity)

    def release(self, channel: int, pitch: int) -> None:
        """End a note with the next frame."""
        self._library.fluid_synth_noteoff(self._synthesizer, channel, pitch)

    def render(self, sound: NDArray[np.float32], first: int, end: int) -> None:
        """Render the next frames, while other threads continue.

        Args:
            sound: float32[2, samples], left and right.
            first: The first sample that is written.
            end: The sample after the last, whole frames later.
        """
        left, right = (side.ctypes.data for side in sound)
        self._library.fluid_synth_write_float(
            self._synthesizer, end - first, left, first, 1, right, first, 1
        )


@cache
def _library() -> ctypes.CDLL:
    for name in (*_NAMES, find_library("fluidsynth")):
        try:
            library = ctypes.CDLL(name) if name else None
        except OSError:
            continue
        if library is not None:
            break
    else:
        raise SoundfontError(
            "FluidSynth 2 is not installed, which plays soundfonts; install it (make sound; "
            "Debian's package is libfluidsynth3)"
        )
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    for level in _LOG_WARNINGS:
        library.fluid_set_log_function(level, None, None)
    return library
