"""The speed of matrix products on this machine, and the share of it that `decode` reaches."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from benchmarks.models.bundle import Published
from benchmarks.models.graph_model import GraphModel
from benchmarks.models.networks import label, products_per_token
from benchmarks.models.song_sampling import sample_songs
from benchmarks.processes.machine import cores
from benchmarks.sizes import BATCH, Sizes
from benchmarks.timing import interleaved
from music.sampling import CHUNK_STEPS
from training.network.network import field_sizes

_LAYER = (1024, 2048)  # input and output of a layer's product in the network of the experiment
_LAYER_PRODUCTS = 32  # per round, so that it takes as long as the others


@dataclass(frozen=True)
class DecodeShare:
    """The speed of `decode` relative to a matrix product, with a batch of 64 on each core.

    Attributes:
        network: The number of LSTM layers and their width.
        tokens_per_second: The rate of all songs together, including sampling.
        gflops: Billions of floating-point operations per second, only of products of weights.
        share_of_matmul: The share of `matmul_gflops`.
    """

    network: str
    tokens_per_second: float
    gflops: float
    share_of_matmul: float


@dataclass(frozen=True)
class ProductRate:
    """The speed of one matrix product.

    Attributes:
        product: The shapes and the library.
        gflops: Billions of floating-point operations per second.
    """

    product: str
    gflops: float


@dataclass(frozen=True)
class MatmulFigures:
    """The speed of the cores, and of `decode` on them.

    Attributes:
        matmul_gflops: Billions of floating-point operations per second of the best product.
        matmul_products: All products.
        decode_at_batch_64: The share of each network.
    """

    matmul_gflops: float
    matmul_products: tuple[ProductRate, ...]
    decode_at_batch_64: tuple[DecodeShare, ...]


@dataclass(frozen=True)
class _Product:
    """A product of random matrices, and the operations of one run."""

    name: str
    run: Callable[[], object]
    gflop: float


def measure_matmul(
    networks: Sequence[Published], graphs: Sequence[GraphModel], sizes: Sizes
) -> MatmulFigures:
    """Measure the products and `decode` alternately.

    Args:
        networks: The networks to decode with.
        graphs: The same networks, loaded.
        sizes: The sizes of the measurements.
    """
    products = [*_products((BATCH, *_LAYER), _LAYER_PRODUCTS), *_products((sizes.square,) * 3, 1)]
    with ThreadPoolExecutor(cores()) as pool:
        decoders = [_decoder(graph, pool) for graph in graphs]
        runs = [*(product.run for product in products), *decoders]
        seconds = interleaved("matrix products", runs, sizes.rounds)
    rates = tuple(ProductRate(p.name, p.gflop / s) for p, s in zip(products, seconds, strict=False))
    best = max(rate.gflops for rate in rates)
    decoding_s = seconds[len(products) :]
    shares = tuple(_share(p, s, best) for p, s in zip(networks, decoding_s, strict=True))
    return MatmulFigures(best, rates, shares)


def _products(shape: tuple[int, int, int], times: int) -> list[_Product]:
    """Multiply float32[rows, inner] by float32[inner, columns], by TensorFlow and by NumPy."""
    rows, inner, columns = shape
    random = np.random.default_rng(0)
    left = random.random((rows, inner), np.float32)
    right = random.random((inner, columns), np.float32)
    left_tensor, right_tensor = tf.constant(left), tf.constant(right)

    def by_tensorflow() -> None:
        for _ in range(times):
            product = tf.linalg.matmul(left_tensor, right_tensor)
        product.numpy()

    def by_numpy() -> None:
        for _ in range(times):
            left @ right

    name = f"[{rows},{inner}] x [{inner},{columns}]"
    gflop = 2 * rows * inner * columns * times / 1e9
    return [
        _Product(f"{name} by TensorFlow", by_tensorflow, gflop),
        _Product(f"{name} by NumPy", by_numpy, gflop),
    ]


def _decoder(graph: GraphModel, pool: ThreadPoolExecutor) -> Callable[[], object]:
    """Sample as the model server does under load: each core computes one call."""
    batches = [range(BATCH)] * cores()
    return lambda: list(pool.map(lambda seeds: sample_songs(graph, seeds, CHUNK_STEPS), batches))


def _share(published: Published, seconds: float, matmul_gflops: float) -> DecodeShare:
    tokens_per_second = cores() * BATCH * CHUNK_STEPS / seconds
    products = products_per_token(published.recipe, field_sizes(published.network))
    gflops = 2 * products * tokens_per_second / 1e9
    return DecodeShare(label(published.recipe), tokens_per_second, gflops, gflops / matmul_gflops)
