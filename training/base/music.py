"""The base's music: found in BASE_DIR or fetched, and checked by content."""

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from training.corpus.collections import Collection
from training.errors import CollectionError
from training.fetching.download import Pace
from training.fetching.repositories.archive import HOW_ELSE, PATIENCE, take_files
from training.fetching.repositories.local import files_by_sha256, folder_in, missing_in
from training.fetching.repositories.sources import Credit, Source

FETCHED_DIR = Path(".cache/base_music")


@dataclass(frozen=True)
class SourceFiles:
    """The files of one source.

    Attributes:
        source: Which.
        files: Where each file is by its name in the source's list, in the list's order.
    """

    source: Source
    files: dict[str, Path]


@dataclass(frozen=True)
class BaseMusic:
    """The files of all sources that are here.

    Attributes:
        parts: Source by source.
        left_out: The sources that are not.
    """

    parts: tuple[SourceFiles, ...]
    left_out: tuple[Source, ...] = ()

    @property
    def collection(self) -> Collection:
        """All files, source by source."""
        return Collection("base", "Base", tuple(self._source_by_file))

    def source_of(self, file: Path) -> Source:
        """Say which source a file belongs to."""
        return self._source_by_file[file]

    def names(self, credit: Credit, files: Container[Path]) -> tuple[str, ...]:
        """Name those of some files that a credit is about, as their source's list does."""
        return tuple(
            name
            for part in self.parts
            for name, file in part.files.items()
            if file in files and part.source.credit_of(name) is credit
        )

    @cached_property
    def _source_by_file(self) -> dict[Path, Source]:
        return {file: part.source for part in self.parts for file in part.files.values()}


@dataclass(frozen=True)
class MusicFinder:
    """Finds the files of sources.

    Attributes:
        base_dir: BASE_DIR, a folder with one folder for each source, or None.
        fetched_dir: Where fetched files are kept.
        fetches: Whether what is missing is fetched.
        say: Tells a person what was found where.
        pace: How long to wait for a server.
    """

    base_dir: Path | None
    fetched_dir: Path = FETCHED_DIR
    fetches: bool = True
    say: Callable[[str], None] = print
    pace: Pace = PATIENCE

    def find(self, sources: Iterable[Source]) -> BaseMusic:
        """Find every source's files; a source that no archive has is left out where it is not here.

        Raises:
            SettingsError: BASE_DIR is no folder.
            CollectionError: Files of a source are missing or differ from those of its list.
            FetchError: They cannot be fetched; the next call goes on from there.
            WritingError: They cannot be written.
        """
        parts: list[SourceFiles] = []
        left_out: list[Source] = []
        for source in sources:
            folder = self._folder(source)
            if folder:
                parts.append(self._files(source, folder))
            else:
                self.say(
                    f"{source.folder}: left out, because no archive holds its files; {HOW_ELSE}"
                )
                left_out.append(source)
        return BaseMusic(tuple(parts), tuple(left_out))

    def _folder(self, source: Source) -> Path | None:
        """Find the folder with a source's files, or fetch them into one."""
        if kept := folder_in(self.base_dir, source):
            return kept
        if not source.archive_url:
            return None
        folder = self.fetched_dir / source.folder
        self._fetch(source, folder)
        return folder

    def _fetch(self, source: Source, folder: Path) -> None:
        """Fetch what a folder lacks of a source's files."""
        missing = missing_in(folder, source)
        if not missing:
            return
        if not self.fetches:
            raise CollectionError(
                f"{source.folder}: {len(missing)} of {len(source.files)} files are not fetched "
                f"yet, and FETCH=0 forbids it; {HOW_ELSE}"
            )
        take_files(source, missing, folder, self.pace)

    def _files(self, source: Source, folder: Path) -> SourceFiles:
        """Pick the files of the source's list by their content."""
        there = files_by_sha256(folder, source)
        missing = [name for name, digest in source.files.items() if digest not in there]
        if missing:
            raise CollectionError(
                f"{folder} lacks {len(missing)} of the {len(source.files)} files that "
                f"training/fetching/repositories/files/{source.folder}.sha256 lists: "
                f"{', '.join(missing[:3])}{', …' if missing[3:] else ''}"
            )
        self.say(f"{source.folder}: {len(source.files):,} files in {folder}")
        return SourceFiles(source, {name: there[digest] for name, digest in source.files.items()})
