"""What the first configuration and later ones wait for, with versions that load on command."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from serving.core import configuration
from serving.core.manager import Manager, RetryPolicy
from serving.core.server_core import Core, ServableRequest
from serving.core.version_policy import State
from serving.errors import LoadError, ModelsUnavailableError, ServingError
from tests.serving.support import until

FAILS = LoadError("it is broken")


class Loaded:
    def close(self) -> None:
        pass


class Bundles:
    """Folders of versions, of which each loads or fails once a test lets it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.outcomes: dict[str, LoadError | None] = {}
        self._changed = threading.Condition()

    def add(self, *versions: str) -> None:
        for version in versions:
            (self.root / version).mkdir(parents=True)

    def let(self, version: str, outcome: LoadError | None = None) -> None:
        with self._changed:
            self.outcomes[version] = outcome
            self._changed.notify_all()

    def load(self, _id, path: Path) -> Loaded:
        version = str(path.relative_to(self.root))
        with self._changed:
            self._changed.wait_for(lambda: version in self.outcomes, timeout=60)
        if error := self.outcomes[version]:
            raise error
        return Loaded()


@pytest.fixture
def bundles(tmp_path):
    return Bundles(tmp_path)


@pytest.fixture
def core(bundles):
    made = Core(Manager(bundles.load, RetryPolicy(max_retries=0), load_threads=4), 0.01)
    yield made
    made.close()


@pytest.fixture
def pool():
    with ThreadPoolExecutor() as made:
        yield made


def config(bundles, *names: str):
    message = configuration.single_model(names[0], str(bundles.root / names[0]))
    for name in names[1:]:
        message.model_config_list.config.add(
            name=name, base_path=str(bundles.root / name), model_platform="tensorflow"
        )
    for each in message.model_config_list.config:
        each.model_version_policy.latest.num_versions = 2
    return message


def states(core, name: str) -> dict[int, State]:
    return {status.id.version: status.state for status in core._manager.monitor.statuses(name)}


def test_the_start_waits_for_every_model(core, bundles, pool):
    bundles.add("a/1", "b/1")
    bundles.let("a/1")
    starting = pool.submit(core.reload, config(bundles, "a", "b"))
    until(lambda: states(core, "a") == {1: State.AVAILABLE}, "the first model is there")
    assert not starting.done()
    bundles.let("b/1")
    starting.result(timeout=30)
    assert states(core, "b") == {1: State.AVAILABLE}


def test_a_model_whose_only_version_is_broken_ends_the_start(core, bundles):
    bundles.add("a/1", "b/1")
    bundles.let("a/1", FAILS)
    bundles.let("b/1")
    with pytest.raises(ModelsUnavailableError) as raised:
        core.reload(config(bundles, "a", "b"))
    assert raised.value.status == (
        "UNKNOWN: 1 servable(s) did not become available: "
        "{{{name: a version: 1} due to error: UNKNOWN: it is broken}, }"
    )


def test_a_broken_version_besides_an_available_one_does_not_end_the_start(core, bundles, pool):
    bundles.add("a/1", "a/2")
    bundles.let("a/1")
    starting = pool.submit(core.reload, config(bundles, "a"))
    until(lambda: states(core, "a").get(1) is State.AVAILABLE, "the good version is there")
    assert states(core, "a")[2] is State.LOADING
    assert not starting.done(), "the start waits until nothing loads any more"
    bundles.let("a/2", FAILS)
    starting.result(timeout=30)
    assert states(core, "a") == {1: State.AVAILABLE, 2: State.END}


def test_a_broken_version_that_fails_before_another_is_available_ends_the_start(
    core, bundles, pool
):
    bundles.add("a/1", "a/2")
    bundles.let("a/2", FAILS)
    starting = pool.submit(core.reload, config(bundles, "a"))
    until(lambda: states(core, "a").get(2) is State.END, "the newer version has failed")
    bundles.let("a/1")
    with pytest.raises(ModelsUnavailableError, match=r"1 servable\(s\) did not become available"):
        starting.result(timeout=30)


def test_the_start_waits_for_a_model_that_has_no_version(core, bundles, pool):
    bundles.add("a/1", "b")
    bundles.let("a/1")
    starting = pool.submit(core.reload, config(bundles, "a", "b"))
    until(lambda: states(core, "a") == {1: State.AVAILABLE}, "the other model is there")
    assert not starting.done()
    bundles.let("b/7")
    bundles.add("b/7")
    starting.result(timeout=30)


def test_a_new_model_whose_only_version_is_broken_is_reported_once(core, bundles, pool):
    bundles.add("a/1", "b/1")
    bundles.let("a/1")
    core.reload(config(bundles, "a"))
    both = config(bundles, "a", "b")
    reloading = pool.submit(core.reload, both)
    until(lambda: states(core, "b") == {1: State.LOADING}, "the new model is being loaded")
    # Until it has loaded or failed, no other configuration is applied, though it be the same.
    again = pool.submit(core.reload, both)
    assert not reloading.done()
    bundles.let("b/1", FAILS)
    with pytest.raises(ModelsUnavailableError, match=r"1 model\(s\) did not become available"):
        reloading.result(timeout=30)
    again.result(timeout=30)  # the model is not new any more
    with core.borrow(ServableRequest("a")) as servable:
        assert isinstance(servable, Loaded)
    bundles.let("b/2")
    bundles.add("b/2")
    until(lambda: states(core, "b").get(2) is State.AVAILABLE, "a later version is loaded")


def test_a_restored_model_is_waited_for_again(core, bundles, pool):
    bundles.add("a/1", "b/1")
    bundles.let("a/1")
    bundles.let("b/1")
    core.reload(config(bundles, "a", "b"))
    core.reload(config(bundles, "a"))
    until(lambda: states(core, "b") == {1: State.END}, "the model is gone")
    del bundles.outcomes["b/1"]
    reloading = pool.submit(core.reload, config(bundles, "a", "b"))
    until(lambda: states(core, "b") == {1: State.LOADING}, "the model is back")
    assert not reloading.done()
    bundles.let("b/1")
    reloading.result(timeout=30)


def test_a_server_that_stops_ends_the_waiting(core, bundles, pool):
    bundles.add("a")
    starting = pool.submit(core.reload, config(bundles, "a"))
    until(lambda: core._models is not None, "the configuration is being applied")
    core.close()
    with pytest.raises(ServingError, match="The server is stopping"):
        starting.result(timeout=30)
