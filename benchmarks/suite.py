"""All benchmarks, one after the other."""

from contextlib import closing
from pathlib import Path

from benchmarks.measurements.loops import measure_loops
from benchmarks.measurements.matmul import measure_matmul
from benchmarks.measurements.memory import measure_imports, memory_figures
from benchmarks.measurements.song_over_http import measure_song
from benchmarks.measurements.throughput import measure_throughput
from benchmarks.measurements.training_speed import measure_training
from benchmarks.models.bundle import (
    Published,
    publish_default,
    publish_original,
    publish_without_memory,
)
from benchmarks.models.graph_model import GraphModel
from benchmarks.peers import PeerFigures, check_installed
from benchmarks.processes import services
from benchmarks.processes.machine import Machine
from benchmarks.report.results import Results
from benchmarks.sizes import Sizes


def run_all(folder: Path, sizes: Sizes, *, with_peers: bool) -> Results:
    """Measure everything.

    Args:
        folder: An empty folder, for bundles, checkpoints and logs.
        sizes: The sizes of the measurements.
        with_peers: Whether PyTorch and ONNX Runtime are measured too.

    Raises:
        BenchmarkError: A benchmark cannot run, or the compared programs do not compute the same.
    """
    if with_peers:
        check_installed()
    machine = Machine.here()
    imports = measure_imports(sizes)
    models_dir = folder / "models"
    default = publish_default(models_dir)
    original = publish_original(sizes.original_network, models_dir)
    published, models = (default, original), (default.model, original.model)
    with (
        closing(GraphModel(default.folder)) as graph,
        closing(GraphModel(original.folder)) as original_graph,
    ):
        graphs = (graph, original_graph)
        matmul = measure_matmul(published, graphs, sizes)
        with services.model_server(models_dir, models, batching=True, log_dir=folder) as server:
            loops = measure_loops(server.target, original, original_graph, sizes)
            with services.api(models_dir, server.target, folder) as api:
                song = measure_song(api, default, graph, models_dir, sizes)
                memory = memory_figures(imports, api)
            with services.model_server(models_dir, models, batching=False, log_dir=folder) as plain:
                throughput = measure_throughput(server.target, plain.target, default, graph, sizes)
    training = measure_training(folder / "checkpoint", sizes)
    gflops = matmul.matmul_gflops
    peers = _peers(original, gflops, folder, sizes) if with_peers else PeerFigures()
    return Results(machine, loops, song, throughput, matmul, memory, training, peers)


def _peers(original: Published, matmul_gflops: float, folder: Path, sizes: Sizes) -> PeerFigures:
    """Measure networks without memory, since the peers have layers only for these."""
    # They may not be installed.
    from benchmarks.peers.learning import measure_learning  # noqa: PLC0415
    from benchmarks.peers.steps import measure_steps  # noqa: PLC0415

    plain = publish_without_memory(folder / "peers")
    steps = measure_steps((plain, original), folder / "float32", sizes)
    return PeerFigures(steps, measure_learning(matmul_gflops, sizes))
