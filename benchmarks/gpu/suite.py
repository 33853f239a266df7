"""All measurements on a GPU, one after the other."""

import time
from contextlib import closing
from pathlib import Path

from benchmarks.gpu.agreement import compare
from benchmarks.gpu.decoding import measure_decoding
from benchmarks.gpu.learning import measure_learning
from benchmarks.gpu.results import GpuResults
from benchmarks.gpu.sizes import GpuSizes
from benchmarks.measurements.song_over_http import WARM_UPS
from benchmarks.models.bundle import publish_default
from benchmarks.models.graph_model import GraphModel
from benchmarks.processes import services
from benchmarks.processes.machine import Machine
from benchmarks.processes.services import RunningApi
from benchmarks.timing import Percentiles, progress
from training.export.quantised_matmul import FLOAT32

_MS = 1000


def run_gpu(folder: Path, sizes: GpuSizes, gpu: str) -> GpuResults:
    """Measure everything that a GPU changes.

    Args:
        folder: An empty folder, for bundles, checkpoints and logs.
        sizes: The sizes of the measurements.
        gpu: The name of the GPU.

    Raises:
        BenchmarkError: A measurement cannot run, or GPU and processor do not compute the same.
    """
    models_dir = folder / "models"
    published = publish_default(models_dir, FLOAT32)
    with closing(GraphModel(published.folder)) as on_gpu:
        with closing(GraphModel(published.folder, on_cpu=True)) as on_cpu:
            agreement = compare(published, on_gpu, on_cpu, sizes)
        with services.model_server(
            models_dir, (published.model,), batching=False, log_dir=folder
        ) as server:
            decoding = measure_decoding(server.target, published, on_gpu, sizes)
            with services.api(models_dir, server.target, folder) as api:
                song_ms = _song_ms(api, published.model.game, sizes)
    learning = measure_learning(folder / "checkpoints", sizes)
    return GpuResults(gpu, Machine.here(), agreement, decoding, song_ms, learning)


def _song_ms(api: RunningApi, game: str, sizes: GpuSizes) -> Percentiles:
    """Request songs, from before the connection to the last byte."""
    times_ms = []
    with progress("songs over HTTP", WARM_UPS + sizes.songs) as bar:
        for seed in range(WARM_UPS + sizes.songs):
            began = time.perf_counter()
            api.song({"game": game, "notes": str(sizes.notes), "seed": str(seed)})
            times_ms.append((time.perf_counter() - began) * _MS)
            bar.update()
    return Percentiles.of(times_ms[WARM_UPS:])
