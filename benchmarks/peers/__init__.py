"""Other libraries that run the same network and learn it: ONNX Runtime and PyTorch."""

from dataclasses import dataclass
from importlib.util import find_spec

from benchmarks.errors import MissingPeerError

PACKAGES = ("torch", "onnx", "onnxruntime")


@dataclass(frozen=True)
class PeerTime:
    """A peer's time.

    Attributes:
        peer: The library.
        ms_per_step: Milliseconds per step of a batch, including sampling; of the fastest of the
            library's ways.
    """

    peer: str
    ms_per_step: float


@dataclass(frozen=True)
class PeerStep:
    """The time of a step of a batch of songs, including sampling, in milliseconds per batch.

    Attributes:
        network: The number of LSTM layers and their width.
        batch: The number of songs in a call.
        weights: "float32" or "int8", on both sides.
        cores: How many cores each side uses: a peer that many threads; ours one call on each, and
            the time is shared between these calls.
        leitmotif_ms_per_step: `decode` in a graph-mode session, in the API's chunks.
        peers: The time of each peer.
    """

    network: str
    batch: int
    weights: str
    cores: int
    leitmotif_ms_per_step: float
    peers: tuple[PeerTime, ...]


@dataclass(frozen=True)
class PeerLearning:
    """The speed of a training's steps on all cores, the optimizer's part included.

    Attributes:
        recipe: "default", a game's, or "base".
        leitmotif_with_memory_targets_per_second: As `make train` and `make base` learn.
        leitmotif_targets_per_second: The same without memory, as the peer learns.
        leitmotif_share_of_matmul: The share of `matmul_gflops` without memory; only products of
            the network's weights count.
        pytorch_targets_per_second: `torch.nn.LSTM`, from the same batch.
        pytorch_share_of_matmul: Its share of `matmul_gflops`.
    """

    recipe: str
    leitmotif_with_memory_targets_per_second: float
    leitmotif_targets_per_second: float
    leitmotif_share_of_matmul: float
    pytorch_targets_per_second: float
    pytorch_share_of_matmul: float


@dataclass(frozen=True)
class PeerFigures:
    """Every network at every batch size, and learning; empty if peers were not measured."""

    peers: tuple[PeerStep, ...] = ()
    peer_learning: tuple[PeerLearning, ...] = ()


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
