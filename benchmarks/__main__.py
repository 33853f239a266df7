"""`python -m benchmarks`: measure, write `benchmarks/results.json`, print a table.

With PEERS=1 in the environment, PyTorch and ONNX Runtime are measured too. With `--gpu`, what a GPU
changes is measured instead; the results are in `benchmarks/gpu_results.json`. With `--growth`, it
measures how costs grow; the results are in `benchmarks/growth_results.json` and `growth.svg`.
"""

import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.gpu.device import gpu_name, share_gpu
from benchmarks.gpu.results import gpu_table
from benchmarks.gpu.sizes import GPU_FULL
from benchmarks.gpu.suite import run_gpu
from benchmarks.growth.picture import growth_svg
from benchmarks.growth.results import growth_table
from benchmarks.growth.sizes import GROWTH_FULL
from benchmarks.growth.suite import run_growth
from benchmarks.report.table import table
from benchmarks.sizes import FULL
from benchmarks.suite import run_all
from training.errors import TrainingError
from training.writing import write_whole

RESULTS = Path(__file__).with_name("results.json")
GPU_RESULTS = Path(__file__).with_name("gpu_results.json")
GROWTH_RESULTS = Path(__file__).with_name("growth_results.json")
GROWTH_PICTURE = Path(__file__).with_name("growth.svg")

_Measured = tuple[dict[Path, str], str]  # the text of each file, and the table that is printed


def main(arguments: list[str]) -> int:
    """Measure; the exit status is 0 when the figures are written, 1 if not, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    of = parser.add_mutually_exclusive_group()
    of.add_argument("--gpu", action="store_true", help="measure what a GPU changes")
    of.add_argument("--growth", action="store_true", help="measure how costs grow")
    asked = parser.parse_args(arguments)
    measure = _measured_on_gpu if asked.gpu else _measured_growth if asked.growth else _measured
    # SIGTERM also has to end the started processes.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with tempfile.TemporaryDirectory(prefix="leitmotif-benchmarks-") as folder:
            files, shown = measure(Path(folder))
        for path, text in files.items():
            write_whole(path, text.encode())
    except (BenchmarkError, TrainingError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nbenchmarks: interrupted; nothing is written", file=sys.stderr)
        return 130
    print(shown)
    print(f"wrote {', '.join(f'{path.parent.name}/{path.name}' for path in files)}")
    return 0


def _measured(folder: Path) -> _Measured:
    """Measure everything."""
    results = run_all(folder, FULL, with_peers=os.environ.get("PEERS") == "1")
    return {RESULTS: results.to_json()}, table(results)


def _measured_on_gpu(folder: Path) -> _Measured:
    """Measure what a GPU changes."""
    share_gpu()
    results = run_gpu(folder, GPU_FULL, gpu_name())
    return {GPU_RESULTS: results.to_json()}, gpu_table(results)


def _measured_growth(folder: Path) -> _Measured:
    """Measure how costs grow, and draw it."""
    results = run_growth(folder, GROWTH_FULL)
    files = {GROWTH_RESULTS: results.to_json(), GROWTH_PICTURE: growth_svg(results.curves)}
    return files, growth_table(results)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
