"""A song as events while it is sampled: its identity, notes, quotes and end."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from api.composing.drawing import Drawing
from api.formats.event import LAST_EVENTS, Event, EventId
from api.formats.song_json import (
    note_members,
    part_members,
    plan_members,
    quote_members,
    time_members,
)
from api.http.problems import problem_members
from music.notes import TICKS_PER_BEAT, Notes, join
from music.quotes.finder import NO_QUOTES, Quote
from music.tempo import seconds_at


def song_events(drawing: Drawing, sent: int = 0) -> Iterator[Event]:
    """Sample a song lazily, as its events are consumed.

    A note is sent as soon as it is sampled. It ends where its key is struck again, if that comes
    before its duration is over.

    Args:
        drawing: The song.
        sent: How many of its events the client has already; they are left out.
    """
    version, seed = drawing.bundle.model.version, drawing.request.brief.seed
    for number, event in enumerate(_events(drawing), 1):
        is_last = event.name in LAST_EVENTS
        if is_last or number > sent:
            yield replace(event, event_id=EventId(version, seed, None if is_last else number))


def _events(drawing: Drawing) -> Iterator[Event]:
    yield Event("song", _identity(drawing))
    try:
        yield from _music(drawing)
    except Exception as error:  # noqa: BLE001  the response has begun: no handler above can report it
        yield Event("error", problem_members(error))


def _identity(drawing: Drawing) -> dict[str, Any]:
    version = drawing.bundle.model.version
    return {
        "game": drawing.request.game,
        "game_title": drawing.bundle.description.title,
        "title": drawing.request.title,
        "version": version,
        "seed": drawing.request.brief.seed,
        **time_members(drawing.tempos, drawing.time_signatures),
        **plan_members(drawing.plan, drawing.tempos),
        **part_members(drawing.line_up),
        "origin": drawing.request.origin(version, drawing.tempos),
        "primer_notes": len(drawing.lead),
        "primer_warnings": list(drawing.request.primer_warnings),
    }


def _music(drawing: Drawing) -> Iterator[Event]:
    lead, onset_ticks = drawing.lead, drawing.lead.onset_ticks.tolist()
    sent_quotes, quote_state, end_ticks = 0, NO_QUOTES, lead.end_ticks
    player = drawing.touch.player(drawing.time_signatures)
    sent: list[Notes] = []

    def notes_event(notes: Notes) -> Event:
        played = player.play(notes), drawing.tempos, drawing.line_up
        return Event("notes", {"notes": note_members(notes, *played)})

    def quote_event(quote: Quote) -> Event:
        place = int(join(sent).piano_places[quote.start_in_song])
        quote = replace(quote, start_in_song=len(lead) + place)
        onset = onset_ticks[quote.start_in_song]
        return Event("quote", quote_members(quote, onset, drawing.tempos))

    if len(lead):
        yield notes_event(lead)

    for passage in drawing.passages:
        sent.append(passage.notes)
        quote_state = passage.quote_state
        onset_ticks += passage.notes.onset_ticks.tolist()
        end_ticks = max(end_ticks, passage.notes.end_ticks)
        yield notes_event(passage.notes)
        yield from map(quote_event, quote_state.ended_runs[sent_quotes:])
        sent_quotes = max(sent_quotes, len(quote_state.ended_runs))
    yield from map(quote_event, quote_state.runs[sent_quotes:])
    beats = end_ticks / TICKS_PER_BEAT
    yield Event(
        "end",
        {
            "notes": len(onset_ticks) - len(lead),
            "quotes": len(quote_state.runs),
            "longest_quote": quote_state.longest.length_notes,
            "duration_beats": round(beats, 6),
            "duration_s": round(float(seconds_at(drawing.tempos, end_ticks)), 6),
        },
    )
