"""No song is lost when model servers die, hang, return, or get new or broken versions."""

import itertools
import json
import os
import signal
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.conftest import GAME, PATIENCE_S, SMALL_TRAINING, train, wait_for
from tests.end_to_end.replicas import (
    SEEDS,
    Callers,
    Replica,
    api,
    planned_song_path,
    publish_broken,
    publish_copy,
    replicas,
    song_path,
)
from training.publishing import promote

pytestmark = pytest.mark.slow

CHAOS_SECONDS = float(os.environ.get("CHAOS_SECONDS", "16"))  # `make chaos` takes 120
CALLERS = 32


@pytest.fixture(scope="module")
def bundles(work_dir, trained, tmp_path_factory) -> tuple[Path, Path]:  # noqa: ARG001
    """Two versions of a game's model, of different networks."""
    other = tmp_path_factory.mktemp("other")
    assert train(work_dir, SMALL_TRAINING, GAME=GAME, MODELS_DIR=other).returncode == 0
    return work_dir / "models" / GAME / "1", other / GAME / "1"


@pytest.fixture(scope="module")
def quiet_songs(bundles, tmp_path_factory) -> dict[tuple[int, str], bytes]:
    """The song of every seed with both versions, from a single idle server."""
    models_dir = tmp_path_factory.mktemp("quiet")
    for bundle in bundles:
        publish_copy(models_dir, bundle)
    promote(models_dir, GAME, 1)
    songs = {}
    with replicas(models_dir, 1) as servers, api(models_dir, servers) as service:
        for seed, label in itertools.product(SEEDS, ("stable", "canary")):
            answer = service.ask(f"{song_path(seed)}&version={label}")
            assert answer.status == 200, answer.body
            version = answer.headers["Leitmotif-Model-Version"]
            songs[seed, version] = answer.body
            assert service.ask(f"{song_path(seed)}&version={version}").body == answer.body
    assert len(set(songs.values())) == 2 * len(SEEDS)
    return songs


@pytest.fixture
def models_dir(bundles, tmp_path) -> Path:
    """A folder of models of its own, with the first version."""
    publish_copy(tmp_path, bundles[0])
    return tmp_path


@pytest.fixture(scope="module")
def shared_pair(bundles, tmp_path_factory) -> Iterator[tuple[Path, list[Replica]]]:
    """Two servers of the first version, and the folder of their models."""
    models_dir = tmp_path_factory.mktemp("pair")
    publish_copy(models_dir, bundles[0])
    with replicas(models_dir, 2) as servers:
        yield models_dir, servers


@pytest.fixture
def pair(shared_pair) -> Iterator[tuple[Path, list[Replica]]]:
    """The shared pair; what a test kills or suspends runs again after it."""
    yield shared_pair
    for server in shared_pair[1]:
        server.revive()


def assert_songs(answers, quiet_songs):
    assert Counter(answer.body for _, answer in answers if answer.status != 200) == {}
    for seed, answer in answers:
        assert answer.body == quiet_songs[seed, answer.headers["Leitmotif-Model-Version"]]


def versions(answers) -> set[str]:
    return {answer.headers.get("Leitmotif-Model-Version") for _, answer in list(answers)}


def test_no_song_is_lost_while_servers_die_and_versions_come(
    models_dir, bundles, quiet_songs, record_property
):
    to_publish = [lambda: publish_copy(models_dir, bundles[1]), lambda: publish_broken(models_dir)]
    with replicas(models_dir, 3) as servers, api(models_dir, servers) as service:
        began_s, kills = time.monotonic(), 0
        with Callers(service, CALLERS).calling() as callers:
            while (passed_s := time.monotonic() - began_s) < CHAOS_SECONDS:
                if to_publish and passed_s > CHAOS_SECONDS * (3 - len(to_publish)) / 3:
                    to_publish.pop(0)()
                standing = [server for server in servers if server.is_open()]
                if len(standing) > 1:
                    standing[kills % len(standing)].kill_and_start()
                    kills += 1
                time.sleep(2)
            wait_for(lambda: "2" in versions(callers.answers), "a song by the second version")
        newest = service.ask(song_path(0)).headers["Leitmotif-Model-Version"]
    record_property("kills", kills)
    record_property("songs", len(callers.answers))
    assert not to_publish
    assert not callers.errors
    assert_songs(callers.answers, quiet_songs)
    assert versions(callers.answers) == {"1", "2"}
    assert newest == "2"
    assert kills > 1


def test_songs_by_a_plan_are_the_same_bytes_on_three_servers_of_which_one_is_killed(models_dir):
    with replicas(models_dir, 3) as servers:
        with api(models_dir, servers[:1]) as alone:
            songs = {seed: alone.ask(planned_song_path(seed)) for seed in SEEDS}
        with (
            api(models_dir, servers) as service,
            Callers(service, 4, planned_song_path).calling() as callers,
        ):
            wait_for(lambda: len(callers.answers) > 4, "songs")
            servers[1].kill()
            killed_after = len(callers.answers)
            wait_for(lambda: len(callers.answers) > killed_after + 2 * len(SEEDS), "songs")
    assert not callers.errors
    assert {answer.status for _, answer in callers.answers} == {200}
    for seed, answer in callers.answers:
        assert answer.body == songs[seed].body
    assert b"loopStart" in songs[0].body
    assert len({song.body for song in songs.values()}) == len(SEEDS)


def test_dead_servers_are_reported_and_a_restarted_one_is_found(pair, quiet_songs, record_property):
    models_dir, servers = pair
    with api(models_dir, servers) as service:
        assert_songs([(1, service.ask(song_path(1)))], quiet_songs)
        for server in servers:
            server.kill()
        asked_s = time.monotonic()
        dead = service.ask(song_path(1))
        record_property("told after s", time.monotonic() - asked_s)
        servers[1].start().wait()
        back_s = time.monotonic()
        wait_for(lambda: service.ask(song_path(1)).status == 200, "a song", pause_s=0)
        record_property("recovered after s", time.monotonic() - back_s)
        again = service.ask(song_path(1))
    assert (dead.status, dead.headers["Retry-After"]) == (503, "5")
    assert json.loads(dead.body)["type"] == "urn:leitmotif:problem:model-server-gone"
    assert_songs([(1, again)], quiet_songs)


def test_a_server_that_hangs_costs_no_song(pair, quiet_songs, record_property):
    models_dir, servers = pair
    with (
        api(models_dir, servers) as service,
        Callers(service, 4).calling() as callers,
    ):
        wait_for(lambda: len(callers.answers) > 4, "songs")
        servers[0].send(signal.SIGSTOP)
        stopped_s, before = time.monotonic(), len(callers.answers)
        wait_for(lambda: len(callers.answers) > before + 40, "songs")
        record_property("40 songs after s", time.monotonic() - stopped_s)
    assert not callers.errors
    assert_songs(callers.answers, quiet_songs)


def test_no_song_waits_longer_than_its_time_when_all_servers_hang(pair, record_property):
    models_dir, servers = pair
    with api(models_dir, servers, REQUEST_SECONDS=2) as service:
        assert service.ask(song_path(1)).status == 200
        for server in servers:
            server.send(signal.SIGSTOP)
        asked_s = time.monotonic()
        answer = service.ask(song_path(1))
        record_property("told after s", time.monotonic() - asked_s)
    assert answer.status == 504
    assert json.loads(answer.body)["type"] == "urn:leitmotif:problem:out-of-time"


LONG_NOTES = 2000  # so many songs of more would take a slow machine longer than a request may


def test_an_api_that_gets_sigterm_finishes_its_songs(pair):
    models_dir, servers = pair
    with api(models_dir, servers) as service:
        whole = service.ask(song_path(1, LONG_NOTES)).body
        answers: list = []
        asking = [
            threading.Thread(target=lambda: answers.append(service.ask(song_path(1, LONG_NOTES))))
            for _ in range(CALLERS // 2)
        ]
        for thread in asking:
            thread.start()
        # Each of these has its first event, so it is in flight, and so are those asked before.
        streams = [begun_stream(service, seed) for seed in range(CALLERS // 2)]
        service.process.send_signal(signal.SIGTERM)
        endings = [json.loads(stream.read().splitlines()[-1])["event"] for stream in streams]
        for thread in asking:
            thread.join()
        assert service.process.wait(timeout=PATIENCE_S) == 0
    assert endings == ["end"] * len(streams)
    assert [answer.body for answer in answers] == [whole] * len(asking)


def begun_stream(service, seed):
    url = f"{service.url}{song_path(seed, LONG_NOTES)}&format=ndjson"
    stream = urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=60)  # noqa: S310
    assert json.loads(stream.readline())["event"] == "song"
    return stream
