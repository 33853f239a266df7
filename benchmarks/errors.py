"""The errors of benchmarks.

BenchmarkError
├── ProcessError           the model server or the API does not start, or ends too early
├── ResponseError          the API's response is not a song
│   └── BusyError          the API refuses a song for now
├── DifferentSongsError    two ways of sampling give different songs
├── DifferentLogitsError   a peer computes a different network
├── MissingPeerError       a peer is not installed
└── MissingGpuError        TensorFlow finds no GPU
"""


class BenchmarkError(Exception):
    """The base of all errors that end a benchmark; the message describes the cause."""


class ProcessError(BenchmarkError):
    """A process does not start, or ends too early; the message has the last lines of its log."""


class ResponseError(BenchmarkError):
    """The API's response is not a song; the message quotes it."""


class BusyError(ResponseError):
    """The API refuses a song for now, mostly since all song slots are taken.

    Attributes:
        retry_after_s: When to retry, in seconds.
    """

    def __init__(self, message: str, retry_after_s: float) -> None:
        """Keep what the response says."""
        super().__init__(message)
        self.retry_after_s = retry_after_s


class DifferentSongsError(BenchmarkError):
    """Two ways of sampling give different songs; the message says which, and from which token."""


class DifferentLogitsError(BenchmarkError):
    """A peer's logits differ from ours; the message says by how much."""


class MissingPeerError(BenchmarkError):
    """A peer is not installed; the message says how to install it."""


class MissingGpuError(BenchmarkError):
    """TensorFlow finds no GPU; the message names what is missing."""
