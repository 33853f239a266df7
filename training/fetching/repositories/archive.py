"""Extracts a source's files from the archive of its repository, while the archive arrives.

GitHub creates the archive of a commit on request, so it has no known digest, and a download cannot
be resumed. Each file is therefore checked and kept, and reading stops when all files are there.
"""

import hashlib
import tarfile
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path, PurePosixPath

from tqdm import tqdm

from training.fetching.download import Pace, Stream, streamed
from training.fetching.errors import FetchError, FileError
from training.fetching.repositories.sources import Source
from training.writing import write_whole

MOST_ARCHIVE_BYTES = 2 << 30
MOST_FILE_BYTES = 4 << 20  # the longest quartet has 0.5 MB
PATIENCE = Pace(between_s=0.0, response_s=60.0, body_s=3600.0)
HOW_ELSE = "BASE_DIR=folder reads it from a folder that has it"
_READ_BYTES = 1 << 16
_BROKEN_ARCHIVE = (tarfile.TarError, EOFError)


def take_files(source: Source, wanted: dict[str, str], folder: Path, pace: Pace = PATIENCE) -> None:
    """Fetch some of a source's files, from any folder of its archive.

    Args:
        source: A source with an archive.
        wanted: The SHA-256 of each file by the name that it gets, each once.
        folder: The folder to write to; each file is written completely or not at all.
        pace: How long to wait.

    Raises:
        NoResponseError: The server does not respond, or the response does not end in time. The
            next call resumes, for the files that are still missing.
        FileError: The archive is broken or too large, or lacks a file.
        WritingError: A file cannot be written.
    """
    try:
        _take_files(source, wanted, folder, pace)
    except FetchError as error:
        raise type(error)(
            f"{source.folder}: {error}. Run the same command to resume; {HOW_ELSE}"
        ) from error


def _take_files(source: Source, wanted: dict[str, str], folder: Path, pace: Pace) -> None:
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
        f"its archive does not contain {len(missing)} of {len(wanted)} files, such as {missing[0]}"
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
