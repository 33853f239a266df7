"""`python -m benchmarks`: measure, write `benchmarks/results.json`, print a table.

With PEERS=1 in the environment, PyTorch and ONNX Runtime are measured too.
"""

import os
import signal
import sys
import tempfile
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.report.table import table
from benchmarks.sizes import FULL
from benchmarks.suite import run_all
from training.errors import TrainingError
from training.writing import write_whole

RESULTS = Path(__file__).with_name("results.json")


def main() -> int:
    """Measure; the exit status is 0 when the figures are written, 1 if not, 130 after Ctrl-C."""
    # SIGTERM also has to end the started processes.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with tempfile.TemporaryDirectory(prefix="leitmotif-benchmarks-") as folder:
            results = run_all(Path(folder), FULL, with_peers=os.environ.get("PEERS") == "1")
        write_whole(RESULTS, results.to_json().encode())
    except (BenchmarkError, TrainingError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nbenchmarks: interrupted; nothing is written", file=sys.stderr)
        return 130
    print(table(results))
    print(f"wrote {RESULTS.parent.name}/{RESULTS.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
