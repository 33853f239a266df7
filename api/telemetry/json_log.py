"""The log: one JSON object per line, so that no text in it can look like another line."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from api.telemetry import request_id


class JsonLines(logging.Formatter):
    """Writes a record as a line of JSON, in ASCII.

    `extra={"members": {...}}` adds members beside time, level and message.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Write a line, without its end."""
        members: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        if name := request_id.current():
            members["request_id"] = name
        members |= getattr(record, "members", {})
        if record.exc_info:
            members["exception"] = self.formatException(record.exc_info)
        return json.dumps(members)


# Everything goes to stderr by the root logger, gunicorn's own lines too.
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": JsonLines}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "json",
            "stream": "ext://sys.stderr",
        }
    },
    "root": {"level": "INFO", "handlers": ["stderr"]},
    "loggers": {
        "gunicorn.access": {"level": "WARNING", "propagate": False},  # we have our own
        "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True},
    },
}
