"""Finds the base's music in BASE_DIR, or in the archives of its repositories."""

import os
from functools import partial

import pytest

from tests.training.base.conftest import ARCHIVE, SONGS, archive, midi, source, write
from tests.training.fetching.site import broken, redirected, send, truncated, without_length
from training.base.kinds import BAND, PIANO
from training.base.music import MusicFinder
from training.errors import CollectionError, SettingsError
from training.fetching import FetchError, FileError, NoResponseError, Pace
from training.fetching.repositories import archive as archive_module

QUICK = Pace(between_s=0.0, response_s=30.0, body_s=30.0)  # a busy machine is not a slow server


def finder(tmp_path, base_dir=None, **fields):
    said = []
    fields = {"pace": QUICK, "say": said.append} | fields
    return MusicFinder(base_dir, tmp_path / "fetched", **fields), said


def find(tmp_path, sources, base_dir=None, **fields):
    finds, said = finder(tmp_path, base_dir, **fields)
    return finds.find(sources), said


def kept(tmp_path) -> dict[str, bytes]:
    folder = tmp_path / "fetched" / "songs"
    return {path.name: path.read_bytes() for path in folder.glob("*")}


def test_base_dir_is_read_without_requests(site, songs, tmp_path):
    base_dir = tmp_path / "base"
    write(base_dir / "songs", SONGS)
    music, said = find(tmp_path, [songs], base_dir)
    assert music.collection.files == tuple(base_dir / "songs" / name for name in SONGS)
    assert said == [f"songs: 3 files in {base_dir / 'songs'}"]
    assert not site.asked


def test_files_are_recognised_by_content_under_any_name(songs, tmp_path):
    folder = tmp_path / "base" / "songs"
    write(folder, {f"scores/{n}.MID": body for n, body in enumerate(reversed(SONGS.values()))})
    write(folder, {"other.mid": midi(70), "LICENSE.txt": b"CC0"})
    music, _ = find(tmp_path, [songs], tmp_path / "base")
    assert [path.read_bytes() for path in music.collection.files] == list(SONGS.values())
    assert music.names(songs.credits[0], set(music.collection.files)) == tuple(SONGS)


def test_every_piece_has_its_sources_weight(tmp_path):
    more = {"a.mid": midi(40)}
    write(tmp_path / "songs", SONGS)
    write(tmp_path / "more", more)
    music, _ = find(tmp_path, [source(weight=0.5), source("more", more, weight=2.5)], tmp_path)
    sources = [music.source_of(file) for file in music.collection.files]
    assert [PIANO.weight_of(each) for each in sources] == [0.5, 0.5, 0.5, 2.5]
    assert [BAND.weight_of(each) for each in sources] == [3.0, 3.0, 3.0, 3.0]


def damaged(folder):
    write(folder, {**SONGS, "Ann_lc2.mid": SONGS["Ann_lc2.mid"][:-1]})


def lacking(folder):
    write(folder, {name: body for name, body in SONGS.items() if name != "Ann_lc2.mid"})


def unreadable(folder):
    lacking(folder)
    (folder / "Ann_lc2.mid").symlink_to("nowhere.mid")


@pytest.mark.parametrize("fill", [damaged, lacking, unreadable])
def test_a_folder_of_base_dir_that_differs_from_the_list_is_refused(songs, tmp_path, fill):
    fill(tmp_path / "songs")
    with pytest.raises(
        CollectionError,
        match=r"/songs lacks 1 of the 3 files that "
        r"training/fetching/repositories/files/songs.sha256 lists: Ann_lc2.mid$",
    ):
        find(tmp_path, [songs], tmp_path)


def test_only_the_first_missing_files_are_named(tmp_path):
    files = {f"{n}.mid": midi(40 + n) for n in range(5)}
    (tmp_path / "songs").mkdir()
    with pytest.raises(CollectionError, match=r"lacks 5 of .*: 0.mid, 1.mid, 2.mid, …$"):
        find(tmp_path, [source(files=files)], tmp_path)


def test_base_dir_must_be_a_folder(songs, tmp_path):
    with pytest.raises(SettingsError, match=r"BASE_DIR is '.*/no'; there is no such folder"):
        find(tmp_path, [songs], tmp_path / "no")


def test_without_base_dir_the_listed_files_are_taken_out_of_the_archive(songs, tmp_path, capsys):
    music, said = find(tmp_path, [songs])
    assert kept(tmp_path) == SONGS
    assert [path.name for path in music.collection.files] == list(SONGS)
    assert said == [f"songs: 3 files in {tmp_path / 'fetched' / 'songs'}"]
    assert "songs: fetching: 100%" in capsys.readouterr().err


def test_sources_missing_from_base_dir_are_fetched(songs, tmp_path):
    write(tmp_path / "base" / "more", {"a.mid": midi(40)})
    more = source("more", {"a.mid": midi(40)})
    music, _ = find(tmp_path, [more, songs], tmp_path / "base")
    assert len(music.collection.files) == 4


def test_fetched_files_are_not_fetched_again(site, songs, tmp_path):
    for _ in range(2):
        find(tmp_path, [songs])
    assert site.asked == {ARCHIVE: 1}


def test_a_file_that_was_damaged_here_is_fetched_again(songs, tmp_path):
    find(tmp_path, [songs])
    (tmp_path / "fetched" / "songs" / "Ann_lc1.mid").write_bytes(b"MThd")
    find(tmp_path, [songs])
    assert kept(tmp_path) == SONGS


def test_the_archive_is_not_read_to_its_end_when_all_files_are_there(site, songs, tmp_path):
    noise = os.urandom(1 << 20)  # as mp3 files: it cannot be compressed
    body = archive({**{f"midi/{name}": body for name, body in SONGS.items()}, "mp3/x.mp3": noise})
    site.answers[ARCHIVE] = partial(send, body=body[: 1 << 18], length=len(body))
    find(tmp_path, [songs])
    assert kept(tmp_path) == SONGS


def without(name: str) -> bytes:
    return archive({other: body for other, body in SONGS.items() if other != name})


HOW_TO_GO_ON = "Run the same command to resume; BASE_DIR=folder reads it from a folder"


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        (broken(404), FileError, r"songs: 127.0.0.1:\d+ responds with 404 Not Found. "),
        (
            broken(500),
            NoResponseError,
            r"songs: 127.0.0.1:\d+ responds with 500 Internal Server Error. ",
        ),
        (
            broken(429),
            NoResponseError,
            r"songs: 127.0.0.1:\d+ responds with 429 Too Many Requests. ",
        ),
        (
            partial(send, body=without("Bob_lc3.mid")),
            FileError,
            "songs: its archive does not contain 1 of 3 files, such as Bob_lc3.mid. ",
        ),
        (
            partial(send, body=archive({"a.mid": SONGS["Ann_lc1.mid"] + b"\0"})),
            FileError,
            "songs: its archive does not contain 3 of 3 files, such as Ann_lc1.mid. ",
        ),
        (partial(send, body=b"<html>"), FileError, "songs: its archive is broken: not a gzip file"),
        (truncated(without("Bob_lc3.mid")), FileError, r"songs: it ended after \d+ of \d+ bytes"),
        (
            without_length(without("x")[:300]),
            FileError,
            "songs: its archive (is broken|does not contain 3)",
        ),
        (redirected("http://localhost/x"), FileError, "songs: it is redirected to .*, out of http"),
        (lambda handler: handler.wfile.write(b"hi\r\n"), NoResponseError, "sends invalid HTTP"),
    ],
)
def test_an_archive_that_cannot_be_taken_is_one_clear_error(
    site, songs, tmp_path, answer, kind, message
):
    site.answers[ARCHIVE] = answer
    with pytest.raises(kind, match=message) as raised:
        find(tmp_path, [songs])
    assert HOW_TO_GO_ON in str(raised.value)
    assert set(kept(tmp_path).items()) <= set(SONGS.items())


def test_an_archive_is_taken_up_to_a_limit(songs, tmp_path, monkeypatch):
    monkeypatch.setattr(archive_module, "MOST_ARCHIVE_BYTES", 100)
    with pytest.raises(FileError, match="songs: it has more than 100 bytes, the limit"):
        find(tmp_path, [songs])


def test_a_member_that_is_too_large_is_passed_over(songs, tmp_path, monkeypatch):
    monkeypatch.setattr(archive_module, "MOST_FILE_BYTES", 100)
    with pytest.raises(FileError, match="its archive does not contain 3 of 3 files"):
        find(tmp_path, [songs])


@pytest.mark.parametrize("misbehave", ["dawdle", "trickle"])
def test_a_server_that_is_too_slow_is_not_waited_for(site, songs, tmp_path, misbehave):
    site.answers[ARCHIVE] = getattr(site, misbehave)
    with pytest.raises(
        NoResponseError,
        match=r"songs: (no response from|the response of 127.0.0.1:\d+ did not end)",
    ):
        find(tmp_path, [songs], pace=Pace(between_s=0.0, response_s=0.5, body_s=0.5))


def test_it_resumes_after_an_interruption(site, songs, tmp_path, monkeypatch):
    def interrupt(path, body) -> None:
        if path.name == "Ann_lc2.mid":
            raise KeyboardInterrupt
        write(path.parent, {path.name: body})

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(archive_module, "write_whole", interrupt)
        find(tmp_path, [songs])
    assert list(kept(tmp_path)) == ["Ann_lc1.mid"]
    site.answers[ARCHIVE] = partial(send, body=without("Ann_lc1.mid"))  # it is not needed again
    find(tmp_path, [songs])
    assert kept(tmp_path) == SONGS


def test_without_a_network_one_line_says_what_would_help(tmp_path):
    offline = source(archive_url="http://127.0.0.1:9/owner/songs/tar.gz/0123abc")
    with pytest.raises(FetchError, match=r"songs: no response from .*:9: Connection refused"):
        find(tmp_path, [offline])


def test_fetching_can_be_forbidden(site, songs, tmp_path):
    with pytest.raises(
        CollectionError,
        match="songs: 3 of 3 files are not fetched yet, and FETCH=0 forbids it; BASE_DIR=folder",
    ):
        find(tmp_path, [songs], fetches=False)
    assert not site.asked
    write(tmp_path / "fetched" / "songs", SONGS)
    assert len(find(tmp_path, [songs], fetches=False)[0].collection.files) == 3


def test_a_source_that_no_archive_has_is_left_out_with_a_line(songs, tmp_path):
    built = source("built", {"a.mid": midi(40)})
    music, said = find(tmp_path, [built, songs])
    assert said[0] == (
        "built: left out, because no archive holds its files; "
        "BASE_DIR=folder reads it from a folder that has it"
    )
    assert music.left_out == (built,)
    assert len(music.collection.files) == 3
