"""Reads MIDI files."""

import io

import mido

from music.reading import read_midi


def notes_of(response):
    return read_midi(response.data, "song").notes


def texts_of(response):
    song = mido.MidiFile(file=io.BytesIO(response.data))
    return [message.text for track in song.tracks for message in track if message.type == "text"]
