"""What is recorded of a call of the model server."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CallRecord:
    """A finished call of the model server.

    Attributes:
        name: The signature, or `versions`.
        game: Of the model.
        code: The name of gRPC's status code.
        duration_s: With gRPC's own retries. A retry on another replica is a call of its own.
        tokens: How many it sampled.
    """

    name: str
    game: str
    code: str
    duration_s: float
    tokens: int
