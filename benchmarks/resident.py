"""How much memory processes hold, as Linux tells it. A megabyte is a million bytes."""

from pathlib import Path

_MB_PER_KIB = 1024 / 1e6


def rss_mb(process_id: int | str = "self") -> float:
    """Give a process's resident memory in megabytes, what it shares with others included."""
    for line in Path(f"/proc/{process_id}/status").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name == "VmRSS":
            return int(value.split()[0]) * _MB_PER_KIB
    raise ProcessLookupError(f"process {process_id} holds no memory: it has ended")


def children(process_id: int) -> tuple[int, ...]:
    """List the processes that a process's first thread has started and that are still there."""
    listed = Path(f"/proc/{process_id}/task/{process_id}/children").read_text(encoding="ascii")
    return tuple(map(int, listed.split()))
