"""Songs per second over callers, over the API's processes, and over model servers."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from api.config import Config
from api.model_server.port import Model
from benchmarks.growth.curve import Curve, Point
from benchmarks.growth.requests import songs_per_second, warm_up
from benchmarks.growth.sizes import GrowthSizes
from benchmarks.processes import services
from benchmarks.processes.services import RunningApi

_RATE = "songs per second"


def curve_over_callers(
    api: RunningApi, game: str, sizes: GrowthSizes, done: Callable[[], object]
) -> Curve:
    """Let more and more callers request songs.

    Args:
        api: The API, as `make serve` starts it.
        game: A game of the default recipe's network.
        sizes: The sizes of the curves.
        done: Called after each point.
    """
    warm_up(api, game)
    points = []
    for callers in sizes.callers:
        songs = max(callers, sizes.caller_songs)
        rate = songs_per_second(api, game, sizes.caller_notes, callers, songs)
        points.append(Point(callers, rate))
        done()
    return Curve("songs_per_second_over_callers", "callers", _RATE, tuple(points), is_rate=True)


def curve_over_processes(
    models_dir: Path,
    model: Model,
    model_server: str,
    folder: Path,
    sizes: GrowthSizes,
    done: Callable[[], object],
) -> Curve:
    """Let the API have more and more processes, with one model server.

    Args:
        models_dir: The folder of models.
        model: The model of the default recipe.
        model_server: Serves it.
        folder: The folder for logs.
        sizes: The sizes of the curves.
        done: Called after each point.
    """
    points = []
    for processes in sizes.processes:
        with services.api(models_dir, model_server, folder, processes) as api:
            points.append(Point(processes, _rate(api, model.game, sizes)))
        done()
    return _over_processes("api_processes", "API processes", points)


def curve_over_model_servers(
    models_dir: Path, model: Model, folder: Path, sizes: GrowthSizes, done: Callable[[], object]
) -> Curve:
    """Let one API call more and more model servers; arguments as above."""
    points: list[Point] = []
    targets: list[str] = []
    with ExitStack() as running:
        for count in sizes.processes:
            while len(targets) < count:
                server = services.model_server(models_dir, (model,), batching=True, log_dir=folder)
                targets.append(running.enter_context(server).target)
            with services.api(models_dir, ",".join(targets), folder, Config.workers) as api:
                points.append(Point(count, _rate(api, model.game, sizes)))
            done()
    return _over_processes("model_servers", "model servers", points)


def _rate(api: RunningApi, game: str, sizes: GrowthSizes) -> float:
    warm_up(api, game)
    songs = max(sizes.process_callers, sizes.caller_songs)
    return songs_per_second(api, game, sizes.caller_notes, sizes.process_callers, songs)


def _over_processes(name: str, x: str, points: list[Point]) -> Curve:
    return Curve(f"songs_per_second_over_{name}", x, _RATE, tuple(points), is_rate=True)
