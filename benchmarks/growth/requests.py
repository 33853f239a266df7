"""Songs over HTTP: one at a time, or for many callers at once."""

import http.client
import random
import statistics
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from queue import Empty, SimpleQueue
from urllib.parse import urlencode

from benchmarks.errors import ResponseError
from benchmarks.measurements.song_over_http import WARM_UPS
from benchmarks.processes.services import RunningApi

_PATIENCE_S = 120.0
_LATEST = 1.5  # times the wait that a response asks for
_BOUNDARY = "leitmotif"


def song_seconds(
    api: RunningApi, values: Mapping[str, str], songs: int, primer: bytes = b""
) -> float:
    """Measure a request, from before the connection to the last byte.

    Args:
        api: The API.
        values: The parameters, without a seed.
        songs: How many songs, of the seeds from 0 on; the median counts.
        primer: A MIDI file that the songs continue; if it is empty, they continue an opening.
    """
    times_s = []
    for seed in range(songs):
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
    """Request a song over a new connection, as curl does, until it is composed."""
    later = random.Random(values["seed"])  # noqa: S311  no secret
    until = time.monotonic() + _PATIENCE_S
    while (wait_s := _retry_after_s(api, values, primer)) is not None:
        if time.monotonic() + wait_s > until:
            raise ResponseError(f"the API refused a song for {_PATIENCE_S:.0f} s")
        time.sleep(wait_s * later.uniform(1, _LATEST))


def _retry_after_s(api: RunningApi, values: Mapping[str, str], primer: bytes) -> float | None:
    """Request a song once; returns when to try again, None if it is composed."""
    body = _multipart(primer) if primer else b""
    headers = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"} if primer else {}
    with closing(http.client.HTTPConnection("127.0.0.1", api.port, _PATIENCE_S)) as connection:
        connection.request("POST", f"/generate?{urlencode(values)}", body, headers)
        response = connection.getresponse()
        content = response.read()
    if response.status == http.client.OK:
        return None
    if response.status == http.client.SERVICE_UNAVAILABLE:
        return float(response.headers["Retry-After"])
    raise ResponseError(f"the API responded with {response.status}: {content[:500]!r}")


def _multipart(primer: bytes) -> bytes:
    head = 'Content-Disposition: form-data; name="primer"; filename="primer.mid"'
    return b"".join(
        (f"--{_BOUNDARY}\r\n{head}\r\n\r\n".encode(), primer, f"\r\n--{_BOUNDARY}--".encode())
    )
