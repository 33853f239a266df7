"""The same step in other libraries: PyTorch's and ONNX Runtime's LSTM, with the same weights."""

from dataclasses import dataclass
from importlib.util import find_spec

from benchmarks.errors import MissingPeerError

PACKAGES = ("torch", "onnx", "onnxruntime")


@dataclass(frozen=True)
class PeerStep:
    """The time of a step of a batch of songs, including sampling, in milliseconds per batch.

    Each peer is measured with one thread and with one thread per core; the faster result counts.

    Attributes:
        network: The number of LSTM layers and their width.
        batch: The number of songs.
        leitmotif_ms_per_step: `decode` in a graph-mode session, in the API's chunks, with the
            best weights for this machine.
        leitmotif_float32_ms_per_step: The same with the float32 weights of the peers.
        pytorch_ms_per_step: One call per step, with sampling in NumPy.
        onnxruntime_ms_per_step: The same.
    """

    network: str
    batch: int
    leitmotif_ms_per_step: float
    leitmotif_float32_ms_per_step: float
    pytorch_ms_per_step: float
    onnxruntime_ms_per_step: float


@dataclass(frozen=True)
class PeerFigures:
    """Both networks at every batch size; empty if peers were not measured."""

    peers: tuple[PeerStep, ...]


def check_installed() -> None:
    """Check that the peers are installed.

    Raises:
        MissingPeerError: A package is not installed.
    """
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise MissingPeerError(
            f"PEERS=1 needs packages that are not installed: {', '.join(missing)}; "
            "make bench PEERS=1 installs them"
        )
