"""The table of sources: every file once, with an author and a licence that allows weights."""

import csv
import re
from pathlib import Path

import pytest

from training.base.music import MusicFinder
from training.fetching.repositories.sources import read_files, read_sources

SHARED = Path(__file__).parents[4] / "shared" / "base"
SHIPPABLE = {
    "CC0-1.0", "public domain", "BSD-3-Clause", "CC-BY-2.5", "CC-BY-3.0", "CC-BY-4.0",
}  # fmt: skip
SOURCES = {source.folder: source for source in read_sources()}


def test_the_weights_are_those_that_the_bases_were_made_with():
    found = {folder: (each.weight, each.band_weight) for folder, each in SOURCES.items()}
    assert found == {
        "openscore_lieder": (1.0, 0.4),
        "openscore_quartets": (0.7, 0.5),
        "mutopia": (2.5, 0.6),
        "freedoom": (0.5, 2.5),
        "tannerhelland": (1.5, 2.5),
        "easyrpg": (2.0, 3.0),
    }


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_a_source_says_where_it_is_from_and_lists_every_file_once(source):
    assert re.fullmatch(r"[0-9a-f]{7,40}", source.commit)
    assert source.commit in source.url
    assert source.statement
    assert len(set(source.files.values())) == len(source.files) > 0
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in source.files.values())
    assert source.suffixes <= {".mid", ".mxl"}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_every_file_has_an_author_and_a_licence_that_lets_the_weights_ship(source):
    credits_used = [source.credit_of(name) for name in source.files]
    assert {credit.licence for credit in credits_used} <= SHIPPABLE
    assert set(source.credits) == set(credits_used), "a credit covers no file"
    if "BSD-3-Clause" in {credit.licence for credit in source.credits}:
        assert source.notice.startswith("Copyright © ")


def test_an_archive_is_that_of_the_commit_and_built_sources_have_none():
    assert SOURCES["openscore_lieder"].archive_url == (
        "https://codeload.github.com/OpenScore/Lieder/tar.gz/"
        "bca122458de6da362abe62dd6aec62e25d7759b1"
    )
    assert [name for name, source in SOURCES.items() if not source.archive_url] == ["mutopia"]


def test_a_list_is_what_sha256sum_writes():
    assert read_files(f"{'b' * 64}  two words.mid\n{'a' * 64}  a.mid\n") == {
        "a.mid": "a" * 64,
        "two words.mid": "b" * 64,
    }


@pytest.mark.skipif(not SHARED.is_dir(), reason="the music is not beside the checkout")
def test_the_credits_of_mutopia_are_those_of_its_index():
    with (SHARED / "mutopia" / "INDEX.tsv").open(encoding="utf-8") as file:
        index = {row["file"]: row for row in csv.DictReader(file, delimiter="\t")}
    for name in SOURCES["mutopia"].files:
        credit, row = SOURCES["mutopia"].credit_of(name), index[name]
        assert credit.licence.startswith("CC-BY-") == (row["licence"] == "CC BY"), name
        if row["licence"] == "CC BY":
            assert row["typesetter"] in credit.author, name
        else:
            assert row["licence"] == "PD", name


@pytest.mark.skipif(not SHARED.is_dir(), reason="the music is not beside the checkout")
def test_all_sources_are_found_in_base_dir():
    music = MusicFinder(SHARED, fetches=False, say=lambda _: None).find(SOURCES.values())
    assert len(music.collection.files) == sum(len(source.files) for source in SOURCES.values())
    assert music.left_out == ()
