"""The client for asyncio."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.client.leitmotif_client import (
    AsyncLeitmotif,
    Leitmotif,
    NotesEvent,
    ProblemError,
    SongEvent,
    TooSlowError,
)
from tests.api.client.support import FINE
from tests.api.serving import playing, serving


@pytest.fixture
def address(app):
    with serving(app) as address:
        yield address


def test_its_songs_streams_and_games_are_those_of_the_blocking_client(address):
    async def calls():
        leitmotif = AsyncLeitmotif(address)
        return (
            await leitmotif.generate("zelda", seed=7, notes=40, format="json"),
            [event async for event in leitmotif.stream("zelda", seed=7, notes=40)],
            await leitmotif.games(),
            await leitmotif.generate_songs("zelda", seed=7, songs=2, notes=40),
        )

    leitmotif = Leitmotif(address)
    assert asyncio.run(calls()) == (
        leitmotif.generate("zelda", seed=7, notes=40, format="json"),
        list(leitmotif.stream("zelda", seed=7, notes=40)),
        leitmotif.games(),
        leitmotif.generate_songs("zelda", seed=7, songs=2, notes=40),
    )


def test_calls_run_at_once_and_leave_the_default_pool_alone():
    calls = 4
    together = threading.Barrier(calls)  # breaks unless all requests are there at once

    def scene(handler):
        together.wait(timeout=30)
        FINE(handler)

    async def songs(address):
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        leitmotif = AsyncLeitmotif(address)
        return await asyncio.gather(*(leitmotif.generate("zelda") for _ in range(calls)))

    with playing(scene) as (address, _):
        assert [song.notes for song in asyncio.run(songs(address))] == [40] * calls


def test_an_error_is_raised_where_the_call_is_awaited(address):
    async def call():
        await AsyncLeitmotif(address).generate("metroid")

    async def stream():
        async for _ in AsyncLeitmotif(address).stream("zelda", notes=0):
            pass

    for refused in (call, stream):
        with pytest.raises(ProblemError):
            asyncio.run(refused())


@pytest.mark.parametrize("arguments", [{"url": "ftp://host"}, {"timeout_s": 0}, {"api_key": "ä"}])
def test_invalid_arguments_are_refused_at_once(arguments):
    with pytest.raises(ValueError, match=r"address|timeout_s|key"):
        AsyncLeitmotif(**arguments)


def test_a_closed_stream_composes_no_further(address, loopback):
    async def begin():
        events = AsyncLeitmotif(address).stream("zelda", notes=4000)
        kinds = [type(await anext(events)) for _ in range(2)]
        await events.aclose()
        return kinds

    loopback.slow_s = 0.02
    assert asyncio.run(begin()) == [SongEvent, NotesEvent]
    assert Leitmotif(address).generate("zelda", seed=7, notes=9).notes == 9
    assert loopback.signatures().count("decode") < 30  # of some 60 for all of it


def test_a_cancelled_call_raises_at_once_and_its_thread_ends():
    asked, may_respond = threading.Event(), threading.Event()

    def scene(handler):
        asked.set()
        may_respond.wait(timeout=30)
        FINE(handler)

    async def cancelled(address):
        call = asyncio.create_task(AsyncLeitmotif(address).generate("zelda"))
        await asyncio.to_thread(asked.wait)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    with playing(scene) as (address, _):
        asyncio.run(cancelled(address))
        ours = [thread for thread in threading.enumerate() if thread.name.startswith("leitmotif")]
        may_respond.set()
        for thread in ours:
            thread.join(timeout=30)
    assert len(ours) == 1
    assert not ours[0].is_alive()


def test_a_cancelled_stream_ends_after_the_event_that_it_waits_for(address, loopback):
    async def cancelled():
        events = AsyncLeitmotif(address).stream("zelda", notes=4000)
        await anext(events)
        task = asyncio.create_task(anext(events))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    loopback.slow_s = 0.05
    asyncio.run(cancelled())
    for thread in threading.enumerate():
        if thread.name.startswith("leitmotif"):
            thread.join(timeout=30)
    assert loopback.signatures().count("decode") < 30


def test_the_timeout_bounds_a_call():
    async def call(address):
        await AsyncLeitmotif(address, timeout_s=0.3).games()

    with (
        playing(lambda _: threading.Event().wait(2)) as (address, _),
        pytest.raises(TooSlowError, match=r"in 0\.3 s"),
    ):
        asyncio.run(call(address))
