"""`python -m benchmarks.processes.import_cost module ...`: what imports cost, as JSON."""

import importlib
import sys
import time


def main() -> None:
    """Import the modules that are named, and say what it took."""
    began = time.perf_counter()
    for name in sys.argv[1:]:
        importlib.import_module(name)
    seconds = time.perf_counter() - began

    import json  # noqa: PLC0415  before the clock runs, nothing that a client might import

    from benchmarks.processes.resident import rss_mb  # noqa: PLC0415

    json.dump({"seconds": seconds, "rss_mb": rss_mb()}, sys.stdout)


if __name__ == "__main__":
    main()
