"""Pictures: complete SVG elements in the page's colours, with descriptions for screen readers."""

import base64
from xml.etree import ElementTree as ET

from music.piece import Piece
from music.players.roles import DRUMS
from tests.training.conftest import scale
from tests.training.report.conftest import FLUTE, of_band
from training.report.metrics.histogram_overlap import FEATURES
from training.report.page.pictures import (
    COLLECTION,
    bar_similarity,
    feature_pictures,
    gallery,
    losses,
    piano_roll,
    sheets,
)

SVG = "{http://www.w3.org/2000/svg}svg"


def parsed(markup: str) -> ET.Element:
    return ET.fromstring(markup)  # noqa: S314  we wrote it


def test_the_losses_of_all_folds(report):
    picture = losses(report.folds)
    element = parsed(picture.markup)
    assert element.tag == SVG
    assert "held-out pieces" in picture.markup
    assert "currentColor" in picture.markup
    assert "width" not in element.attrib


def test_fits_that_were_left_out_have_no_losses(band_report):
    picture = losses(band_report.folds)
    assert picture.caption == "Losses by epoch, a line for each fold: the recipe."
    assert "from scratch" not in picture.markup


def test_the_similarity_of_bars_is_drawn_for_songs_and_pieces(report):
    picture = bar_similarity(report.assessment.repetition)
    assert parsed(picture.markup).tag == SVG
    assert "generated" in picture.markup
    assert "collection" in picture.markup


def test_every_measure_has_its_picture(pieces, songs):
    drawn = feature_pictures([s.notes for s in songs], [p.notes for p in pieces])
    assert [picture.caption.replace(" ", "_") for picture in drawn] == list(FEATURES)
    assert all(parsed(picture.markup).get("role") == "img" for picture in drawn)


def test_a_roll_is_the_same_every_time_and_names_its_piece():
    piece = scale('A & "B" <C>', 60)
    first, again = piano_roll(piece, COLLECTION), piano_roll(piece, COLLECTION)
    assert first == again
    assert parsed(first.markup).get("aria-label", "").startswith('A & "B" <C>: its first 64 beats')


def test_drums_are_grey_in_a_roll():
    piano, band = scale("x", 60), of_band(scale("x", 60), FLUTE, DRUMS)
    assert "#808080" in piano_roll(band, COLLECTION).markup
    assert "#808080" not in piano_roll(piano, COLLECTION).markup


def test_a_roll_of_a_piece_without_notes_is_empty():
    empty = Piece("silence", scale("x", 60).notes[:0])
    assert "0 notes" in piano_roll(empty, COLLECTION).caption


def test_a_sheet_is_an_image_with_a_description():
    (picture,) = sheets(scale('a "b" & <c>', 60))
    image = parsed(picture.markup.replace("></div>", "/></div>"))[0]
    assert image.get("alt") == 'Score: a "b" & <c>: its first 16 bars'
    page = base64.b64decode(image.get("src", "").removeprefix("data:image/svg+xml;base64,"))
    assert parsed(page.decode()).tag == SVG


def test_a_gallery_has_all_pictures_of_a_report(report, songs, pieces):
    drawn = gallery(report, songs, pieces)
    assert len(drawn.features) == 6
    assert (len(drawn.generated_rolls), len(drawn.collection_rolls)) == (2, 4)
    assert [picture.caption for picture in drawn.scores] == [
        f"{song.name}: its first 16 bars" for song in songs
    ]
