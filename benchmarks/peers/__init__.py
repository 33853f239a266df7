"""What others need for the same step: PyTorch's LSTM and ONNX Runtime's, with the same weights."""

from dataclasses import dataclass
from importlib.util import find_spec

from benchmarks.errors import MissingPeerError

PACKAGES = ("torch", "onnx", "onnxruntime")


@dataclass(frozen=True)
class PeerStep:
    """A step of a batch of songs, sampling included, in milliseconds for the whole batch.

    Each peer is measured with one thread and with as many as there are cores; the faster counts.

    Attributes:
        network: LSTM layers and their width.
        batch: Songs at a time.
        leitmotif_ms_per_step: `decode` in a graph-mode session, in the API's chunks, with the
            weights that suit the machine best.
        leitmotif_float32_ms_per_step: The same with the peers' own weights.
        pytorch_ms_per_step: A call a step, sampling in NumPy.
        onnxruntime_ms_per_step: Likewise.
    """

    network: str
    batch: int
    leitmotif_ms_per_step: float
    leitmotif_float32_ms_per_step: float
    pytorch_ms_per_step: float
    onnxruntime_ms_per_step: float


@dataclass(frozen=True)
class PeerFigures:
    """Both networks at every batch; empty where peers were not asked for."""

    peers: tuple[PeerStep, ...]


def check_installed() -> None:
    """Make sure that there is something to measure.

    Raises:
        MissingPeerError: A package is not installed.
    """
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise MissingPeerError(
            f"PEERS=1 measures what is not installed: {', '.join(missing)}; "
            "make bench PEERS=1 installs it"
        )
