"""What can go wrong in a benchmark.

BenchmarkError
├── ProcessError           the model server or the API does not come up, or ends too early
├── AnswerError            the API answers something else than a song
├── DifferentSongsError    two ways of drawing a song draw different ones
├── DifferentLogitsError   a peer computes another network
└── MissingPeerError       a peer is to be measured and is not installed
"""


class BenchmarkError(Exception):
    """Anything that leaves a benchmark without figures; the message says what to look at."""


class ProcessError(BenchmarkError):
    """A process does not come up, or ends too early; the message has its last words."""


class AnswerError(BenchmarkError):
    """The API answers something else than a song; the message says what."""


class DifferentSongsError(BenchmarkError):
    """Two ways of drawing a song draw different ones; the message says which, and from where on."""


class DifferentLogitsError(BenchmarkError):
    """A peer's logits are not ours; the message says by how much."""


class MissingPeerError(BenchmarkError):
    """A peer is to be measured and is not installed; the message says how it would be."""
