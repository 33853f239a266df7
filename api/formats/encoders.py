"""Encodes a finished song in each format.

Every encoder raises OutOfTimeError if the deadline of the request passes before it has finished.
The connection's own time limit applies to files that are written while they are sent.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from api.composing.limit import Limit
from api.composing.song import Song
from api.deadline import Deadline
from api.formats.song_json import document
from music.audio.instrument import Instrument, Sound
from music.audio.looping import SampleLoop, play_loop
from music.audio.mastering import Mastering
from music.audio.vorbis import to_ogg
from music.audio.wav import to_wav, wav_bytes
from music.midi import to_midi
from music.notes import Notes
from music.performance import Performance
from music.piece import Piece

WAV_LIMIT = Limit("A WAV file", seconds=660)  # 116 MB
STEMS_LIMIT = Limit("An archive of stems", seconds=300)  # 53 MB each
OGG_LIMIT = Limit("An OGG file", seconds=660)  # 10 MB, and some 20 s of work
SCORE_LIMIT = Limit("A score", bars=1000, notes=4000)  # some ten seconds of work


@dataclass(frozen=True)
class Pieces:
    """A file that is written while it is sent.

    Attributes:
        length_bytes: The total length; None if it is not known in advance.
        pieces: Each piece is written when it is needed.
    """

    length_bytes: int | None
    pieces: Iterator[bytes]


def midi(song: Song, deadline: Deadline) -> bytes:
    """Write a standard MIDI file."""
    deadline.left_s()
    return midi_of(song, song.notes, song.performance)


def midi_of(song: Song, notes: Notes, performance: Performance) -> bytes:
    """Write some notes of a song as MIDI, as long as the song."""
    return to_midi(
        notes,
        tempos=song.tempos,
        time_signatures=song.time_signatures,
        name=song.request.title,
        text=song.provenance,
        performance=performance,
        plan=song.plan,
        line_up=song.line_up,
        end_ticks=song.notes.end_ticks,
    )


def wav(song: Song, deadline: Deadline, instrument: Instrument) -> Pieces:
    """Write the sound of an instrument that plays the song, as WAV."""
    sound, loop = mastered(song, instrument, deadline)
    return Pieces(wav_bytes(sound, loop), to_wav(sound, loop))


def ogg(song: Song, deadline: Deadline, instrument: Instrument) -> Pieces:
    """Write the sound of an instrument that plays the song, as OGG Vorbis."""
    sound, loop = mastered(song, instrument, deadline)
    comments = {"TITLE": song.request.title, "DESCRIPTION": song.provenance}
    return Pieces(None, to_ogg(sound, comments, loop))


def mastered(
    song: Song, instrument: Instrument, deadline: Deadline
) -> tuple[Sound, SampleLoop | None]:
    """Play a song as loud as every other; return the sound and its loop, if any."""
    sound, loop = sound_of(song, song.notes, song.performance, instrument)
    return mastering_of(song, instrument, deadline)(sound), loop


def mastering_of(
    song: Song, instrument: Instrument, deadline: Deadline
) -> Callable[[Sound], Sound]:
    """Return what gives the song its loudness, for its sound and for those of its parts.

    An instrument that is not linear has a loudness of its own.
    """
    deadline.left_s()
    if not instrument.is_linear:
        return lambda sound: sound
    whole = sound_of(song, song.notes, song.performance, instrument)
    return Mastering.of(*whole, checkpoint=deadline.left_s).applied_to


def sound_of(
    song: Song, notes: Notes, performance: Performance, instrument: Instrument
) -> tuple[Sound, SampleLoop | None]:
    """Play some notes of a song; return the sound and its loop, if any."""
    played = notes, song.tempos, performance
    if song.plan is None or not song.plan.loops:
        return instrument.play(*played, song.line_up), None
    loop_ticks = song.plan.loop_start_ticks, song.plan.end_ticks
    return play_loop(instrument, *played, loop_ticks, song.line_up)


def json_notes(song: Song, deadline: Deadline) -> bytes:
    """Write its notes, and everything else known about it."""
    deadline.left_s()
    return json.dumps(document(song), ensure_ascii=False, allow_nan=False).encode()


def musicxml(song: Song, deadline: Deadline) -> bytes:
    """Write a score for programs that edit scores."""
    return _musicxml(song, deadline).encode()


def svg(song: Song, deadline: Deadline) -> bytes:
    """Write a score to look at, its pages below each other."""
    from music.score.engraving import to_one_svg, to_svg  # noqa: PLC0415  rarely needed

    return to_one_svg(to_svg(_musicxml(song, deadline), deadline.left_s)).encode()


def _musicxml(song: Song, deadline: Deadline) -> str:
    from music.score.engraving import to_musicxml  # noqa: PLC0415  rarely needed

    piece = Piece(
        song.request.title,
        song.notes,
        song.tempos,
        song.time_signatures,
        line_up=song.line_up,
    )
    return to_musicxml(piece, checkpoint=deadline.left_s, plan=song.plan)
