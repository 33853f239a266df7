"""The import cost of clients of the model server, and the memory of the API."""

import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.processes.resident import children, family_mb, rss_mb
from benchmarks.processes.running import PATIENCE_S, ROOT
from benchmarks.processes.services import RunningApi
from benchmarks.sizes import Sizes
from benchmarks.timing import progress

API = ("api.__main__",)  # everything that its process imports, including gunicorn
SERVING_API_CLIENT = (
    "grpc",
    "tensorflow_serving.apis.predict_pb2",
    "tensorflow_serving.apis.prediction_service_pb2_grpc",
)


@dataclass(frozen=True)
class ImportCost:
    """The cost of importing in a fresh process.

    Attributes:
        seconds: The duration.
        rss_mb: The resident memory afterwards.
    """

    seconds: float
    rss_mb: float


@dataclass(frozen=True)
class Imports:
    """The import costs of the API and of a client with `tensorflow-serving-api`."""

    api: ImportCost
    serving_api_client: ImportCost


@dataclass(frozen=True)
class ApiMemory:
    """Resident megabytes of the API.

    Attributes:
        after_import: A process that has only imported the API.
        worker: The largest of gunicorn's workers, after it has served songs.
        all_processes: The workers and their parent together; shared memory counts once.
    """

    after_import: float
    worker: float
    all_processes: float


@dataclass(frozen=True)
class MemoryFigures:
    """The API, compared with a client that imports `tensorflow-serving-api`.

    Attributes:
        api_import_seconds: The import of the whole API.
        api_rss_mb: The API's memory.
        serving_api_client_import_seconds: The import of gRPC and that package's messages and stub.
        serving_api_client_rss_mb: The resident memory afterwards.
    """

    api_import_seconds: float
    api_rss_mb: ApiMemory
    serving_api_client_import_seconds: float
    serving_api_client_rss_mb: float


def measure_imports(sizes: Sizes) -> Imports:
    """Import both alternately in fresh processes; the first round fills the disk cache."""
    ours: list[ImportCost] = []
    theirs: list[ImportCost] = []
    with progress("imports", 2 * (sizes.import_rounds + 1)) as bar:
        for _ in range(sizes.import_rounds + 1):
            for modules, costs in ((API, ours), (SERVING_API_CLIENT, theirs)):
                costs.append(_imported(modules))
                bar.update()
    return Imports(_typical(ours[1:]), _typical(theirs[1:]))


def memory_figures(imports: Imports, api: RunningApi) -> MemoryFigures:
    """Combine them with the memory of an API that has served songs."""
    return MemoryFigures(
        api_import_seconds=imports.api.seconds,
        api_rss_mb=ApiMemory(
            after_import=imports.api.rss_mb,
            worker=max(map(rss_mb, children(api.process_id))),
            all_processes=family_mb(api.process_id),
        ),
        serving_api_client_import_seconds=imports.serving_api_client.seconds,
        serving_api_client_rss_mb=imports.serving_api_client.rss_mb,
    )


def _imported(modules: Sequence[str]) -> ImportCost:
    finished = subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-m", "benchmarks.processes.import_cost", *modules],
        stdout=subprocess.PIPE,
        check=True,
        cwd=ROOT,
        timeout=PATIENCE_S,
    )
    return ImportCost(**json.loads(finished.stdout))


def _typical(costs: Sequence[ImportCost]) -> ImportCost:
    return ImportCost(
        statistics.median(cost.seconds for cost in costs),
        statistics.median(cost.rss_mb for cost in costs),
    )
