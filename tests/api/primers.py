"""Primers, and songs that continue them."""

import io

from music.midi import to_midi
from music.notes import Notes
from music.piece import constant_tempo

LINE = Notes.of([0, 6, 12, 12, 24], [6, 6, 12, 12, 12], [60, 64, 62, 67, 65])

URL = "/generate?game=zelda&seed=7&notes=30"


def midi_of(notes, tempo_bpm=100):
    return to_midi(notes, tempos=constant_tempo(tempo_bpm), name="intro", text="")


INTRO = midi_of(LINE)


def scale(count):
    """Return a number of notes, each three ticks after the previous one, all in the vocabulary."""
    return Notes.of(range(0, 3 * count, 3), [3] * count, [60 + n % 24 for n in range(count)])


def uploaded(midi, **fields):
    return {"data": {**fields, "primer": (io.BytesIO(midi), "../../intro.mid")}}


CUT_INTRO = INTRO[:-4]  # without the event that ends the track
