"""A song in JSON: its notes, and what it shares with the pieces that its model learned from."""

from typing import Any

from api.song import Song
from music.midi import VELOCITY
from music.notes import TICKS_PER_BEAT, Notes
from music.quotes import Quote

_DIGITS = 6  # behind the point: a microsecond


def document(song: Song) -> dict[str, Any]:
    """Give all that is known of a song, its notes last."""
    longest = song.longest_quote
    onset_ticks = song.notes.onset_ticks.tolist()
    return {
        "game": song.request.game,
        "game_title": song.game_title,
        "title": song.request.title,
        "version": song.version,
        "seed": song.request.seed,
        "tempo": song.tempo_bpm,
        "origin": song.origin,
        "primer_notes": song.primer_notes,
        "longest_quote": longest.length_notes,
        "quotes": [
            quote_members(quote, onset_ticks[quote.start_in_song], song.tempo_bpm)
            for quote in song.quotes
        ],
        "notes": note_members(song.notes, song.tempo_bpm),
    }


def note_members(notes: Notes, tempo_bpm: float) -> list[dict[str, int | float]]:
    """Give notes as objects, in beats (quarter notes) and in seconds."""
    beats = (column / TICKS_PER_BEAT for column in (notes.onset_ticks, notes.duration_ticks))
    start, duration = (column.tolist() for column in beats)
    return [
        {
            "pitch": pitch,
            "start_beats": round(start_beats, _DIGITS),
            "duration_beats": round(duration_beats, _DIGITS),
            "start_s": round(start_beats * 60 / tempo_bpm, _DIGITS),
            "duration_s": round(duration_beats * 60 / tempo_bpm, _DIGITS),
            "velocity": VELOCITY,
        }
        for pitch, start_beats, duration_beats in zip(
            notes.pitch.tolist(), start, duration, strict=True
        )
    ]


def quote_members(quote: Quote, onset_ticks: int, tempo_bpm: float) -> dict[str, Any]:
    """Give a quote as an object.

    Args:
        quote: What is shared.
        onset_ticks: Where in the song its first note starts.
        tempo_bpm: The song's.
    """
    beats = onset_ticks / TICKS_PER_BEAT
    return {
        "piece": quote.piece,
        "notes": quote.length_notes,
        "first_note": quote.start_in_song,
        "first_note_in_piece": quote.start_in_piece,
        "start_beats": round(beats, _DIGITS),
        "start_s": round(beats * 60 / tempo_bpm, _DIGITS),
    }
