"""What is counted and timed, for Prometheus."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from enum import StrEnum
from typing import TypeVar

from api.telemetry.request_record import RequestRecord

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # where gunicorn's workers add up what they count
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
STAGE_SECONDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10)
REQUEST_SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)

_Item = TypeVar("_Item")


class Stage(StrEnum):
    """Where the time of a song goes."""

    PREFILL = "prefill"
    DECODE = "decode"
    CODEC = "codec"
    QUOTES = "quotes"
    ENCODING = "encoding"


class Timer:
    """Adds up the time of work that is done in parts."""

    def __init__(self, observe: Callable[[float], object]) -> None:
        """Begin at zero; `observe` is to learn the sum."""
        self._observe = observe
        self._sum_s = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Add the time of what is done within."""
        began_s = time.perf_counter()
        try:
            yield
        finally:
            self._sum_s += time.perf_counter() - began_s

    def each(self, items: Iterator[_Item]) -> Iterator[_Item]:
        """Hand items on, and add the time in which they are made."""
        while True:
            with self.running():
                try:
                    item = next(items)
                except StopIteration:
                    return
            yield item

    def stop(self) -> None:
        """Report the sum."""
        self._observe(self._sum_s)


class Metrics:
    """The counters and timers of a process; safe among threads.

    Where gunicorn's folder is named in the environment, they are those of all its workers.
    """

    def __init__(self) -> None:
        """Begin at zero."""
        # The library looks for the folder as it is imported, and gunicorn names it only then.
        from prometheus_client import (  # noqa: PLC0415
            CollectorRegistry,
            Counter,
            Gauge,
            Histogram,
        )

        own = self._registry = CollectorRegistry()
        self._requests = Counter(
            *("leitmotif_requests", "Requests that were answered."),
            ("route", "game", "format", "status"),
            registry=own,
        )
        self._request_seconds = Histogram(
            *("leitmotif_request_seconds", "From a request to the end of its answer."),
            ("route", "format"),
            buckets=REQUEST_SECONDS,
            registry=own,
        )
        self._streams = Counter(
            "leitmotif_streams", "Streams by how they ended.", ("ended",), registry=own
        )
        self._stage_seconds = Histogram(
            *("leitmotif_stage_seconds", "The parts of composing: of a call, a chunk or a song."),
            ("stage",),
            buckets=STAGE_SECONDS,
            registry=own,
        )
        self._tokens = Counter(
            "leitmotif_tokens", "Tokens drawn, discarded ones too.", ("game",), registry=own
        )
        self._redraws = Counter(
            *(
                "leitmotif_redraws",
                "Chunks drawn again: they quoted too long a run, or stood still.",
            ),
            ("game",),
            registry=own,
        )
        self._calls = Counter(
            *("leitmotif_model_server_calls", "Calls of the model server by gRPC's code."),
            ("call", "code"),
            registry=own,
        )
        self.songs_in_flight = Gauge(
            *("leitmotif_songs_in_flight", "Songs that are being composed."),
            multiprocess_mode="livesum",
            registry=own,
        )
        self._stages = {stage: self._stage_seconds.labels(stage) for stage in Stage}

    def answered(self, record: RequestRecord) -> None:
        """Count a request at the end of its answer."""
        route, form = record.route, record.form
        self._requests.labels(route, record.game, form, record.status).inc()
        self._request_seconds.labels(route, form).observe(record.duration_s)
        if record.ended is not None:
            self._streams.labels(record.ended).inc()

    def timer(self, stage: Stage) -> "Timer":
        """Time what is done in several parts."""
        return Timer(self._stages[stage].observe)

    def timed(self, stage: Stage) -> AbstractContextManager[object]:
        """Time what is done within."""
        return self._stages[stage].time()

    def drew(self, game: str, tokens: int) -> None:
        """Count tokens."""
        self._tokens.labels(game).inc(tokens)

    def redrew(self, game: str) -> None:
        """Count a chunk that is drawn again."""
        self._redraws.labels(game).inc()

    def called(self, call: str, code: str) -> None:
        """Count a call of the model server."""
        self._calls.labels(call, code).inc()

    def page(self) -> bytes:
        """Write all of it as Prometheus reads it."""
        from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415
        from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

        if folder := os.environ.get(FOLDER_VARIABLE):
            of_all = CollectorRegistry()
            MultiProcessCollector(of_all, folder)  # type: ignore[no-untyped-call]
            return generate_latest(of_all)
        return generate_latest(self._registry)
