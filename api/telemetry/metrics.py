"""Metrics for Prometheus."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from enum import StrEnum
from typing import TypeVar

from api.telemetry.call_record import CallRecord
from api.telemetry.request_record import RequestRecord

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # where gunicorn's workers share their counts
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
STAGE_SECONDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10)
REQUEST_SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)

_Item = TypeVar("_Item")


class Stage(StrEnum):
    """The stages of composing that are timed."""

    PREFILL = "prefill"
    DECODE = "decode"
    CODEC = "codec"
    QUOTES = "quotes"
    ENCODING = "encoding"


_CALL_STAGES = {"prefill": Stage.PREFILL, "decode": Stage.DECODE, "read": Stage.PREFILL}


class Timer:
    """Sums the time of work done in parts."""

    def __init__(self, observe: Callable[[float], object]) -> None:
        """Start at zero; `observe` receives the sum."""
        self._observe = observe
        self._sum_s = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Add the time spent within."""
        began_s = time.perf_counter()
        try:
            yield
        finally:
            self._sum_s += time.perf_counter() - began_s

    def each(self, items: Iterator[_Item]) -> Iterator[_Item]:
        """Pass items on, and add the time of producing them."""
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
        """Start at zero."""
        # The library looks for the folder as it is imported, and gunicorn names it only then.
        from prometheus_client import (  # noqa: PLC0415
            CollectorRegistry,
            Counter,
            Gauge,
            Histogram,
        )

        own = self._registry = CollectorRegistry()
        self._requests = Counter(
            *("leitmotif_requests", "Requests."),
            ("route", "game", "format", "status"),
            registry=own,
        )
        self._request_seconds = Histogram(
            *("leitmotif_request_seconds", "From a request to the end of its response."),
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
            "leitmotif_tokens", "Tokens sampled, discarded ones included.", ("game",), registry=own
        )
        self._redraws = Counter(
            *(
                "leitmotif_redraws",
                "Chunks resampled: they quoted too long a run, or repeated degenerately.",
            ),
            ("game",),
            registry=own,
        )
        self._calls = Counter(
            *("leitmotif_model_server_calls", "Calls of the model server by gRPC's code."),
            ("call", "code"),
            registry=own,
        )
        self._rate_storage_failures = Counter(
            *(
                "leitmotif_rate_storage_failures",
                "Times that the shared rate storage failed and was given a pause.",
            ),
            registry=own,
        )
        self.songs_in_flight = Gauge(
            *("leitmotif_songs_in_flight", "Songs that are being composed."),
            multiprocess_mode="livesum",
            registry=own,
        )
        self._stages = {stage: self._stage_seconds.labels(stage) for stage in Stage}

    def answered(self, record: RequestRecord) -> None:
        """Count a request at the end of its response."""
        route, form = record.route, record.form
        self._requests.labels(route, record.game, form, record.status).inc()
        self._request_seconds.labels(route, form).observe(record.duration_s)
        if record.ended is not None:
            self._streams.labels(record.ended).inc()

    def timer(self, stage: Stage) -> "Timer":
        """Time work done in several parts."""
        return Timer(self._stages[stage].observe)

    def timed(self, stage: Stage) -> AbstractContextManager[object]:
        """Time the work within."""
        return self._stages[stage].time()

    def resampled(self, game: str) -> None:
        """Count a chunk that is resampled."""
        self._redraws.labels(game).inc()

    def called(self, call: CallRecord) -> None:
        """Count and time a call of the model server at its end."""
        self._calls.labels(call.name, call.code).inc()
        if stage := _CALL_STAGES.get(call.name):
            self._stages[stage].observe(call.duration_s)
        if call.tokens:
            self._tokens.labels(call.game).inc(call.tokens)

    def rate_storage_failed(self) -> None:
        """Count a failure of the storage that rate limits share."""
        self._rate_storage_failures.inc()

    def page(self) -> bytes:
        """Write all metrics in Prometheus's text format."""
        from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415
        from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415

        if folder := os.environ.get(FOLDER_VARIABLE):
            of_all = CollectorRegistry()
            MultiProcessCollector(of_all, folder)  # type: ignore[no-untyped-call]
            return generate_latest(of_all)
        return generate_latest(self._registry)
