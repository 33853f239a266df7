"""`python -m benchmarks.processes.import_cost module ...`: writes the cost of imports as JSON."""

import importlib
import sys
import time


def main() -> None:
    """Import the named modules, and write the time and memory."""
    began = time.perf_counter()
    for name in sys.argv[1:]:
        importlib.import_module(name)
    seconds = time.perf_counter() - began

    import json  # noqa: PLC0415  not before the measurement: a client might import it too

    from benchmarks.processes.resident import rss_mb  # noqa: PLC0415

    json.dump({"seconds": seconds, "rss_mb": rss_mb()}, sys.stdout)


if __name__ == "__main__":
    main()
