"""Songs over HTTP: one at a time, or for many callers at once."""

import random
import statistics
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue

from benchmarks.errors import BusyError
from benchmarks.measurements.song_over_http import WARM_UPS
from benchmarks.processes.services import RunningApi

_PATIENCE_S = 120.0
_LATEST = 1.5  # times the wait that a response asks for
_BOUNDARY = "leitmotif"


def song_seconds(
    api: RunningApi,
    values: Mapping[str, str],
    songs: int,
    primer_of: Callable[[int], bytes] | None = None,
) -> float:
    """Measure a request, from before the connection to the last byte.

    Args:
        api: The API.
        values: The parameters, without a seed.
        songs: How many songs, of the seeds from 0 on; the median counts.
        primer_of: Makes for each seed a MIDI file that the song continues. Each song needs one of
            its own, since the API keeps the states after primers that it has read. If None, songs
            continue openings.
    """
    times_s = []
    for seed in range(songs):
        primer = primer_of(seed) if primer_of else b""
        began = time.perf_counter()
        _request(api, {**values, "seed": str(seed)}, primer)
        times_s.append(time.perf_counter() - began)
    return statistics.median(times_s)


def warm_up(api: RunningApi, game: str) -> None:
    """Let each of the API's processes compose a song."""
    for seed in range(WARM_UPS):
        _request(api, {"game": game, "notes": "16", "seed": str(seed)})


def songs_per_second(api: RunningApi, game: str, notes: int, callers: int, songs: int) -> float:
    """Measure the songs of callers who request at the same time, each one after the other.

    A caller whose song is refused since all song slots are taken tries again when the response
    says so or somewhat later, since callers seldom start at the same moment.

    Args:
        api: The API.
        game: The game.
        notes: Notes of each song.
        callers: How many callers.
        songs: How many songs all of them together request.
    """
    seeds: SimpleQueue[int] = SimpleQueue()
    for seed in range(songs):
        seeds.put(seed)

    def call(_: int) -> None:
        with suppress(Empty):
            while True:
                seed = seeds.get_nowait()
                _request(api, {"game": game, "notes": str(notes), "seed": str(seed)})

    began = time.perf_counter()
    with ThreadPoolExecutor(callers) as executor:
        list(executor.map(call, range(callers)))
    return songs / (time.perf_counter() - began)


def _request(api: RunningApi, values: Mapping[str, str], primer: bytes = b"") -> None:
    """Request a song until it is composed."""
    body = _multipart(primer) if primer else b""
    headers = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"} if primer else {}
    later = random.Random(values["seed"])  # noqa: S311  no secret
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            api.song(values, body, headers)
        except BusyError as busy:
            if time.monotonic() + busy.retry_after_s > until:
                raise
            time.sleep(busy.retry_after_s * later.uniform(1, _LATEST))
        else:
            return


def _multipart(primer: bytes) -> bytes:
    head = 'Content-Disposition: form-data; name="primer"; filename="primer.mid"'
    return b"".join(
        (f"--{_BOUNDARY}\r\n{head}\r\n\r\n".encode(), primer, f"\r\n--{_BOUNDARY}--".encode())
    )
