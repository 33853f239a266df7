"""The figures of a run as a table for people."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.peers import PeerLearning, PeerStep
from benchmarks.report.ratios import Ratios, speedup
from benchmarks.report.results import Results
from training.export.quantised_matmul import FLOAT32, INT8

_GAP = "   "
_WEIGHTS = {FLOAT32: "float32", INT8: "8 bits"}


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes:
        figure: The name of the figure.
        value: The value with its unit.
        beside: The comparison with another figure, if any.
    """

    figure: str
    value: str
    beside: str = ""


def table(results: Results) -> str:
    """Write all figures with their comparisons."""
    ratios = Ratios.of(results)
    rows = (
        *_loops(results, ratios),
        *_song(results, ratios),
        *_throughput(results),
        *_matmul(results),
        *_memory(results, ratios),
        *_training(results, ratios),
        *(row for step in results.peers.peers for row in _peer(step)),
        *(row for each in results.peers.peer_learning for row in _peer_learning(each)),
    )
    return layout(rows)


def layout(rows: tuple[Row, ...]) -> str:
    """Align rows in columns: names to the left, values to the right."""
    name_width = max(len(row.figure) for row in rows)
    value_width = max(len(row.value) for row in rows)
    return "\n".join(
        _GAP.join((row.figure.ljust(name_width), row.value.rjust(value_width), row.beside)).rstrip()
        for row in rows
    )


def _loops(results: Results, ratios: Ratios) -> Iterator[Row]:
    loops, original = results.loops, "x as fast as the original loop"
    yield Row("original_loop_ms_per_token", _ms(loops.original_loop_ms_per_token))
    yield Row(
        "window_rpc_ms_per_token",
        _ms(loops.window_rpc_ms_per_token),
        f"{ratios.window_rpc:.1f} {original}",
    )
    yield Row(
        "step_rpc_ms_per_token",
        _ms(loops.step_rpc_ms_per_token),
        f"{ratios.step_rpc:.1f} {original}",
    )
    yield Row(
        "chunk_rpc_ms_per_token",
        _ms(loops.chunk_rpc_ms_per_token),
        f"{ratios.chunk_rpc:.1f} {original}",
    )


def _song(results: Results, ratios: Ratios) -> Iterator[Row]:
    total, parts = results.song.http_500_notes_ms, results.song.http_500_notes_parts_ms
    song = f"{ratios.song:.0f} x as fast as 500 tokens of the original loop"
    yield Row("http_500_notes_ms, p50", _ms(total.p50), song)
    yield Row("http_500_notes_ms, p95", _ms(total.p95))
    named = (
        ("model", parts.model),
        ("gRPC", parts.grpc),
        ("codec", parts.codec),
        ("MIDI", parts.midi),
        ("HTTP", parts.http),
    )
    for name, milliseconds in named:
        yield Row(f"  of p50: {name}", _ms(milliseconds), f"{milliseconds / total.p50:.1%}")


def _throughput(results: Results) -> Iterator[Row]:
    for load in results.throughput.tokens_per_second:
        callers = "1 caller" if load.callers == 1 else f"{load.callers} callers"
        merged = "merged" if load.batching else "not merged"
        yield Row(
            f"tokens_per_second, {callers}, {merged}",
            f"{load.tokens_per_second:,.0f} /s",
            f"{speedup(load, results):.1f} x one caller; a call takes {_ms(load.latency_ms.p50)}, "
            f"p95 {_ms(load.latency_ms.p95)}",
        )


def _matmul(results: Results) -> Iterator[Row]:
    matmul = results.matmul
    yield Row("matmul_gflops", f"{matmul.matmul_gflops:.1f} Gflop/s", "the best of these:")
    for rate in matmul.matmul_products:
        yield Row(f"  {rate.product}", f"{rate.gflops:.1f} Gflop/s")
    for share in matmul.decode_at_batch_64:
        yield Row(
            f"  decode, {share.network}, 64 songs on each core",
            f"{share.gflops:.1f} Gflop/s",
            f"{share.share_of_matmul:.0%} of the best, {share.tokens_per_second:,.0f} tokens/s",
        )


def _memory(results: Results, ratios: Ratios) -> Iterator[Row]:
    memory, rss = results.memory, results.memory.api_rss_mb
    client = "tensorflow-serving-api's client"
    imported = f"{ratios.api_import:.1f} x as fast as {client}"
    yield Row("api_import_seconds", f"{memory.api_import_seconds:.2f} s", imported)
    yield Row(
        "serving_api_client_import_seconds", f"{memory.serving_api_client_import_seconds:.2f} s"
    )
    share = f"{rss.after_import / memory.serving_api_client_rss_mb:.0%} of {client}"
    yield Row("api_rss_mb, after import", f"{rss.after_import:.0f} MB", share)
    yield Row("api_rss_mb, a worker that has served", f"{rss.worker:.0f} MB")
    yield Row("api_rss_mb, all its processes", f"{rss.all_processes:.0f} MB")
    yield Row("serving_api_client_rss_mb", f"{memory.serving_api_client_rss_mb:.0f} MB")


def _training(results: Results, ratios: Ratios) -> Iterator[Row]:
    training = results.training
    yield Row(
        "train_targets_per_second",
        f"{training.train_targets_per_second:,.0f} /s",
        f"{ratios.training:.0f} x training on windows",
    )
    yield Row(
        "window_train_targets_per_second", f"{training.window_train_targets_per_second:.1f} /s"
    )


def _peer(step: PeerStep) -> Iterator[Row]:
    weights, beside = _WEIGHTS[step.weights], f"{step.cores} core" + "s" * (step.cores > 1)
    figure = f"a step, {step.network}, {weights}, batch {step.batch}, {beside}"
    yield Row(figure, _ms(step.leitmotif_ms_per_step))
    for time in step.peers:
        ratio = time.ms_per_step / step.leitmotif_ms_per_step
        yield Row(f"  {time.peer}", _ms(time.ms_per_step), _ahead(ratio))


def _peer_learning(learning: PeerLearning) -> Iterator[Row]:
    ours, theirs = learning.leitmotif_targets_per_second, learning.pytorch_targets_per_second
    with_memory = learning.leitmotif_with_memory_targets_per_second
    yield Row(f"targets per second, recipe {learning.recipe}", f"{with_memory:,.0f} /s")
    yield Row(
        "  without memory",
        f"{ours:,.0f} /s",
        f"{learning.leitmotif_share_of_matmul:.0%} of matmul_gflops",
    )
    yield Row(
        "  PyTorch, without memory",
        f"{theirs:,.0f} /s",
        f"{learning.pytorch_share_of_matmul:.0%}; {_ahead(ours / theirs)}",
    )


def _ahead(ratio: float) -> str:
    """Say whether Leitmotif is ahead of a peer."""
    return f"Leitmotif is {ratio:.2f} x as fast: {'ahead' if ratio > 1 else 'BEHIND'}"


def _ms(milliseconds: float) -> str:
    return f"{milliseconds:.2f} ms" if milliseconds < 10 else f"{milliseconds:.0f} ms"
