"""Two versions of a game on one service: which one composes before and after promotions."""

import threading

import pytest

from tests.end_to_end.conftest import (
    GAME,
    serving,
    wait_for,
)
from tests.end_to_end.replicas import publish_copy
from training.publishing import promote

pytestmark = pytest.mark.slow

CALLS = ("", "&version=stable", "&version=canary")


def composing(service, label: str) -> str:
    """Ask for a song; give the version that composed it, or the status where none did."""
    answer = service.ask(f"/generate?game={GAME}&seed=7&notes=20{label}")
    return answer.headers.get("Leitmotif-Model-Version", str(answer.status))


def songs(service) -> tuple[str, ...]:
    return tuple(composing(service, label) for label in CALLS)


@pytest.fixture
def songs_without_a_break(service_of_two):
    """Ask for a song each second, and collect which versions composed."""
    service, _ = service_of_two
    versions, done = [], threading.Event()

    def ask() -> None:
        while not done.wait(1):
            versions.append(composing(service, ""))

    thread = threading.Thread(target=ask)
    thread.start()
    yield versions
    done.set()
    thread.join()


@pytest.fixture
def service_of_two(work_dir, trained, tmp_path):  # noqa: ARG001  it must be there
    """A service whose models folder was moved after its first version was published."""
    bundle = work_dir / "models" / GAME / "1"
    publish_copy(tmp_path / "models", bundle)
    moved = (tmp_path / "models").rename(tmp_path / "moved")
    with serving(moved) as service:
        yield service, lambda: publish_copy(moved, bundle)


def test_every_label_gives_the_version_that_it_should_while_versions_come(
    service_of_two, songs_without_a_break, tmp_path
):
    service, publish_another = service_of_two
    assert songs(service) == ("1", "422", "1")
    promote(tmp_path / "moved", GAME)
    assert songs(service) == ("1", "1", "1")
    assert publish_another() == 2
    wait_for(lambda: composing(service, "&version=canary") == "2", "the second version")
    assert songs(service) == ("1", "1", "2")
    promote(tmp_path / "moved", GAME)
    assert songs(service) == ("2", "2", "2")
    promote(tmp_path / "moved", GAME, 1)
    assert songs(service) == ("1", "1", "2")
    promote(tmp_path / "moved", GAME)
    assert publish_another() == 3
    wait_for(lambda: composing(service, "&version=1") == "410", "the first version to be unloaded")
    wait_for(lambda: composing(service, "&version=3") == "3", "the third version")
    assert [composing(service, f"&version={n}") for n in (2, 4)] == ["2", "422"]
    promote(tmp_path / "moved", GAME, 1)  # as the 410 says
    wait_for(lambda: composing(service, "&version=1") == "1", "the first version")
    wait_for(lambda: len(songs_without_a_break) > 3, "some more songs")
    # No status of an error: the newest version composes until the promoted one is loaded.
    assert set(songs_without_a_break) <= {"1", "2", "3"}
