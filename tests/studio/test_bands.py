"""The studio shows a band's parts: colours on the roll, and whose they are."""

import pytest
from playwright.sync_api import expect

from api.formats.song_json import note_members, part_members
from music.performance import plain
from music.piece import constant_tempo
from tests.music.bands import LINE_UP, NAMES, NOTES
from tests.studio.conftest import compose, kept, player, rows, until
from tests.studio.support import LOUDEST

pytestmark = pytest.mark.slow

KEEP_BAND = """async ({parts, notes}) => {
    const {Piece} = await import('/studio/piece.js');
    const [stored] = JSON.parse(localStorage.getItem('leitmotif.pieces'));
    const piece = new Piece(stored.recipe);
    Object.assign(piece, {name: 'Band', version: stored.version, parts, isFinished: true});
    piece.add(notes);
    localStorage.setItem('leitmotif.pieces', JSON.stringify([piece.stored()]));
}"""
COLOURS = """() => {
    const roll = document.querySelector('#roll');
    const {data} = roll.getContext('2d').getImageData(0, 0, roll.width, roll.height);
    const seen = new Map();
    for (let at = 0; at < data.length; at += 4) {
        const colour = [...data.slice(at, at + 3)].join(',');
        seen.set(colour, (seen.get(colour) ?? 0) + 1);
    }
    return Object.fromEntries(seen);
}"""
SQUARES = """() => [...document.querySelectorAll('#roll-parts li')].map(
    (item) => getComputedStyle(item, '::before').backgroundColor)"""


@pytest.fixture
def band(page):
    """Open the page with a band's piece."""
    compose(page)
    told = note_members(NOTES, plain(NOTES), constant_tempo(120), LINE_UP)
    page.evaluate(KEEP_BAND, {**part_members(LINE_UP), "notes": told})
    page.reload()
    page.get_by_role("button", name="Open Band").click()
    expect(page.locator("#piece-heading")).to_have_text("Band")
    return page


def test_a_bands_parts_are_named_in_the_colours_of_their_notes(band):
    expect(band.locator("#roll-parts li")).to_have_text(NAMES)
    colours, squares = band.evaluate(COLOURS), band.evaluate(SQUARES)
    assert len(set(squares)) == len(NAMES)
    for square in squares:
        assert colours.get(square.removeprefix("rgb(").rstrip(")").replace(" ", ""), 0) > 20
    expect(band.locator("#roll-hands")).to_be_hidden()
    assert NAMES[0] in band.locator("#roll-text").inner_text()


def test_a_kept_band_has_every_part_of_its_notes(band):
    (piece,) = kept(band)
    assert [part["name"] for part in piece["parts"]] == NAMES
    roles = [part["role"] for part in piece["parts"]]
    drums = [
        row
        for row, player in zip(rows(piece), piece["players"], strict=True)
        if roles[player] == "drums"
    ]
    assert sorted(pitch for _, _, pitch in drums) == [36, 36, 38, 38, 42, 42, 46, 49]


def test_a_piece_for_one_piano_has_no_legend(page):
    compose(page)
    expect(page.locator("#roll-parts")).to_be_hidden()
    expect(page.locator("#roll-hands i").first).to_be_visible()


def test_a_band_is_played_by_the_service(band):
    with band.expect_request("**/generate") as requested:
        band.click("#play")
    assert b'name="format"\r\n\r\nogg' in requested.value.post_data_buffer
    expect(band.locator("#play")).to_have_attribute("data-state", "playing")
    assert band.evaluate(LOUDEST) > 0.01
    assert band.evaluate(player("player.position_s")) > 0
    band.click("#play")
    band.wait_for_timeout(300)
    assert band.evaluate(LOUDEST) < 0.001


def test_a_band_loops_in_its_recording(band):
    band.click("#loop")
    end_s = band.evaluate(player("(player.seek(1e9), player.position_s)"))
    band.evaluate(player(f"player.seek({end_s} - 0.5)"))
    band.click("#play")
    until(
        band,
        player(f"player.isPlaying && 0 < player.position_s && player.position_s < {end_s} - 1"),
    )
    assert band.evaluate(LOUDEST) > 0.01


def test_a_band_is_played_by_the_pages_piano_if_the_service_cannot(band, watch):
    watch.allowed = "ERR_FAILED"
    band.route("**/generate", lambda route: route.abort())
    band.click("#play")
    expect(band.locator("#play")).to_have_attribute("data-state", "playing")
    assert band.evaluate(LOUDEST) > 0.01
