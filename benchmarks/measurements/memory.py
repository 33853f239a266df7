"""What a client of the model server costs before it does anything, and what the API holds."""

import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.processes.resident import children, own_mb, rss_mb
from benchmarks.processes.running import PATIENCE_S, ROOT
from benchmarks.processes.services import RunningApi
from benchmarks.sizes import Sizes
from benchmarks.timing import progress

API = ("api.__main__",)  # all that its process imports, gunicorn too
SERVING_API_CLIENT = (
    "grpc",
    "tensorflow_serving.apis.predict_pb2",
    "tensorflow_serving.apis.prediction_service_pb2_grpc",
)


@dataclass(frozen=True)
class ImportCost:
    """What importing costs a fresh process.

    Attributes:
        seconds: Until it is done.
        rss_mb: Resident behind it.
    """

    seconds: float
    rss_mb: float


@dataclass(frozen=True)
class Imports:
    """Ours, and a client's that is made with `tensorflow-serving-api`."""

    api: ImportCost
    serving_api_client: ImportCost


@dataclass(frozen=True)
class ApiMemory:
    """Resident megabytes of the API.

    Attributes:
        after_import: Of a process that has only imported it.
        worker: Of the largest of gunicorn's workers, once it has served.
        all_processes: Of the workers and their parent together; what they share counts once.
    """

    after_import: float
    worker: float
    all_processes: float


@dataclass(frozen=True)
class MemoryFigures:
    """The API beside a client that imports `tensorflow-serving-api`.

    Attributes:
        api_import_seconds: The API's whole program.
        api_rss_mb: The API's memory.
        serving_api_client_import_seconds: gRPC, and that package's messages and stub.
        serving_api_client_rss_mb: Resident behind them.
    """

    api_import_seconds: float
    api_rss_mb: ApiMemory
    serving_api_client_import_seconds: float
    serving_api_client_rss_mb: float


def measure_imports(sizes: Sizes) -> Imports:
    """Import both in fresh processes, in turns; a first turn fills the disk's cache."""
    ours: list[ImportCost] = []
    theirs: list[ImportCost] = []
    with progress("imports", 2 * (sizes.import_rounds + 1)) as bar:
        for _ in range(sizes.import_rounds + 1):
            for modules, costs in ((API, ours), (SERVING_API_CLIENT, theirs)):
                costs.append(_imported(modules))
                bar.update()
    return Imports(_typical(ours[1:]), _typical(theirs[1:]))


def memory_figures(imports: Imports, api: RunningApi) -> MemoryFigures:
    """Put them beside the memory of an API that has served."""
    workers = children(api.process_id)
    return MemoryFigures(
        api_import_seconds=imports.api.seconds,
        api_rss_mb=ApiMemory(
            after_import=imports.api.rss_mb,
            worker=max(map(rss_mb, workers)),
            all_processes=sum(map(own_mb, (api.process_id, *workers))),
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
