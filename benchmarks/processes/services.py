"""The model server and the API, as `make serve` starts them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlencode

from api.config import Config
from api.deadline import Deadline
from api.errors import ModelServerError
from api.model_server.grpc_client import GrpcModelServer
from api.model_server.port import Model, State, VersionStatus
from benchmarks.errors import BusyError, ResponseError
from benchmarks.processes.running import PATIENCE_S, ROOT, free_port, responds_ok, running

_THREADS = (ROOT / "serving" / "thread_flags.txt").read_text().split()
_LOADING_S = 2.0  # of patience for each model
_RESPONSE_S = 120.0  # of patience for a response
_BATCHING = (
    "--enable_batching",
    f"--batching_parameters_file={ROOT / 'serving' / 'batching_parameters.txt'}",
)


@dataclass(frozen=True)
class RunningModelServer:
    """A model server on this machine.

    Attributes:
        target: Its address, host:port.
        process_id: Its process.
    """

    target: str
    process_id: int


@dataclass(frozen=True)
class RunningApi:
    """The API on this machine.

    Attributes:
        port: Its port.
        model_server: Its model server, host:port.
        process_id: The process of gunicorn's arbiter, the parent of its workers.
    """

    port: int
    model_server: str
    process_id: int

    def song(
        self, values: Mapping[str, str], body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> bytes:
        """Request a song over a new connection, as curl does; returns its file.

        Args:
            values: The parameters.
            body: The body of the request.
            headers: Its headers.

        Raises:
            BusyError: The API refuses the song for now.
            ResponseError: The response is not a song.
        """
        response, content = self._response("POST", f"/generate?{urlencode(values)}", body, headers)
        if response.status == HTTPStatus.OK:
            return content
        message = f"the API responded with {response.status}: {content[:500]!r}"
        if response.status == HTTPStatus.SERVICE_UNAVAILABLE:
            raise BusyError(message, float(response.headers["Retry-After"]))
        raise ResponseError(message)

    def page(self, path: str) -> str:
        """Return the text at a path."""
        return self._response("GET", path)[1].decode()

    def _response(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[HTTPResponse, bytes]:
        with closing(HTTPConnection("127.0.0.1", self.port, _RESPONSE_S)) as connection:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return response, response.read()


@contextmanager
def model_server(
    models_dir: Path, models: Sequence[Model], *, batching: bool, log_dir: Path
) -> Iterator[RunningModelServer]:
    """Run the embedded model server; yields it when all models are ready.

    Raises:
        ProcessError: It does not start.
    """
    port = free_port()
    name = "the model server that merges" if batching else "the model server that does not merge"
    arguments = [
        "-m",
        "serving",
        f"--port={port}",
        f"--model_config_file={models_dir / 'models.config'}",
        *_THREADS,
        *(_BATCHING if batching else ()),
    ]
    target = f"127.0.0.1:{port}"
    log = log_dir / f"model_server_{port}.log"
    with running(name, arguments, {"MODEL_SERVER_HOST": "127.0.0.1"}, log) as process:
        with closing(GrpcModelServer(target)) as client:
            patience_s = PATIENCE_S + _LOADING_S * len(models)
            for model in models:  # one after the other: few questions, however many models
                process.wait_until(partial(_is_ready, client, model), patience_s)
        yield RunningModelServer(target, process.process.pid)


@contextmanager
def api(
    models_dir: Path, target: str, log_dir: Path, processes: int = Config.workers
) -> Iterator[RunningApi]:
    """Run the API; yields it when it is ready.

    Args:
        models_dir: The folder with `models.config`.
        target: The model server, or several: host:port,host:port.
        log_dir: The folder for its log.
        processes: How many processes answer requests.

    Raises:
        ProcessError: It does not start.
    """
    port = free_port()
    variables = {
        "API_HOST": "127.0.0.1",
        "API_PORT": str(port),
        "MODELS_CONFIG": str(models_dir / "models.config"),
        "API_WORKERS": str(processes),
        "MODEL_SERVER": target,
        "RATE_LIMIT": "off",  # one caller requests all songs
    }
    with running("the API", ["-m", "api"], variables, log_dir / "api.log") as process:
        process.wait_until(lambda: responds_ok(port, "/readyz"))
        yield RunningApi(port, target, process.process.pid)


def _is_ready(client: GrpcModelServer, model: Model) -> bool:
    try:
        versions = client.versions(model.game, Deadline.after(10))
    except ModelServerError:
        return False
    return VersionStatus(model.version, State.AVAILABLE) in versions
