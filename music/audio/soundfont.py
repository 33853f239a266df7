"""Plays the instruments of a soundfont, each part of a band on its own, in a room."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from music.audio.fluidsynth import FRAME, Synthesizer, version
from music.audio.instrument import SAMPLE_RATE_HZ, Repeatable, Sound
from music.audio.mixing import BLOCK, Timing
from music.audio.room import Room
from music.band.levels import level, panning
from music.errors import SoundfontError
from music.notes import Notes
from music.performance import Performance, plain
from music.piece import TempoChange
from music.players.line_up import ONE_PIANO, LineUp
from music.players.roles import DRUMS

_DECAY = 4 * SAMPLE_RATE_HZ  # samples, after the last key is released
_FADE_OUT = SAMPLE_RATE_HZ  # samples, at the end of the decay
_VOLUME, _PAN = 7, 10  # controllers

_Samples = NDArray[np.float32]


@dataclass(frozen=True)
class _Events:
    """The keys that are pressed and released, in order.

    Attributes:
        frame: int64[N], when.
        velocity: int64[N]; 0 releases the key.
        role: int64[N], who plays.
        pitch: int64[N], the key.
    """

    frame: NDArray[np.int64]
    velocity: NDArray[np.int64]
    role: NDArray[np.int64]
    pitch: NDArray[np.int64]


class Soundfont:
    """The instruments of a file."""

    is_linear = True

    def __init__(self, path: Path) -> None:
        """Check a soundfont; a song loads the instruments that it needs.

        Args:
            path: The path of an SF2 or SF3 file.

        Raises:
            SoundfontError: It is missing or not a soundfont, or FluidSynth is not installed.
        """
        check_soundfont(path)
        Synthesizer(path).close()
        self._path = path

    def play(
        self,
        notes: Notes,
        tempos: Sequence[TempoChange],
        performance: Performance | None = None,
        line_up: LineUp = ONE_PIANO,
    ) -> Sound:
        """Play notes; see `Instrument.play`. Their times are rounded to 1.5 ms."""
        performance = performance or plain(notes)
        timing = Timing.of(notes, tempos, performance)
        samples = timing.end + _DECAY
        events = _events(notes, timing, performance)
        return Sound(samples, Repeatable(lambda: self._blocks(events, line_up, samples)))

    def _blocks(self, events: _Events, line_up: LineUp, samples: int) -> Iterator[_Samples]:
        synthesizer, room = Synthesizer(self._path), Room()
        try:
            for player in line_up.players:
                is_drums = player.role == DRUMS
                synthesizer.choose(player.role, player.program, is_drums=is_drums)
                synthesizer.control(player.role, _VOLUME, level(player.role))
                synthesizer.control(player.role, _PAN, panning(player.role))
            for first in range(0, samples, BLOCK):
                block = room.around(_rendered(synthesizer, events, first)).T[: samples - first]
                yield _faded_out(block, samples - first)
        finally:
            synthesizer.close()


def _events(notes: Notes, timing: Timing, performance: Performance) -> _Events:
    """Return when keys are pressed and released; a key is released before it is struck again."""
    pressed = np.rint(timing.start / FRAME).astype(np.int64)
    released = np.maximum(pressed + 1, np.rint((timing.start + timing.held) / FRAME))
    by_key = np.lexsort((pressed, notes.key))
    again = np.flatnonzero(np.diff(notes.key[by_key].astype(np.int64)) == 0)
    earlier, later = by_key[again], by_key[again + 1]
    released[earlier] = np.minimum(released[earlier], pressed[later])
    frame = np.concatenate([pressed, released.astype(np.int64)])
    velocity = np.concatenate([performance.velocity.astype(np.int64), np.zeros_like(pressed)])
    order = np.lexsort((velocity > 0, frame))
    twice = [np.tile(column.astype(np.int64), 2) for column in (notes.role, notes.pitch)]
    return _Events(*(column[order] for column in (frame, velocity, *twice)))


def _rendered(synthesizer: Synthesizer, events: _Events, first: int) -> _Samples:
    """Render the block from sample `first` on: float32[2, BLOCK]."""
    block = np.zeros((2, BLOCK), np.float32)
    part = slice(*np.searchsorted(events.frame, (first // FRAME, (first + BLOCK) // FRAME)))
    columns = (events.frame, events.velocity, events.role, events.pitch)
    at = 0
    for frame, velocity, role, pitch in zip(*(c[part].tolist() for c in columns), strict=True):
        until = frame * FRAME - first
        if until > at:
            synthesizer.render(block, at, until)
            at = until
        if velocity:
            synthesizer.press(role, pitch, velocity)
        else:
            synthesizer.release(role, pitch)
    synthesizer.render(block, at, BLOCK)
    return block


def _faded_out(block: _Samples, left: int) -> _Samples:
    """Fade a block out whose first sample has so many samples left until the end."""
    if left - len(block) >= _FADE_OUT:
        return block
    remaining = left - np.arange(len(block))
    return block * np.minimum(1, remaining / _FADE_OUT).astype(np.float32)[:, None]


def check_soundfont(path: Path) -> None:
    """Check that a file begins like a soundfont, and that FluidSynth can play it.

    Raises:
        SoundfontError: It is missing or not a soundfont, or FluidSynth is not installed.
    """
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError as error:
        raise SoundfontError(f"{path} cannot be read: {error.strerror}") from error
    if head[:4] != b"RIFF" or head[8:] != b"sfbk":
        raise SoundfontError(f"{path} is no soundfont (SF2 or SF3)")
    version()
