"""ZIP archives, written while they are sent."""

import zipfile
from collections.abc import Iterable, Iterator, Mapping


class _Outbox:
    """A file that can only be written; what was written is taken from it."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, content: bytes) -> int:
        self._written += content
        return len(content)

    def flush(self) -> None:
        """Do nothing: there is nothing behind it."""

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken


def archive(files: Mapping[str, Iterable[bytes]]) -> Iterator[bytes]:
    """Write an archive part by part; equal files give equal bytes, with the date of 1980.

    Args:
        files: The content of each file by its name, in parts.
    """
    outbox = _Outbox()
    with zipfile.ZipFile(outbox, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as written:  # type: ignore[call-overload]  # it needs no more of a file
        for name, parts in files.items():
            with written.open(name, "w") as member:
                for part in parts:
                    member.write(part)
                    yield outbox.take()
    yield outbox.take()
