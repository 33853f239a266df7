"""The memory of processes, from Linux. A megabyte is a million bytes."""

from pathlib import Path

_MB_PER_KIB = 1024 / 1e6


def rss_mb(process_id: int | str = "self") -> float:
    """Return a process's resident memory in megabytes, including shared memory."""
    return _kib(process_id, "status", "VmRSS") * _MB_PER_KIB


def own_mb(process_id: int | str = "self") -> float:
    """Return a process's resident memory in megabytes, with its share of shared memory."""
    return _kib(process_id, "smaps_rollup", "Pss") * _MB_PER_KIB


def family_mb(process_id: int) -> float:
    """Return the memory of a process and its children; shared memory counts once."""
    return sum(map(own_mb, (process_id, *children(process_id))))


def _kib(process_id: int | str, file: str, wanted: str) -> int:
    for line in Path(f"/proc/{process_id}/{file}").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name == wanted:
            return int(value.split()[0])
    raise ProcessLookupError(f"process {process_id} holds no memory: it has ended")


def children(process_id: int) -> tuple[int, ...]:
    """List the running child processes of a process's first thread."""
    listed = Path(f"/proc/{process_id}/task/{process_id}/children").read_text(encoding="ascii")
    return tuple(map(int, listed.split()))
