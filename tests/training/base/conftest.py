"""Fixtures of the base's tests: small sources, their archives, and a site that serves them."""

import hashlib
import io
import tarfile
from functools import partial

import pytest

from music.midi import to_midi
from music.piece import constant_tempo
from tests.training.conftest import scale
from tests.training.fetching.site import running_site, send
from training.fetching.repositories.sources import Credit, Source

ARCHIVE = "/owner/songs/tar.gz/0123abc"
CREDITS = (Credit("the transcribers", "CC0-1.0"),)


def midi(root: int) -> bytes:
    return to_midi(scale("x", root).notes, tempos=constant_tempo(100.0), name="x", text="")


SONGS = {"Ann_lc1.mid": midi(60), "Ann_lc2.mid": midi(61), "Bob_lc3.mid": midi(62)}


def archive(members: dict[str, bytes]) -> bytes:
    """A tar.gz as GitHub makes it: everything in one folder, named after the commit."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        folder = tarfile.TarInfo("songs-0123abc")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        for name, body in members.items():
            member = tarfile.TarInfo(f"songs-0123abc/{name}")
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return file.getvalue()


def source(folder: str = "songs", files: dict[str, bytes] = SONGS, **fields) -> Source:
    return Source(
        **{
            "folder": folder,
            "title": folder.title(),
            "music": "songs",
            "weight": 1.0,
            "band_weight": 3.0,
            "repository": f"owner/{folder}",
            "commit": "0123abc",
            "archive_url": "",
            "statement": "README.md: “CC0”",
            "credits": CREDITS,
            "notice": "",
            "files": {name: hashlib.sha256(body).hexdigest() for name, body in files.items()},
        }
        | fields
    )


def write(folder, files: dict[str, bytes]) -> None:
    for name, body in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with running_site() as running:
        in_repository = {
            "README.md": b"songs",
            "scores/Ann/1/lc1.mid": SONGS["Ann_lc1.mid"],
            "scores/Ann/2/lc2.mid": SONGS["Ann_lc2.mid"],
            "scores/Ann/3/lc9.mid": midi(70),
            "scores/Bob/1/lc3.mid": SONGS["Bob_lc3.mid"],
        }
        running.answers[ARCHIVE] = partial(send, body=archive(in_repository))
        yield running


@pytest.fixture
def songs(site) -> Source:
    return source(archive_url=site.origin + ARCHIVE)
