"""Freedoom: a collection that everybody may train, from its repository's archive."""

from functools import partial

import pytest

from tests.training.base.conftest import ARCHIVE, SONGS, archive, midi, source, write
from tests.training.fetching.conftest import QUICK
from tests.training.fetching.site import broken, send, truncated
from training import __main__ as training
from training.corpus.collections import find_collection
from training.errors import SettingsError
from training.fetching import (
    FileError,
    NoResponseError,
    fetch_missing_repository,
    fetch_repository,
    find_repository,
    find_sources,
)
from training.fetching import __main__ as fetching
from training.fetching.repositories import archive as archive_module

OTHER_README = {"README.md": b"levels", "COPYING.adoc": b"BSD"}


@pytest.fixture
def repository(site):
    site.answers[ARCHIVE] = partial(send, body=archive(OTHER_README | SONGS))
    return source(
        "freedoom", archive_url=site.origin + ARCHIVE, notice="Copyright ©\nAll rights reserved."
    )


@pytest.fixture
def environment(repository, tmp_path, monkeypatch):
    monkeypatch.setattr("training.fetching.games.read_sources", lambda: (repository,))
    monkeypatch.setenv("GAME", "freedoom")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    return monkeypatch


def fetch(repository, data_dir, base_dir=None):
    said = []
    fetched = fetch_repository(repository, data_dir, base_dir, say=said.append, pace=QUICK)
    return fetched, said


def kept(tmp_path):
    return {path.name: path.read_bytes() for path in (tmp_path / "freedoom").glob("*.mid")}


def test_freedoom_is_a_collection_with_a_repository():
    freedoom = find_repository("freedoom")
    assert freedoom is not None
    assert (freedoom.title, len(freedoom.files)) == ("Freedoom", 110)
    assert freedoom.credit_of("d_bunny.mid").licence == "BSD-3-Clause"
    assert freedoom.archive_url.endswith(f"/freedoom/freedoom/tar.gz/{freedoom.commit}")


@pytest.mark.parametrize("game", ["majoras_mask", "zelda", "bach", "no_such_game", ""])
def test_other_games_have_no_repository(game):
    assert find_repository(game) is None


def test_a_call_for_all_games_does_not_fetch_it():
    assert "freedoom" not in {each.game for each in find_sources()}


def test_its_files_go_to_the_games_folder_with_their_licence(repository, tmp_path):
    fetched, said = fetch(repository, tmp_path)
    assert kept(tmp_path) == SONGS
    assert [path.name for path in fetched.pieces] == list(SONGS)
    sources = tmp_path / "freedoom" / "SOURCES.md"
    assert said == [
        f"freedoom: 3 pieces of Freedoom, 3 of them new; {sources} has their licence",
    ]
    assert sources.read_text().splitlines() == [
        "# Where these pieces come from",
        "",
        "Freedoom, <https://github.com/owner/freedoom/tree/0123abc>, by",
        "",
        "- the transcribers, CC0-1.0",
        "",
        "```",
        "Copyright ©",
        "All rights reserved.",
        "```",
    ]
    collection = find_collection("freedoom", tmp_path)
    assert (collection.title, len(collection.files)) == ("Freedoom", 3)


def test_base_dir_is_read_without_requests(site, repository, tmp_path):
    write(tmp_path / "base" / "freedoom", SONGS)
    fetch(repository, tmp_path, tmp_path / "base")
    assert kept(tmp_path) == SONGS
    assert not site.asked


def test_files_missing_from_base_dir_are_fetched(site, repository, tmp_path):
    write(tmp_path / "base" / "freedoom", {"Ann_lc1.mid": SONGS["Ann_lc1.mid"]})
    fetch(repository, tmp_path, tmp_path / "base")
    assert kept(tmp_path) == SONGS
    assert site.asked == {ARCHIVE: 1}


def test_base_dir_must_be_a_folder(repository, tmp_path):
    with pytest.raises(SettingsError, match=r"BASE_DIR is '.*/no'; there is no such folder"):
        fetch(repository, tmp_path, tmp_path / "no")


def test_existing_files_are_not_requested(site, repository, tmp_path):
    write(tmp_path / "freedoom", {f"{n}.mid": body for n, body in enumerate(SONGS.values())})
    fetched, said = fetch(repository, tmp_path)
    assert (fetched.new, len(fetched.pieces)) == (0, 3)
    assert said == ["freedoom: 3 pieces of Freedoom, none of them new"]
    assert not site.asked


def test_a_users_file_of_the_same_name_stays(repository, tmp_path):
    write(tmp_path / "freedoom", {"Ann_lc1.mid": midi(40)})
    fetch(repository, tmp_path)
    assert kept(tmp_path)["Ann_lc1.mid"] == midi(40)
    assert set(SONGS.values()) < set(kept(tmp_path).values())


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        (broken(404), FileError, r"freedoom: 127.0.0.1:\d+ responds with 404 Not Found. "),
        (broken(503), NoResponseError, r"freedoom: 127.0.0.1:\d+ responds with 503 Service "),
        (
            partial(send, body=archive({**SONGS, "Bob_lc3.mid": midi(41)})),
            FileError,
            "freedoom: its archive does not contain 1 of 3 files, such as Bob_lc3.mid. ",
        ),
        (partial(send, body=b"<html>"), FileError, "freedoom: its archive is broken: not a gzip"),
        (truncated(archive(OTHER_README)), FileError, r"freedoom: it ended after \d+ of \d+ bytes"),
    ],
)
def test_an_archive_that_cannot_be_taken_is_one_clear_error(
    site, repository, tmp_path, answer, kind, message
):
    site.answers[ARCHIVE] = answer
    with pytest.raises(kind, match=message) as raised:
        fetch(repository, tmp_path)
    assert "Run the same command to resume; BASE_DIR=folder reads it" in str(raised.value)
    assert set(kept(tmp_path).items()) <= set(SONGS.items())


def test_it_resumes_after_an_interruption(site, repository, tmp_path, monkeypatch):
    def interrupt(path, body) -> None:
        if path.name == "Ann_lc2.mid":
            raise KeyboardInterrupt
        write(path.parent, {path.name: body})

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(archive_module, "write_whole", interrupt)
        fetch(repository, tmp_path)
    assert list(kept(tmp_path)) == ["Ann_lc1.mid"]
    rest = {name: body for name, body in SONGS.items() if name != "Ann_lc1.mid"}
    site.answers[ARCHIVE] = partial(send, body=archive(rest))
    fetch_missing_repository(repository, tmp_path, say=lambda _: None, pace=QUICK)
    assert kept(tmp_path) == SONGS


def test_make_data_fetches_it(environment, tmp_path, capsys):
    environment.setenv("BASE_DIR", "")
    assert fetching.main() == 0
    assert kept(tmp_path) == SONGS
    assert "freedoom: 3 pieces of Freedoom, 3 of them new" in capsys.readouterr().out


def test_make_data_reports_a_failure_in_one_line(environment, site, capsys):
    site.answers[ARCHIVE] = broken(404)
    environment.setenv("BASE_DIR", "")
    assert fetching.main() == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("fetching: freedoom: 127.0.0.1:")


def test_make_train_fetches_it_once(environment, site, tmp_path):
    trained = []
    environment.setattr(training, "_train_all", lambda games, *_: trained.extend(games) or 0)
    assert [training.main(), training.main()] == [0, 0]
    assert trained == ["freedoom", "freedoom"]
    assert kept(tmp_path) == SONGS
    assert site.asked == {ARCHIVE: 1}


def test_make_train_does_not_change_a_folder_that_a_user_filled(site, repository, tmp_path):
    write(tmp_path / "freedoom", {"mine.mid": midi(40)})
    fetch_missing_repository(repository, tmp_path, pace=QUICK)
    assert kept(tmp_path) == {"mine.mid": midi(40)}
    assert not site.asked


def test_make_train_continues_without_files_that_cannot_be_fetched(site, repository, tmp_path):
    site.answers[ARCHIVE] = broken(404)
    said = []
    fetch_missing_repository(repository, tmp_path, say=said.append, pace=QUICK)
    assert said[-1].startswith("continuing without fetching: freedoom: 127.0.0.1:")
