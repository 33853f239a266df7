"""Taking a source's files out of the archive of its repository, while the archive arrives.

GitHub makes the archive of a commit on request: it has no known digest and cannot be continued in
the middle. So the files are checked one by one, those that were taken are kept, and the rest of an
archive is not read once all files are there.
"""

import hashlib
import tarfile
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path, PurePosixPath

from tqdm import tqdm

from training.base.sources import Source
from training.fetching.download import Pace, Stream, streamed
from training.fetching.errors import FileError
from training.writing import write_whole

MOST_ARCHIVE_BYTES = 2 << 30
MOST_FILE_BYTES = 4 << 20  # the longest quartet has 0.5 MB
PATIENCE = Pace(between_s=0.0, answer_s=60.0, body_s=3600.0)
_READ_BYTES = 1 << 16
_BROKEN_ARCHIVE = (tarfile.TarError, EOFError)


def take_files(source: Source, wanted: dict[str, str], folder: Path, pace: Pace = PATIENCE) -> None:
    """Fetch some of a source's files, wherever they lie in its archive.

    Args:
        source: Which; it has an archive.
        wanted: The files' SHA-256 by the names that they get, each once.
        folder: Where they are written, each whole or not at all.
        pace: How long to wait.

    Raises:
        NoAnswerError: The server does not answer, or not to the end.
        FileError: The archive is broken or too large, or lacks a file.
        WritingError: A file cannot be written.
    """
    names = {digest: name for name, digest in wanted.items()}
    with (
        streamed(source.archive_url, MOST_ARCHIVE_BYTES, pace) as stream,
        tqdm(desc=f"{source.folder}: fetching", total=len(names), unit="file") as bar,
    ):
        for body in _bodies(stream, source.suffixes):
            bar.set_postfix_str(f"{stream.received_bytes / 1e6:.0f} MB read", refresh=False)
            if name := names.pop(hashlib.sha256(body).hexdigest(), ""):
                write_whole(folder / name, body)
                bar.update()
            if not names:
                return
    missing = sorted(names.values())
    raise FileError(
        f"its archive lacks {len(missing)} of {len(wanted)} files, {missing[0]} among them"
    )


def _bodies(stream: Stream, suffixes: frozenset[str]) -> Iterator[bytes]:
    """Read the files of an archive that have one of the suffixes."""
    try:
        with tarfile.open(fileobj=BufferedReader(stream, _READ_BYTES), mode="r|gz") as archive:
            for member in archive:
                fits = PurePosixPath(member.name).suffix.lower() in suffixes
                if fits and member.isfile() and member.size <= MOST_FILE_BYTES:
                    file = archive.extractfile(member)
                    yield file.read() if file else b""
    except _BROKEN_ARCHIVE as error:
        raise FileError(f"its archive is broken: {error}") from error
