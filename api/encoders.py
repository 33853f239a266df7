"""A song in each of the forms that are written when it is finished."""

import json

from api.errors import SongTooLongError
from api.song import Song
from api.song_json import document
from music.instrument import Instrument
from music.midi import to_midi
from music.notes import TICKS_PER_BEAT
from music.piece import Piece, constant_tempo
from music.wav import to_wav

MOST_WAV_SECONDS = 660  # 116 MB; songs of the most seconds that can be asked for fit
MOST_BARS = 1000  # some ten seconds of work
MOST_SCORE_NOTES = 4000  # likewise; only with a primer are there more


def midi(song: Song) -> bytes:
    """Write a standard MIDI file."""
    return to_midi(
        song.notes, tempo_bpm=song.tempo_bpm, name=song.request.title, text=song.provenance
    )


def wav(song: Song, instrument: Instrument) -> bytes:
    """Write what is heard when an instrument plays it.

    Raises:
        SongTooLongError: It goes on for longer than `MOST_WAV_SECONDS`.
    """
    seconds = song.notes.end_ticks / TICKS_PER_BEAT * 60 / song.tempo_bpm
    if seconds > MOST_WAV_SECONDS:
        raise SongTooLongError(
            f"This song goes on for {seconds:.0f} s, and a WAV file may for {MOST_WAV_SECONDS} s; "
            "ask for fewer notes, a faster tempo, or for seconds."
        )
    return to_wav(song.notes, tempo_bpm=song.tempo_bpm, instrument=instrument)


def json_notes(song: Song) -> bytes:
    """Write its notes, and all that is known of it."""
    return json.dumps(document(song), ensure_ascii=False, allow_nan=False).encode()


def musicxml(song: Song) -> bytes:
    """Write a score for programs that edit scores.

    Raises:
        SongTooLongError: It has more than `MOST_BARS` bars or `MOST_SCORE_NOTES` notes.
    """
    return _musicxml(song).encode()


def svg(song: Song) -> bytes:
    """Write a score to look at, its pages below each other.

    Raises:
        SongTooLongError: It has more than `MOST_BARS` bars or `MOST_SCORE_NOTES` notes.
    """
    from music.score import to_one_svg, to_svg  # noqa: PLC0415  rarely needed

    return to_one_svg(to_svg(_musicxml(song))).encode()


def _musicxml(song: Song) -> str:
    from music.score import bars_of, to_musicxml  # noqa: PLC0415  rarely needed

    if (bars := bars_of(song.notes)) > MOST_BARS:
        raise SongTooLongError(
            f"This song has {bars} bars, and a score may have {MOST_BARS}; ask for fewer notes."
        )
    if len(song.notes) > MOST_SCORE_NOTES:
        raise SongTooLongError(
            f"This song has {len(song.notes)} notes with its primer, and a score may have "
            f"{MOST_SCORE_NOTES}; ask for fewer notes, or without the primer."
        )
    return to_musicxml(Piece(song.request.title, song.notes, constant_tempo(song.tempo_bpm)))
