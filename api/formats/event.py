"""The events of streams."""

import json
import re
from dataclasses import dataclass
from typing import Any

EVENT_NAMES = ("song", "notes", "quote", "end", "error")
LAST_EVENTS = ("end", "error")
_OVER = "over"
_ID = re.compile(rf"([0-9]{{1,18}})-([0-9]{{1,16}})-([0-9]{{1,6}}|{_OVER})")


@dataclass(frozen=True)
class EventId:
    """The id of an event of text/event-stream, with which a stream that broke off is continued.

    Attributes:
        version: The version of the model that composes the song.
        seed: The seed of the song.
        sent: How many events of the song were sent, with this one; None if it is the last one.
    """

    version: int
    seed: int
    sent: int | None

    @classmethod
    def parse(cls, text: str) -> "EventId | None":
        """Parse the value of Last-Event-ID; None if it is not one of our ids."""
        if (found := _ID.fullmatch(text)) is None:
            return None
        version, seed, sent = found.groups()
        return cls(int(version), int(seed), None if sent == _OVER else int(sent))

    def __str__(self) -> str:
        return f"{self.version}-{self.seed}-{_OVER if self.sent is None else self.sent}"


@dataclass(frozen=True)
class Event:
    """An event of a stream.

    Attributes:
        name: One of `EVENT_NAMES`.
        members: The members of its JSON object.
        event_id: Its place in the song, for text/event-stream.
    """

    name: str
    members: dict[str, Any]
    event_id: EventId | None = None

    def as_sse(self) -> bytes:
        """Write it as an event of text/event-stream."""
        line = "" if self.event_id is None else f"id: {self.event_id}\n"
        return f"{line}event: {self.name}\ndata: {_json(self.members)}\n\n".encode()

    def as_ndjson(self) -> bytes:
        """Write it as a line of application/x-ndjson."""
        return (_json({"event": self.name, **self.members}) + "\n").encode()


def _json(members: dict[str, Any]) -> str:
    return json.dumps(members, ensure_ascii=False, allow_nan=False)
