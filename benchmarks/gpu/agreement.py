"""Whether the GPU computes the same as the processor, within the rounding of float32 and TF32."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.checks import check_same_likelihoods
from benchmarks.errors import DifferentSongsError
from benchmarks.gpu.sizes import GpuSizes
from benchmarks.models.bundle import Published
from benchmarks.models.graph_model import GraphModel, SamplingRows
from benchmarks.models.song_sampling import default_sampling
from music.composing.continuation import EMPTY_PROMPT
from music.composing.model import Prompt

# On GPUs since Ampere, TensorFlow rounds the factors of float32 products to TF32, 10 bits.
NATS_TOLERANCE = 0.02


@dataclass(frozen=True)
class Agreement:
    """The differences between the GPU and the processor.

    Attributes:
        moved_probability: The largest share of the probability of a next token that is elsewhere.
        nats: The mean absolute difference of a sampled token's log-probability.
        most_nats: The largest one.
    """

    moved_probability: float
    nats: float
    most_nats: float


def compare(
    published: Published, on_gpu: GraphModel, on_cpu: GraphModel, sizes: GpuSizes
) -> Agreement:
    """Predict after openings with both; sample songs on the GPU and read them on the processor.

    Raises:
        DifferentSongsError: They differ by more than rounding.
    """
    nats = _nats(on_gpu, on_cpu, sizes)
    if not nats.mean() <= NATS_TOLERANCE:
        raise DifferentSongsError(
            f"the GPU's songs have other probabilities on the processor: {nats.mean():.3f} nats "
            f"per token, more than {NATS_TOLERANCE:g}"
        )
    return Agreement(
        _moved_probability(published, on_gpu, on_cpu, sizes), float(nats.mean()), float(nats.max())
    )


def _nats(on_gpu: GraphModel, on_cpu: GraphModel, sizes: GpuSizes) -> NDArray[np.float32]:
    """Return the absolute differences of tokens' log-probabilities, float32[B, T]."""
    prompts, steps = [EMPTY_PROMPT] * sizes.compared_songs, sizes.steps
    samplings = SamplingRows.of([default_sampling(seed) for seed in range(len(prompts))])
    drawn = on_gpu.decode(on_gpu.prefill(prompts), [0] * len(prompts), steps, samplings)
    read = on_cpu.read(on_cpu.prefill(prompts), drawn.tokens, [steps] * len(prompts))
    differences: NDArray[np.float32] = np.abs(drawn.log_probability - read.log_probability)
    return differences


def _moved_probability(
    published: Published, on_gpu: GraphModel, on_cpu: GraphModel, sizes: GpuSizes
) -> float:
    moved = []
    for opening in published.description.openings[: sizes.compared_windows]:
        prompt = Prompt(opening.tokens, opening.meter.bar_ticks, 0)
        expected, found = (graph.distribution(prompt) for graph in (on_cpu, on_gpu))
        moved.append(check_same_likelihoods("the GPU", expected, found))
    return max(moved)
