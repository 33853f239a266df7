"""The page: whole, self-contained, and every number in it with its words."""

from html.parser import HTMLParser

import pytest

from training.report.markup import bars, duration, number, table
from training.report.page import page
from training.report.pictures import gallery
from training.report.result import HeldOutBits, Sampling
from training.report.sections import sampling, verdict

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
def markup(report, pieces, songs) -> str:
    return page(report, gallery(report, songs, pieces))


def test_it_is_whole_and_needs_no_other_file(markup):
    reader = Reader(markup)
    assert "script" not in reader.tags
    assert all(reference.startswith("data:") for reference in reader.references)
    assert "url(http" not in markup
    assert "@import" not in markup


def test_titles_are_shown_as_they_are_written(markup):
    assert "Scales & <Arpeggios>: how good is the music?" in Reader(markup).words


def test_every_table_has_a_caption(markup):
    tags = Reader(markup).tags
    assert tags.count("caption") == tags.count("table") == 7


def test_it_names_the_bits_and_what_they_are_measured_against(markup):
    words = Reader(markup).words
    assert "This recipe needs 6.50 bits a note, 1.00 fewer than the network from scratch" in words
    assert "6.50 bits" in words
    assert "1 h 2 min" in words


def test_the_verdict_does_not_flatter():
    assert "0.50 more than the 5-gram" in verdict(HeldOutBits(9.5, 10.0, 15.0, 9.0))


def test_sampling_in_words():
    plain, cut = Sampling(500, 1.0, 0, 1.0, (1,)), Sampling(300, 0.9, 40, 0.95, (1,))
    assert sampling(plain).startswith("at temperature 1, from all tokens, uncut, 500 notes each, ")
    assert "temperature 0.9, from the 40 most likely tokens, cut to 0.95" in sampling(cut)


def test_text_in_tables_is_escaped():
    assert "<b>" not in table("<b>", ["<b>"], [["<b>"]]) + bars("<b>", [("<b>", 1.0)], "<b>")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(12.3, "12 s"), (59.4, "59 s"), (75, "1 min"), (3600, "1 h 0 min"), (7199, "2 h 0 min")],
)
def test_durations_in_words(seconds, words):
    assert duration(seconds) == words


def test_a_number_that_there_is_not_is_a_dash():
    assert number(None) == "–"  # noqa: RUF001
