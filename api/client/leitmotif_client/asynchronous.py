"""The client for asyncio: each call runs the blocking client in a thread of its own."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar, Unpack

from .blocking import Event, Format, Game, Leitmotif, RankedSong, Song, Wishes

_Result = TypeVar("_Result")


class AsyncLeitmotif:
    """A running Leitmotif, as `Leitmotif`, for asyncio.

    A cancelled call raises at once. Its thread ends with the response, a stream's with the next
    event, and in any case after the time limit.
    """

    def __init__(
        self,
        url: str = "http://localhost:8080",
        *,
        api_key: str | None = None,
        timeout_s: float = 60.0,
    ) -> None:
        """Say where it is; nothing is requested yet. Arguments and errors: as `Leitmotif`."""
        self._blocking = Leitmotif(url, api_key=api_key, timeout_s=timeout_s)

    async def generate(
        self,
        game: str,
        *,
        format: Format = "midi",  # noqa: A002  as the API says it
        **wishes: Unpack[Wishes],
    ) -> Song:
        """Have a song composed; raises as `Leitmotif.generate`."""
        with _thread() as thread:
            return await _run(
                thread, lambda: self._blocking.generate(game, format=format, **wishes)
            )

    async def generate_songs(
        self,
        game: str,
        *,
        format: Format = "midi",  # noqa: A002  as the API says it
        **wishes: Unpack[Wishes],
    ) -> tuple[RankedSong, ...]:
        """Have several songs composed; raises as `Leitmotif.generate_songs`."""
        with _thread() as thread:
            return await _run(
                thread,
                lambda: self._blocking.generate_songs(game, format=format, **wishes),
            )

    async def stream(self, game: str, **wishes: Unpack[Wishes]) -> AsyncGenerator[Event, None]:
        """Stream a song while it is sampled; raises as `Leitmotif.stream`.

        Composing stops when the iterator is closed.
        """
        events = self._blocking.stream(game, **wishes)
        with _thread() as thread:
            try:
                while (event := await _run(thread, lambda: next(events, None))) is not None:
                    yield event
            finally:
                thread.submit(events.close)  # after the event that it may still wait for

    async def games(self) -> tuple[Game, ...]:
        """List the games; raises as `Leitmotif.games`."""
        with _thread() as thread:
            return await _run(thread, self._blocking.games)


@contextmanager
def _thread() -> Iterator[ThreadPoolExecutor]:
    """Give a thread for one call: the default pool is for a few short ones, not for songs."""
    thread = ThreadPoolExecutor(1, thread_name_prefix="leitmotif")
    try:
        yield thread
    finally:
        thread.shutdown(wait=False)


async def _run(thread: ThreadPoolExecutor, call: Callable[[], _Result]) -> _Result:
    return await asyncio.get_running_loop().run_in_executor(thread, call)
