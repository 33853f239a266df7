"""Renders music that loops: the decay after its end is mixed into its start."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from music.audio.instrument import Instrument, Repeatable, Sound, sample_at
from music.notes import Notes, join
from music.performance import Performance
from music.piece import TempoChange
from music.players.line_up import ONE_PIANO, LineUp


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
    an intro, it stays, since the decay of the intro differs from that of the loop. The sound of a
    linear instrument can be read several times.

    Args:
        instrument: Plays the notes.
        notes: From tick 0; all have ended at the end of the loop.
        tempos: As in `Piece`.
        performance: How the notes sound.
        loop_ticks: The start and the end of the loop; the music ends with it.
        line_up: The instrument of every role of the notes.
    """
    if instrument.is_linear:
        return _folded(instrument, notes, tempos, performance, loop_ticks, line_up)
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


def _folded(
    instrument: Instrument,
    notes: Notes,
    tempos: Sequence[TempoChange],
    performance: Performance,
    loop_ticks: tuple[int, int],
    line_up: LineUp,
) -> tuple[Sound, SampleLoop]:
    """Add the decay after the loop to its start, which is exact where sounds add up."""
    start, end = (sample_at(tempos, ticks) for ticks in loop_ticks)
    in_loop = notes.onset_ticks >= loop_ticks[0]
    loop = instrument.play(notes[in_loop], tempos, performance[in_loop], line_up)
    samples = end - start
    after_end = list(_between(loop.blocks, end, max(end, loop.samples)))
    decay = np.concatenate([np.zeros((0, 2), np.float32), *after_end])
    decay = np.pad(decay, ((0, -len(decay) % samples), (0, 0)))
    decay = decay.reshape(-1, samples, 2).sum(axis=0)  # a loop may be shorter than its decay

    def blocks() -> Iterator[NDArray[np.float32]]:
        if start:
            intro = instrument.play(notes, tempos, performance, line_up)
            yield from _between(intro.lasting(max(end, intro.samples)).blocks, 0, end)
        at = 0
        lasting = loop.lasting(max(end, loop.samples))
        for block in _between(lasting.blocks, start, end):
            yield block + decay[at : at + len(block)]
            at += len(block)

    skipped = 0 if start else end
    sound = Sound(end + samples - skipped, Repeatable(blocks))
    return sound, SampleLoop(end - skipped, samples)


def _between(
    blocks: Iterable[NDArray[np.float32]], first: int, end: int
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
