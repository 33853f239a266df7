"""All curves of growth, one after the other, with one progress bar."""

from pathlib import Path

from benchmarks.growth.learning import curve_of_learning
from benchmarks.growth.load import (
    curve_over_callers,
    curve_over_model_servers,
    curve_over_processes,
)
from benchmarks.growth.results import GrowthResults
from benchmarks.growth.serving import curves_over_games, curves_over_pieces
from benchmarks.growth.sizes import GrowthSizes
from benchmarks.growth.songs import curves_of_songs
from benchmarks.models.bundle import publish_default
from benchmarks.processes import services
from benchmarks.processes.machine import Machine
from benchmarks.timing import progress


def run_growth(folder: Path, sizes: GrowthSizes) -> GrowthResults:
    """Measure every curve.

    Args:
        folder: An empty folder, for bundles, checkpoints and logs.
        sizes: The sizes of the curves.

    Raises:
        BenchmarkError: A process does not start, or a response is not a song.
    """
    models_dir = folder / "models"
    default = publish_default(models_dir).model
    with progress("points of the curves of growth", sizes.points) as bar:
        done = bar.update
        with services.model_server(models_dir, (default,), batching=True, log_dir=folder) as server:
            with services.api(models_dir, server.target, folder) as api:
                songs = curves_of_songs(api, default.game, sizes, done)
                callers = curve_over_callers(api, default.game, sizes, done)
            processes = curve_over_processes(
                models_dir, default, server.target, folder, sizes, done
            )
        servers = curve_over_model_servers(models_dir, default, folder, sizes, done)
        games = curves_over_games(folder, sizes, done)
        pieces = curves_over_pieces(folder, sizes, done)
        learning = curve_of_learning(folder / "checkpoints", sizes, done)
    return GrowthResults(
        Machine.here(), (callers, processes, servers, *games, *pieces, *songs, learning)
    )
