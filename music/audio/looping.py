"""Renders music that loops: the decay after its end is mixed into its start."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from music.audio.instrument import Instrument, Sound, sample_at
from music.line_up import ONE_PIANO, LineUp
from music.notes import Notes, join
from music.performance import Performance
from music.piece import TempoChange


@dataclass(frozen=True)
class SampleLoop:
    """The part of a sound that is repeated.

    Attributes:
        start: The first sample.
        samples: The number of samples, 1 or more.
    """

    start: int
    samples: int


def play_loop(
    instrument: Instrument,
    notes: Notes,
    tempos: Sequence[TempoChange],
    performance: Performance,
    loop_ticks: tuple[int, int],
    line_up: LineUp = ONE_PIANO,
) -> tuple[Sound, SampleLoop]:
    """Play music once, and its loop a second time.

    The loop of the sound is the second pass, in which the decay of the first pass sounds at the
    start. Without an intro, the first pass is left out, so the sound is as long as the music. With
    an intro, it stays, since the decay of the intro differs from that of the loop.

    Args:
        instrument: Plays the notes.
        notes: From tick 0; all have ended at the end of the loop.
        tempos: As in `Piece`.
        performance: How the notes sound.
        loop_ticks: The start and the end of the loop; the music ends with it.
        line_up: The instrument of every role of the notes.
    """
    start_ticks, end_ticks = loop_ticks
    in_loop = np.flatnonzero(notes.onset_ticks >= start_ticks)
    twice = join([notes, notes[in_loop].shifted(end_ticks - start_ticks)])
    order = np.concatenate([np.arange(len(notes)), in_loop])
    start = sample_at(tempos, end_ticks)
    end = start + start - sample_at(tempos, start_ticks)  # as long as the loop in the first pass
    skipped = 0 if start_ticks else start
    played = instrument.play(twice, tempos, performance[order], line_up)
    lasting = played.lasting(max(end, played.samples))
    sound = Sound(end - skipped, _between(lasting.blocks, skipped, end))
    return sound, SampleLoop(start - skipped, end - start)


def _between(
    blocks: Iterator[NDArray[np.float32]], first: int, end: int
) -> Iterator[NDArray[np.float32]]:
    """Return the samples from `first` to before `end`."""
    at = 0
    for block in blocks:
        kept = block[max(0, first - at) : max(0, end - at)]
        if len(kept):
            yield kept
        at += len(block)
        if at >= end:
            return
