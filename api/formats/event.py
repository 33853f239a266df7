"""The events of streams."""

import json
from dataclasses import dataclass
from typing import Any

EVENT_NAMES = ("song", "notes", "quote", "end", "error")


@dataclass(frozen=True)
class Event:
    """An event of a stream.

    Attributes:
        name: One of `EVENT_NAMES`.
        members: The members of its JSON object.
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
