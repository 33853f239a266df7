"""The report's page is complete and self-contained, and labels every number."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from tests.training.report.conftest import bits
from training.report.page.document import page
from training.report.page.markup import bars, duration, number, table
from training.report.page.pictures import Gallery, gallery
from training.report.page.sections import bits_table, material_table, sampling, summary, verdict
from training.report.result import Sampling

VOID = {"meta", "img", "br"}


class Reader(HTMLParser):
    """Checks that tags close in order, and keeps what the page refers to and says."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.references: list[str] = []
        self.words = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.references += [v for k, v in attrs if k in {"src", "href"} and tag != "use"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, _attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in {"style", "svg"}:
            self.words += data


@pytest.fixture(scope="module")
def pictures(report, pieces, songs) -> Gallery:
    return gallery(report, songs, pieces)


@pytest.fixture(scope="module")
def markup(report, pictures) -> str:
    return page(report, pictures)


def test_the_page_is_complete_and_needs_no_other_file(markup):
    reader = Reader(markup)
    assert "script" not in reader.tags
    assert all(reference.startswith("data:") for reference in reader.references)
    assert "url(http" not in markup
    assert "@import" not in markup


def test_titles_are_escaped_and_shown(markup):
    assert "Scales & <Arpeggios>: how good is the music?" in Reader(markup).words


def test_every_table_has_a_caption(markup):
    tags = Reader(markup).tags
    assert tags.count("caption") == tags.count("table") == 13


def test_the_page_compares_bits_with_the_baselines(markup):
    words = Reader(markup).words
    assert "This recipe needs 6.50 bits per note: 0.50 fewer than the base alone" in words
    assert "and 1.00 more than the variable-order model." in words
    assert "6.50 bits" in words
    assert "1 h 2 min" in words


def test_sections_about_the_music_come_before_statistics(markup):
    words = Reader(markup).words
    titles = [
        "Real or generated?", "Does it repeat itself", "What do the hands play?", "Does it end?",
        "How well does it predict music?", "Does it quote?", "Are its histograms",
    ]  # fmt: skip
    places = [words.index(title) for title in titles]
    assert places == sorted(places)


@pytest.fixture(scope="module")
def band_markup(band_report, pictures) -> str:
    return page(band_report, pictures)


def test_the_page_of_a_band_has_what_its_parts_play(band_markup):
    reader = Reader(band_markup)
    assert "What do the parts play?" in reader.words
    assert "2 songs of 55 notes (median)." in reader.words
    assert "hands" not in reader.words.replace("a band's parts have no hands", "")
    assert reader.tags.count("caption") == reader.tags.count("table") == 15
    rows = ("strings0.50 (1.00)", "pipe1.00 (1.00)", "drums0.50 (0.00)", "all together1.00 (1.00)")
    for row in rows:
        assert row in reader.words.replace("\N{NO-BREAK SPACE}", " ")
    assert "different drums in a piece8.00–" in reader.words  # noqa: RUF001


def test_the_page_of_a_band_says_what_is_left_out_and_why(band_report, band_markup):
    words = Reader(band_markup).words
    assert "This recipe needs 6.50 bits per note: 0.50 fewer than the base alone." in words
    assert "6.50 bitsper note on held-out pieces; the base alone needs 7.00" in words
    assert "$" not in words
    for reason in set(band_report.left_out.values()):
        assert words.count(f"({reason})") == 1
    assert "Left out: “from scratch, with transposition” and “from scratch, without" in words


def test_the_summary_of_a_band_compares_with_what_was_measured(band_report):
    assert "  base alone 7.00, 5-gram 9.50" in summary(band_report)


def test_missing_values_are_a_dash_in_tables_and_have_no_bar(report):
    assert "int8" not in bits_table(report.held_out_bits_per_note)
    assert "<td>–</td>" in material_table(report)  # noqa: RUF001


def test_the_verdict_without_a_base():
    found = replace(bits(9.5), base=None)
    assert verdict(found).startswith(
        "This recipe needs 9.50 bits per note: 1.00 fewer than the net"
    )


def test_the_summary_for_the_terminal(report):
    lines = summary(report)
    assert lines[0].startswith("scales: real or generated: area ")
    assert "held-out bits per note: 6.50" in lines


def test_sampling_is_described_in_words():
    plain, cut = Sampling(500, 1.0, 0, 1.0, (1,)), Sampling(300, 0.9, 40, 0.95, (1,))
    assert sampling(plain).startswith("at temperature 1, pitches from all, 500 notes each, ")
    assert "temperature 0.9, pitches from the 40 most likely and the nucleus 0.95" in sampling(cut)


def test_text_in_tables_is_escaped():
    assert "<b>" not in table("<b>", ["<b>"], [["<b>"]]) + bars("<b>", [("<b>", 1.0)], "<b>")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(12.3, "12 s"), (59.4, "59 s"), (75, "1 min"), (3600, "1 h 0 min"), (7199, "2 h 0 min")],
)
def test_durations_are_written_in_words(seconds, words):
    assert duration(seconds) == words


def test_no_number_is_a_dash():
    assert number(None) == "–"  # noqa: RUF001
