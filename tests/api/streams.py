"""Reads streams of events."""

import json

from music.notes import Notes


def by_sse(response):
    """Read text/event-stream as its specification says, as far as we use it."""
    events = []
    for block in response.data.decode().split("\n\n")[:-1]:
        _, name, data = block.split("\n")
        events.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return events


def by_ndjson(response):
    lines = [json.loads(line) for line in response.data.decode().split("\n")[:-1]]
    return [(line.pop("event"), line) for line in lines]


READERS = {"sse": by_sse, "ndjson": by_ndjson}


def streamed_notes(events):
    told = [note for name, members in events if name == "notes" for note in members["notes"]]
    onset, duration = (
        [round(12 * note[name]) for note in told] for name in ("start_beats", "duration_beats")
    )
    order = sorted(range(len(told)), key=onset.__getitem__)
    columns = (onset, duration, [note["pitch"] for note in told])
    return Notes.of(*([column[n] for n in order] for column in columns))
