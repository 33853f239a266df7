"""Files are found in all folders, also behind symbolic links, and none is skipped."""

import os
from pathlib import Path

import pytest

from tests.training.conftest import touch
from training.corpus import file_tree
from training.corpus.file_tree import files_below
from training.errors import CollectionError


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in files_below(folder))


def test_files_are_found_in_folders_and_through_links(tmp_path):
    game, elsewhere = tmp_path / "game", tmp_path / "elsewhere"
    touch(
        game / "a.mid", game / "disc 2" / "b.mid", elsewhere / "c.mid", elsewhere / "in" / "d.mid"
    )
    (game / "link").symlink_to(elsewhere)
    (game / "e.mid").symlink_to(elsewhere / "c.mid")
    assert names(game) == ["a.mid", "disc 2/b.mid", "e.mid", "link/c.mid", "link/in/d.mid"]


def test_a_folder_that_links_to_itself_or_to_one_above_is_read_once(tmp_path):
    touch(tmp_path / "game" / "in" / "a.mid")
    (tmp_path / "game" / "in" / "loop").symlink_to(tmp_path / "game")
    (tmp_path / "game" / "self").symlink_to(tmp_path / "game" / "self")
    (tmp_path / "game" / "twin").symlink_to(tmp_path / "game" / "in")
    found = names(tmp_path / "game")
    assert [name for name in found if name.endswith(".mid")] in (["in/a.mid"], ["twin/a.mid"])
    assert "self" in found, "opening it tells that it leads to itself"


def test_hidden_names_pipes_and_a_missing_folder_give_no_files(tmp_path):
    touch(tmp_path / "game" / ".DS_Store", tmp_path / "game" / ".git" / "x.mid")
    os.mkfifo(tmp_path / "game" / "pipe.mid")
    assert names(tmp_path / "game") == []
    assert names(tmp_path / "nowhere") == []


def test_files_that_cannot_be_opened_are_found_so_that_opening_reports_why(
    readable_by_all, as_nobody
):
    game = readable_by_all / "game"
    touch(game / "closed" / "a.mid", game / "b.mid", game / "no way in" / "c.mid")
    (game / "dangling.mid").symlink_to(game / "nowhere.mid")
    (game / "closed").chmod(0o000)
    (game / "no way in").chmod(0o744)
    with as_nobody():
        assert names(game) == ["b.mid", "closed", "dangling.mid", "no way in/c.mid"]


def test_a_link_that_leads_to_too_many_files_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(file_tree, "MOST_FILES", 50)
    touch(*(tmp_path / "elsewhere" / f"{n}.mid" for n in range(51)))
    (tmp_path / "game").mkdir()
    (tmp_path / "game" / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(
        CollectionError, match=r"more than 50 files .*does a symbolic link lead out"
    ):
        names(tmp_path / "game")
