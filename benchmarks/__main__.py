"""`python -m benchmarks`: measure, write `benchmarks/results.json`, print a table.

With PEERS=1 in the environment, PyTorch and ONNX Runtime are measured too. With `--gpu`, what a GPU
changes is measured instead; the results are in `benchmarks/gpu_results.json`.
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
from benchmarks.report.table import table
from benchmarks.sizes import FULL
from benchmarks.suite import run_all
from training.errors import TrainingError
from training.writing import write_whole

RESULTS = Path(__file__).with_name("results.json")
GPU_RESULTS = Path(__file__).with_name("gpu_results.json")


def main(arguments: list[str]) -> int:
    """Measure; the exit status is 0 when the figures are written, 1 if not, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--gpu", action="store_true", help="measure what a GPU changes")
    on_gpu = parser.parse_args(arguments).gpu
    measure, path = (_measured_on_gpu, GPU_RESULTS) if on_gpu else (_measured, RESULTS)
    # SIGTERM also has to end the started processes.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with tempfile.TemporaryDirectory(prefix="leitmotif-benchmarks-") as folder:
            figures, shown = measure(Path(folder))
        write_whole(path, figures.encode())
    except (BenchmarkError, TrainingError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nbenchmarks: interrupted; nothing is written", file=sys.stderr)
        return 130
    print(shown)
    print(f"wrote {path.parent.name}/{path.name}")
    return 0


def _measured(folder: Path) -> tuple[str, str]:
    """Return the figures of everything, JSON, and their table."""
    results = run_all(folder, FULL, with_peers=os.environ.get("PEERS") == "1")
    return results.to_json(), table(results)


def _measured_on_gpu(folder: Path) -> tuple[str, str]:
    """Return the figures of a GPU, JSON, and their table."""
    share_gpu()
    results = run_gpu(folder, GPU_FULL, gpu_name())
    return results.to_json(), gpu_table(results)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
