"""Something that is known of a song, as the streams write it."""

import json
from dataclasses import dataclass
from typing import Any

EVENT_NAMES = ("song", "notes", "quote", "end", "error")


@dataclass(frozen=True)
class Event:
    """Something that is known of a song.

    Attributes:
        name: One of `EVENT_NAMES`.
        members: What JSON says of it.
    """

    name: str
    members: dict[str, Any]

    def as_sse(self) -> bytes:
        """Write it as an event of text/event-stream."""
        return f"event: {self.name}\ndata: {_json(self.members)}\n\n".encode()

    def as_ndjson(self) -> bytes:
        """Write it as a line of application/x-ndjson."""
        return (_json({"event": self.name, **self.members}) + "\n").encode()


def _json(members: dict[str, Any]) -> str:
    return json.dumps(members, ensure_ascii=False, allow_nan=False)
