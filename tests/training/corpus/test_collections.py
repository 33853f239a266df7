"""The pieces of each game."""

from pathlib import Path

import pytest

from tests.training.conftest import touch
from training.corpus.collections import find_collection, find_games, misnamed_folders, other_games
from training.errors import CollectionError


@pytest.fixture
def data_dir(tmp_path):
    for name in (
        "majoras_mask/Clock Town.mid",
        "ocarina_of_time/b.mid",
        "ocarina_of_time/disc 2/a.MID",
        "ocarina_of_time/README.txt",
        "my_game/tune.abc",
        "Not A Name/x.mid",
        "empty_game/notes.txt",
        "empty_game/.DS_Store",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def test_every_folder_with_pieces_is_a_collection_and_so_is_their_union(data_dir):
    assert find_games(data_dir) == ("ocarina_of_time", "majoras_mask", "zelda", "my_game")


def test_a_named_collection_has_its_title_and_another_its_folders(data_dir):
    assert find_collection("majoras_mask", data_dir).title == "The Legend of Zelda: Majora's Mask"
    assert find_collection("my_game", data_dir).title == "My Game"


def test_pieces_are_all_files_in_the_folder_that_may_contain_music(data_dir):
    names = [path.name for path in find_collection("ocarina_of_time", data_dir).files]
    assert names == ["b.mid", "a.MID"]


def test_a_union_has_the_pieces_of_all_and_of_its_own_folder(data_dir):
    (data_dir / "zelda").mkdir()
    (data_dir / "zelda" / "Medley.mid").touch()
    assert len(find_collection("zelda", data_dir).files) == 4


def test_bach_takes_files_too(tmp_path):
    (tmp_path / "bach").mkdir()
    (tmp_path / "bach" / "Minuet.mid").touch()
    assert find_games(tmp_path) == ("bach",)
    assert find_collection("bach", tmp_path).files[-1] == tmp_path / "bach" / "Minuet.mid"


def test_a_folder_with_an_invalid_name_is_reported(data_dir):
    assert misnamed_folders(data_dir) == (data_dir / "Not A Name",)
    assert misnamed_folders(data_dir / "nowhere") == ()


def test_the_union_of_one_game_is_not_trained_twice(tmp_path):
    (tmp_path / "majoras_mask").mkdir()
    (tmp_path / "majoras_mask" / "a.mid").touch()
    assert find_games(tmp_path) == ("majoras_mask",)


@pytest.mark.parametrize("exists", [True, False])
def test_without_pieces_bach_is_the_collection(tmp_path, exists):
    assert find_games(tmp_path if exists else tmp_path / "nowhere") == ("bach",)


def test_bach_has_the_chorales_of_music21_that_the_base_has_not_learned():
    collection = find_collection("bach", Path("nowhere"))
    assert len(collection.files) > 300
    assert {path.suffix for path in collection.files} <= {".mxl", ".xml"}
    assert not {"bwv269", "bwv347"} & {path.stem for path in collection.files}


def test_a_folder_of_files_that_cannot_be_read_is_a_collection_whose_reading_says_why(tmp_path):
    (tmp_path / "my_game").mkdir()
    (tmp_path / "my_game" / "tune.mscz").touch()
    assert [path.name for path in find_collection("my_game", tmp_path).files] == ["tune.mscz"]


@pytest.mark.parametrize(
    ("game", "message"),
    [
        ("wind_waker", "wind_waker has no pieces yet: put its MIDI files into .*wind_waker/"),
        (
            "no_such_game",
            "no collection 'no_such_game'; available: bach, .*run make data GAME=no_such_game",
        ),
    ],
)
def test_a_missing_collection_is_reported_with_how_to_add_it(data_dir, game, message):
    with pytest.raises(CollectionError, match=message):
        find_collection(game, data_dir)


def test_pieces_in_linked_folders_are_found(data_dir, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    touch(elsewhere / "disc 1" / "a.mid", elsewhere / "b.mid")
    (data_dir / "linked").symlink_to(elsewhere)
    (data_dir / "my_game" / "more").symlink_to(elsewhere)
    assert [path.name for path in find_collection("linked", data_dir).files] == ["b.mid", "a.mid"]
    names = [path.name for path in find_collection("my_game", data_dir).files]
    assert names == ["b.mid", "a.mid", "tune.abc"]


def test_a_folder_that_may_not_be_listed_is_a_collection_whose_reading_says_why(
    readable_by_all, as_nobody
):
    touch(readable_by_all / "my_game" / "a.mid", readable_by_all / "other" / "disc 2" / "b.mid")
    (readable_by_all / "my_game").chmod(0o000)
    (readable_by_all / "other" / "disc 2").chmod(0o000)
    (readable_by_all / "unmounted").symlink_to(readable_by_all / "nowhere")
    with as_nobody():
        games = find_games(readable_by_all)
        files = [find_collection(game, readable_by_all).files for game in games]
    assert games == ("my_game", "other", "unmounted")
    assert [[path.name for path in paths] for paths in files] == [
        ["my_game"],
        ["disc 2"],
        ["unmounted"],
    ]


def test_a_data_folder_that_may_not_be_listed_is_an_error(readable_by_all, as_nobody):
    touch(readable_by_all / "midi" / "bach" / "a.mid", readable_by_all / "file")
    (readable_by_all / "midi").chmod(0o000)
    with as_nobody():
        with pytest.raises(CollectionError, match=r"/midi cannot be listed: Permission denied"):
            find_games(readable_by_all / "midi")
        with pytest.raises(CollectionError, match=r"/file cannot be listed: Not a directory"):
            find_collection("bach", readable_by_all / "file")


def test_other_games_are_those_with_pieces_of_their_own(data_dir):
    def others(game: str) -> list[str]:
        return [other.game for other in other_games(find_collection(game, data_dir), data_dir)]

    assert others("majoras_mask") == ["ocarina_of_time", "my_game"]
    assert others("zelda") == ["my_game"]
    assert others("bach") == ["ocarina_of_time", "majoras_mask", "my_game"]
    (other,) = other_games(find_collection("zelda", data_dir), data_dir)
    assert [path.name for path in other.files] == ["tune.abc"]
