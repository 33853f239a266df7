"""MIDI files for tests."""

import io

import mido


def midi_file(*tracks: list[mido.Message], ticks_per_beat: int = 480) -> bytes:
    file = mido.MidiFile(ticks_per_beat=ticks_per_beat)
    file.tracks.extend(mido.MidiTrack(messages) for messages in tracks)
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def note(pitch: int, ticks: int, *, wait: int = 0, channel: int = 0) -> list[mido.Message]:
    return [
        mido.Message("note_on", note=pitch, velocity=64, time=wait, channel=channel),
        mido.Message("note_off", note=pitch, velocity=0, time=ticks, channel=channel),
    ]
