"""The memory of the model server and the API, and the time until they are prepared."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from api.composing.composer import MOST_READ_AHEAD
from api.config import Config
from api.model_server.port import Model
from benchmarks.errors import ProcessError
from benchmarks.growth.bundles import publish_copies, publish_made_up
from benchmarks.growth.curve import Curve, Point
from benchmarks.growth.sizes import GrowthSizes
from benchmarks.processes import services
from benchmarks.processes.resident import family_mb
from benchmarks.processes.services import RunningApi

_PATIENCE_S = 120.0
_POLL_S = 0.2


@dataclass(frozen=True)
class Prepared:
    """The cost of serving some games.

    Attributes:
        server_s: From the start of the model server until all games are ready.
        server_mb: Its resident memory then.
        api_s: From the start of the API until each of its processes has read every prompt.
        api_mb: The resident memory of all its processes then.
    """

    server_s: float
    server_mb: float
    api_s: float
    api_mb: float


_FIGURES: tuple[tuple[str, str, Callable[[Prepared], float]], ...] = (
    ("model_server_seconds", "seconds until the model server is ready", lambda one: one.server_s),
    ("model_server_mb", "MB of the model server", lambda one: one.server_mb),
    ("api_seconds", "seconds until the API is prepared", lambda one: one.api_s),
    ("api_mb", "MB of the API's processes", lambda one: one.api_mb),
)


def curves_over_games(folder: Path, sizes: GrowthSizes, done: Callable[[], object]) -> list[Curve]:
    """Serve one game, and copies of it.

    Args:
        folder: An empty folder, for bundles and logs.
        sizes: The sizes of the curves.
        done: Called after each point.
    """
    pieces = sizes.game_pieces
    source = publish_made_up(folder / "source", pieces, sizes.piece_notes)
    bundle = folder / "source" / source.game / str(source.version)
    measured = []
    for games in sizes.games:
        models_dir = folder / f"games_{games}"
        models = publish_copies(bundle, models_dir, games)
        measured.append(_prepared(models_dir, models, pieces, folder))
        done()
    return _curves("games", sizes.games, measured)


def curves_over_pieces(folder: Path, sizes: GrowthSizes, done: Callable[[], object]) -> list[Curve]:
    """Serve a single game of more and more pieces; arguments as above."""
    measured = []
    for pieces in sizes.pieces:
        models_dir = folder / f"pieces_{pieces}"
        model = publish_made_up(models_dir, pieces, sizes.piece_notes)
        measured.append(_prepared(models_dir, (model,), pieces, folder))
        done()
    return _curves("pieces", sizes.pieces, measured)


def _curves(x: str, counts: Sequence[int], measured: Sequence[Prepared]) -> list[Curve]:
    return [
        Curve(
            f"{name}_over_{x}",
            x,
            title,
            tuple(Point(count, figure(one)) for count, one in zip(counts, measured, strict=True)),
        )
        for name, title, figure in _FIGURES
    ]


def _prepared(models_dir: Path, models: Sequence[Model], pieces: int, log_dir: Path) -> Prepared:
    """Start both, and wait until every process of the API has prepared every game."""
    prompts = Config.workers * len(models) * min(pieces + 1, MOST_READ_AHEAD)
    began = time.perf_counter()
    with services.model_server(models_dir, models, batching=True, log_dir=log_dir) as server:
        server_s = time.perf_counter() - began
        server_mb = family_mb(server.process_id)
        began = time.perf_counter()
        with services.api(models_dir, server.target, log_dir) as api:
            _wait_for_prefills(api, prompts)
            api_s = time.perf_counter() - began
            return Prepared(server_s, server_mb, api_s, family_mb(api.process_id))


def _wait_for_prefills(api: RunningApi, wanted: int) -> None:
    until = time.monotonic() + _PATIENCE_S
    while (found := _prefills(api)) < wanted:
        if time.monotonic() > until:
            raise ProcessError(f"the API has read {found} of {wanted} prompts")
        time.sleep(_POLL_S)


def _prefills(api: RunningApi) -> int:
    """Return how many prompts the API's processes have read."""
    return sum(
        int(sample.value)
        for family in text_string_to_metric_families(api.page("/metrics"))
        for sample in family.samples
        if sample.name == "leitmotif_model_server_calls_total"
        and sample.labels["call"] == "prefill"
        and sample.labels["code"] == "OK"
    )
