"""Fetches a game's pieces from a repository, with its licence."""

from collections.abc import Callable
from pathlib import Path

from training.errors import TrainingError
from training.failures import reason
from training.fetching.download import Pace
from training.fetching.files import has_pieces
from training.fetching.pieces import Fetched
from training.fetching.repositories.archive import PATIENCE, take_files
from training.fetching.repositories.local import files_by_sha256, folder_in, missing_in
from training.fetching.repositories.sources import Source
from training.fetching.sources import SOURCES
from training.writing import write_whole


def fetch_repository(
    source: Source,
    data_dir: Path,
    base_dir: Path | None = None,
    *,
    say: Callable[[str], None] = print,
    pace: Pace = PATIENCE,
) -> Fetched:
    """Put the missing files of a source into `<data_dir>/<folder>/`.

    They are copied from the source's folder in `base_dir` if that has them, else fetched. A file
    of the user's with the same name stays. If interrupted, the next call resumes.

    Raises:
        SettingsError: BASE_DIR is no folder.
        NoResponseError: The server does not respond, or not in time.
        FileError: The archive is broken or too large, or lacks a file.
        WritingError: A file cannot be written.
    """
    folder = data_dir / source.folder
    missing = missing_in(folder, source)
    if missing:
        write_whole(folder / SOURCES, _sources_text(source).encode())
        kept = folder_in(base_dir, source)
        if kept:
            _copy(missing, kept, folder, source)
    lacking = missing_in(folder, source)
    if lacking:
        named = {_free_name(name, digest, folder): digest for name, digest in lacking.items()}
        take_files(source, named, folder, pace)
    there = files_by_sha256(folder, source)
    pieces = tuple(there[digest] for digest in source.files.values())
    say(
        f"{source.folder}: {len(pieces)} pieces of {source.title}, {len(missing)} of them new; "
        f"{folder / SOURCES} has their licence"
        if missing
        else f"{source.folder}: {len(pieces)} pieces of {source.title}, none of them new"
    )
    return Fetched(source.folder, pieces, len(missing), (), ())


def fetch_missing_repository(
    source: Source,
    data_dir: Path,
    base_dir: Path | None = None,
    *,
    say: Callable[[str], None] = print,
    pace: Pace = PATIENCE,
) -> None:
    """Fetch missing files if possible; otherwise report the reason and continue without them.

    It does not change a folder that a user filled. The arguments are those of `fetch_repository`.
    """
    folder = data_dir / source.folder
    try:
        if has_pieces(folder) and not (folder / SOURCES).exists():
            return
        if missing_in(folder, source):
            fetch_repository(source, data_dir, base_dir, say=say, pace=pace)
    except (TrainingError, OSError) as error:
        say(f"continuing without fetching: {reason(error)}")


def _copy(missing: dict[str, str], kept: Path, folder: Path, source: Source) -> None:
    there = files_by_sha256(kept, source)
    for name, digest in missing.items():
        if digest in there:
            write_whole(folder / _free_name(name, digest, folder), there[digest].read_bytes())


def _free_name(name: str, digest: str, folder: Path) -> str:
    path = folder / name
    return f"{path.stem}-{digest[:8]}{path.suffix}" if path.exists() else name


def _sources_text(source: Source) -> str:
    """Write where the files come from, and the licence that must accompany them."""
    credits_ = [f"- {credit.author}, {credit.licence}" for credit in source.credits]
    text = ["# Where these pieces come from", "", f"{source.title}, <{source.url}>, by", ""]
    notice = ["", "```", source.notice, "```"] if source.notice else []
    return "\n".join([*text, *credits_, *notice, ""])
