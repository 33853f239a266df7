"""The stems of a song: each part as a MIDI file and as sound, in a ZIP archive.

Games play stems as layers: all of them at once, of which they fade in one or another. So they all
start at the song's first tick and end together. A song for one piano has one stem, so that the same
request works for every game.
"""

from collections.abc import Iterator

from api.composing.song import Song
from api.deadline import Deadline
from api.formats.archive import archive
from api.formats.encoders import Pieces, json_notes, mastering_of, midi_of, sound_of
from api.formats.file_names import file_stem
from music.audio.instrument import Instrument
from music.audio.wav import to_wav
from music.band.parts import parts_of
from music.notes import Notes
from music.performance import Performance

SONG = "song.json"  # of an archive: what format=json returns


def stems(song: Song, deadline: Deadline, instrument: Instrument) -> Pieces:
    """Write the stems of the parts that have notes, and the song's JSON.

    Shorter sounds end in silence. Each has the gain of the whole song, so that the stems of a
    linear instrument add up to the song's WAV file.
    """
    alone = dict(_alone(song))
    midi = {f"{name}.mid": (midi_of(song, *played),) for name, played in alone.items()}
    sounds = {name: sound_of(song, *played, instrument) for name, played in alone.items()}
    samples = max(sound.samples for sound, _ in sounds.values())
    master = mastering_of(song, instrument, deadline)
    wav = {
        f"{name}.wav": to_wav(master(sound).lasting(samples), loop)
        for name, (sound, loop) in sounds.items()
    }
    return Pieces(None, archive({SONG: (json_notes(song, deadline),), **midi, **wav}))


def _alone(song: Song) -> Iterator[tuple[str, tuple[Notes, Performance]]]:
    """Yield the name of each part, and its notes as they sound in the song."""
    performance = song.performance
    for number, part in enumerate(parts_of(song.line_up), 1):
        plays = part.of(song.notes)
        if plays.any():
            name = f"{number:02} {file_stem(part.name)}"
            yield name, (song.notes[plays], performance[plays])
