"""A song in JSON: its notes, and what it shares with the pieces that its model learned from."""

from collections.abc import Sequence
from typing import Any

from api.composing.song import Song
from music.audio.instrument import SAMPLE_RATE_HZ, sample_at
from music.band.parts import part_numbers, parts_of
from music.form.plan import Plan
from music.notes import TICKS_PER_BEAT, Notes
from music.performance import Performance
from music.piece import TempoChange, TimeSignature
from music.players.line_up import ONE_PIANO, LineUp
from music.players.roles import name_of
from music.quotes.finder import Quote
from music.tempo import seconds_at

_DIGITS = 6  # after the decimal point: a microsecond


def document(song: Song) -> dict[str, Any]:
    """Return all that is known of a song, its notes last."""
    longest = song.longest_quote
    onset_ticks = song.notes.onset_ticks.tolist()
    return {
        "game": song.request.game,
        "game_title": song.game_title,
        "title": song.request.title,
        "version": song.version,
        "seed": song.request.brief.seed,
        **time_members(song.tempos, song.time_signatures),
        **plan_members(song.plan, song.tempos),
        **part_members(song.line_up),
        "origin": song.origin,
        "primer_notes": song.primer_notes,
        "primer_warnings": list(song.request.primer_warnings),
        "longest_quote": longest.length_notes,
        "quotes": [
            quote_members(quote, onset_ticks[quote.start_in_song], song.tempos)
            for quote in song.quotes
        ],
        "notes": note_members(song.notes, song.performance, song.tempos, song.line_up),
    }


def time_members(
    tempos: Sequence[TempoChange], signatures: Sequence[TimeSignature]
) -> dict[str, Any]:
    """Return a song's tempo, the last one, with its tempo map and its time signatures."""
    return {
        "tempo": tempos[-1].bpm,
        "tempos": [{"start_beats": _beats(t.start_ticks), "tempo": t.bpm} for t in tempos],
        "time_signatures": [
            {
                "start_beats": _beats(each.start_ticks),
                "numerator": each.numerator,
                "denominator": each.denominator,
            }
            for each in signatures
        ],
    }


def plan_members(plan: Plan | None, tempos: Sequence[TempoChange]) -> dict[str, Any]:
    """Return a song's plan: its bars, sections and loop; nothing where there is none."""
    if plan is None:
        return {}
    members: dict[str, Any] = {
        "form": plan.form,
        "bars": plan.bars,
        "beats": _beats(plan.bars * plan.meter.bar_ticks),
        "sections": [
            {
                "name": section.name,
                "start_bar": bar + 1,
                "bars": section.bars,
                "start_beats": _beats(start_ticks),
                "start_s": _seconds(tempos, start_ticks),
            }
            for section, bar, start_ticks in zip(
                plan.sections, plan.start_bars, plan.section_start_ticks, strict=True
            )
        ],
    }
    if plan.loops:
        members["loop"] = _loop_members(plan, tempos)
    return {"plan": members}


def _loop_members(plan: Plan, tempos: Sequence[TempoChange]) -> dict[str, int | float]:
    start, end = plan.loop_start_ticks, plan.end_ticks
    first, after = (sample_at(tempos, ticks) for ticks in (start, end))
    return {
        "start_beats": _beats(start),
        "length_beats": _beats(end - start),
        "start_s": _seconds(tempos, start),
        "length_s": round(_seconds(tempos, end) - _seconds(tempos, start), _DIGITS),
        "sample_rate_hz": SAMPLE_RATE_HZ,
        "start_sample": first,
        "length_samples": after - first,
    }


def part_members(line_up: LineUp) -> dict[str, Any]:
    """Return the parts of a band in the order of its score; nothing for one piano."""
    if line_up.is_piano:
        return {}
    parts = [
        {
            "name": part.name,
            "instrument": part.instrument,
            "program": part.program,
            "role": name_of(part.role),
        }
        for part in parts_of(line_up)
    ]
    return {"parts": parts}


def note_members(
    notes: Notes,
    performance: Performance,
    tempos: Sequence[TempoChange],
    line_up: LineUp = ONE_PIANO,
) -> list[dict[str, int | float]]:
    """Return notes as objects, in beats (quarter notes) and in seconds.

    Args:
        notes: As they are written.
        performance: How they sound.
        tempos: The song's.
        line_up: The song's. The notes of a band have the number of their part, from 0.
    """
    start_s = seconds_at(tempos, notes.onset_ticks)
    duration_s = seconds_at(tempos, notes.onset_ticks + notes.duration_ticks) - start_s
    sounds = performance.sounding_ticks, performance.velocity
    columns = (
        notes.onset_ticks,
        notes.duration_ticks,
        notes.pitch,
        start_s,
        duration_s,
        *sounds,
    )
    members: list[dict[str, int | float]] = [
        {
            "pitch": pitch,
            "start_beats": _beats(onset_ticks),
            "duration_beats": _beats(duration_ticks),
            "start_s": round(start, _DIGITS),
            "duration_s": round(duration, _DIGITS),
            "sounding_beats": _beats(sounding_ticks),
            "velocity": velocity,
        }
        for onset_ticks, duration_ticks, pitch, start, duration, sounding_ticks, velocity in zip(
            *(column.tolist() for column in columns), strict=True
        )
    ]
    if line_up.is_piano:
        return members
    numbers = part_numbers(line_up, notes).tolist()
    return [{"part": part, **note} for part, note in zip(numbers, members, strict=True)]


def quote_members(quote: Quote, onset_ticks: int, tempos: Sequence[TempoChange]) -> dict[str, Any]:
    """Return a quote as an object.

    Args:
        quote: What is shared.
        onset_ticks: Where in the song its first note starts.
        tempos: The song's.
    """
    return {
        "piece": quote.piece,
        "notes": quote.length_notes,
        "first_note": quote.start_in_song,
        "first_note_in_piece": quote.start_in_piece,
        "start_beats": _beats(onset_ticks),
        "start_s": round(float(seconds_at(tempos, onset_ticks)), _DIGITS),
    }


def _seconds(tempos: Sequence[TempoChange], ticks: int) -> float:
    return round(float(seconds_at(tempos, ticks)), _DIGITS)


def _beats(ticks: float) -> float:
    return round(ticks / TICKS_PER_BEAT, _DIGITS)
