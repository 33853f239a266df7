"""SOURCES.md: its contents, and that foreign text cannot leave its cell."""

from hashlib import md5

from tests.training.fetching.conftest import CLOCK_TOWN, MAJORA, QUICK, SOURCES, STORMS
from training.fetching import fetch
from training.fetching.sources import is_complete

ANN = r"Ann \<ann@example.org\>"


def test_sources_md_has_every_piece_and_its_sequencer(one_file_site, tmp_path):
    site, name = one_file_site, md5(CLOCK_TOWN.body).hexdigest()  # noqa: S324
    fetch(SOURCES[:1], tmp_path, site.page_url, say=lambda _: None, pace=QUICK)
    about = f"<{site.origin}/file/{name}.html>"
    assert (tmp_path / "majoras_mask" / "SOURCES.md").read_text().splitlines() == [
        "# Where these pieces come from",
        "",
        f"1 of the 1 pieces that <{site.page_url}>",
        "lists for The Legend of Zelda: Majora's Mask.",
        "Each is the work of the person who sequenced it.",
        "",
        "| file | title | sequenced by | bytes | MD5 | page |",
        "| --- | --- | --- | --- | --- | --- |",
        rf"| `Clock Town.mid` | Clock Town \& Co. | {ANN} | 42 | {name} | {about} |",
    ]


def test_texts_stay_in_their_cells(site, tmp_path):
    fetch(SOURCES[1:], tmp_path, site.page_url, say=lambda _: None, pace=QUICK)
    text = (tmp_path / "ocarina_of_time" / "SOURCES.md").read_text()
    assert r"| Song of Storms \| \[31m\`Windmill\` | Bob \| Eve |" in text


def test_a_piece_that_the_page_lists_no_more_stays_named(site, tmp_path):
    folder = tmp_path / "majoras_mask"
    fetch(SOURCES[:1], tmp_path, site.page_url, say=lambda _: None, pace=QUICK)
    site.serve({MAJORA: [STORMS]})
    fetch(SOURCES[:1], tmp_path, site.page_url, say=lambda _: None, pace=QUICK)
    text = (folder / "SOURCES.md").read_text()
    assert [row.split("`")[1] for row in text.splitlines() if row.startswith("| `")] == [
        "Clock Town.mid",
        "deku_(Piano).mid",
        "storms.mid",
    ]
    assert is_complete(folder)
    (folder / "Clock Town.mid").unlink()
    assert not is_complete(folder)


def test_a_foreign_sources_md_is_ignored(tmp_path):
    (tmp_path / "SOURCES.md").write_bytes(b"\xff mine\n| `../x` | y |\n")
    assert not is_complete(tmp_path)
