"""Bands in the studio: who plays, whose notes the roll shows, and parts that stay."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from api.formats.song_json import note_members, part_members
from music.performance import plain
from music.piece import constant_tempo
from music.players.roles import name_of
from tests.api.bands import play_a_band
from tests.music.bands import LINE_UP, NAMES, NOTES
from tests.studio.bars import compose_bars
from tests.studio.conftest import columns, compose, kept, player, rows, until, wait_for
from tests.studio.support import AXE, LOUDEST

pytestmark = pytest.mark.slow

TOLD = note_members(NOTES, plain(NOTES), constant_tempo(120), LINE_UP)
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


def open_band(page, told):
    """Keep a band's piece in place of the first, and open it."""
    page.evaluate(KEEP_BAND, {**part_members(LINE_UP), "notes": told})
    page.reload()
    page.get_by_role("button", name="Open Band").click()
    expect(page.locator("#piece-heading")).to_have_text("Band")


@pytest.fixture
def band(page):
    """Open the page with a band's piece."""
    compose(page)
    open_band(page, TOLD)
    return page


def test_a_bands_parts_are_named_in_the_colours_of_their_notes(band):
    expect(band.locator("#roll-parts li")).to_have_text(NAMES)
    colours, squares = band.evaluate(COLOURS), band.evaluate(SQUARES)
    assert len(set(squares)) == len(NAMES)
    for square in squares:
        assert colours.get(square.removeprefix("rgb(").rstrip(")").replace(" ", ""), 0) > 20
    expect(band.locator("#roll-hands")).to_be_hidden()
    assert NAMES[0] in band.locator("#roll-text").inner_text()


def test_a_part_without_notes_is_not_named(band):
    open_band(band, [note for note in TOLD if note["part"] not in {0, 3}])
    playing = [name for part, name in enumerate(NAMES) if part not in {0, 3}]
    expect(band.locator("#roll-parts li:visible")).to_have_text(playing)
    expect(band.locator("#roll-text")).to_contain_text(f"played by {', '.join(playing)}.")


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


def test_a_piece_for_one_piano_has_no_legend_and_no_instruments_to_choose(page):
    assert "instruments" not in compose(page)["recipe"]
    expect(page.locator("#players")).to_be_hidden()
    expect(page.locator("#stems")).to_be_hidden()
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


@pytest.fixture
def orchestra(studio, loopback):
    """Open the page of a game whose music is for a band."""
    play_a_band(loopback).versions["zelda"] = {2: "AVAILABLE"}
    page = studio()
    page.click("#players summary")
    return page


def test_a_bands_song_has_more_notes_unless_one_wants_others(orchestra):
    length = orchestra.locator("#length")
    expect(length).to_have_value("1500")
    orchestra.select_option("#unit", "bars")
    expect(length).to_have_value("32")
    orchestra.select_option("#unit", "notes")
    expect(length).to_have_value("1500")
    compose(orchestra, notes=90)
    expect(length).to_have_value("90")


def test_a_song_for_one_piano_has_500_notes(page):
    expect(page.locator("#length")).to_have_value("500")


def checked(page):
    """List the checked instruments, one of several parts as often."""
    rows = page.locator("#instrument-names > :has(input:checked)")
    chosen = rows.evaluate_all(
        "all => all.map(r => [r.querySelector('input').value, r.querySelector('select').value])"
    )
    return [name for name, parts in chosen for _ in range(int(parts))]


def roles_in_bars(piece, *numbers):
    """Return the notes of some bars with the roles that play them."""
    roles = [part["role"] for part in piece["parts"]]
    played = zip(rows(piece), piece["players"], strict=True)
    return [(*row, roles[part]) for row, part in played if row[0] // 48 + 1 in numbers]


def test_instruments_are_chosen_sent_kept_and_linked(orchestra, studio, address):
    expect(orchestra.locator("#instrument-names label")).to_have_text(
        [
            "piano",
            "Flute",
            "Pan Flute",
            "Violin",
            "Electric Bass (finger)",
            "Standard Kit",
            "Jazz Kit",
        ]
    )
    for name in ("piano", "Flute", "Violin", "Jazz Kit"):
        orchestra.get_by_label(name, exact=True).check()
    expect(orchestra.get_by_label("Parts for Jazz Kit")).to_be_hidden()
    violins = orchestra.get_by_label("Parts for Violin")
    violins.select_option("3")
    expect(orchestra.locator("#players-set")).to_have_text("piano, Flute, Violin ×3, Jazz Kit")  # noqa: RUF001
    orchestra.get_by_label("Violin", exact=True).uncheck()
    expect(violins).to_be_hidden()
    assert checked(orchestra) == ["piano", "Flute", "Jazz Kit"]
    orchestra.get_by_label("Violin", exact=True).check()
    assert checked(orchestra) == ["piano", "Flute", "Violin", "Jazz Kit"]
    violins.focus()
    orchestra.keyboard.press("2")
    names = ["piano", "Flute", "Violin", "Violin", "Jazz Kit"]
    piece = compose(orchestra)
    assert piece["recipe"]["instruments"] == ",".join(names)
    assert [part["name"] for part in piece["parts"]] == [
        "Flute",
        "Acoustic Grand Piano",
        "Violin 1",
        "Violin 2",
        "Drums",
    ]
    orchestra.click("#own-instruments")
    expect(orchestra.locator("#players-set")).to_contain_text("of one of the game")
    assert checked(orchestra) == []
    orchestra.get_by_role("button", name="Open Song 1").click()
    assert checked(orchestra) == names
    link = orchestra.evaluate("location.href").removeprefix(address)
    other = studio(link.replace("Violin%2CViolin", "violin%2C+VIOLIN"))
    expect(other.locator("#keep")).to_be_visible()
    assert checked(other) == names
    assert roles_in_bars(kept(other)[0], 1, 2) == roles_in_bars(piece, 1, 2)


def test_instruments_that_do_not_fit_are_said_at_their_control(orchestra, watch):
    watch.allowed = "422"
    for name in ("Standard Kit", "Jazz Kit"):
        orchestra.get_by_label(name, exact=True).check()
    orchestra.click("#players summary")
    orchestra.click("#compose")
    expect(orchestra.locator("#instruments-error")).to_have_text(
        "instruments must have an instrument besides drums."
    )
    expect(orchestra.locator("#instruments")).to_be_visible()


def test_the_instruments_of_a_game_are_accessible(orchestra):
    if not AXE.exists():
        pytest.skip("axe-core is not there; `npm ci` in tests/studio brings it")
    orchestra.set_viewport_size({"width": 390, "height": 844})
    orchestra.get_by_label("Flute", exact=True).check()
    assert orchestra.evaluate("document.documentElement.scrollWidth") <= 390
    orchestra.evaluate(AXE.read_text())
    for scheme in ("light", "dark"):
        orchestra.emulate_media(color_scheme=scheme)
        found = orchestra.evaluate("axe.run('#ask')")["violations"]
        assert [each["id"] for each in found] == []


def test_a_band_is_saved_as_stems_and_as_json(orchestra):
    piece = compose(orchestra, 20)
    saved = {}
    for name in ("zip", "json"):
        with orchestra.expect_download() as coming:
            orchestra.click(f"[data-format={name}]")
        assert coming.value.suggested_filename == f"Song 1.{name}"
        saved[name] = Path(coming.value.path()).read_bytes()
    assert json.loads(saved["json"])["parts"] == piece["parts"]
    with zipfile.ZipFile(io.BytesIO(saved["zip"])) as stems:
        assert json.loads(stems.read("song.json"))["parts"] == piece["parts"]


def test_a_bands_song_in_json_is_chosen_by_keyboard_and_keeps_its_parts(orchestra, studio, address):
    song = json.dumps({**part_members(LINE_UP), "notes": TOLD}).encode()
    mine = {"name": "mine.json", "mimeType": "", "buffer": song}
    orchestra.on("filechooser", lambda chooser: chooser.set_files(mine))
    orchestra.check("#start-file")
    assert ".json" in orchestra.get_attribute("#file", "accept").split(",")
    orchestra.focus("#file")
    orchestra.keyboard.press("Enter")
    expect(orchestra.locator("#continued-words")).to_have_text("Every piece continues mine.")
    expect(orchestra.locator("#file")).to_have_value("")  # so that it can be chosen again
    orchestra.check("#include_primer")
    expect(orchestra.locator("#players-set")).to_have_text("those of the file")
    piece = compose(orchestra)
    assert [part["name"] for part in piece["parts"]] == NAMES
    played = zip(columns(NOTES), map(name_of, NOTES.role.tolist()), strict=True)
    file = {(onset, pitch, role) for (onset, _, pitch), role in played}
    bars = roles_in_bars(piece, 1, 2)
    assert file <= {(onset, pitch, role) for onset, _, pitch, role in bars}
    link = orchestra.evaluate("location.href").removeprefix(address)
    other = studio(link)
    expect(other.locator("#keep")).to_be_visible()
    assert rows(kept(other)[0]) == rows(piece)


def test_bars_that_are_composed_again_and_what_continues_them_keep_the_parts(orchestra):
    first = compose_bars(orchestra, 4, "A")
    orchestra.fill("#again-bars", "2")
    orchestra.click("#again button")
    wait_for(orchestra, lambda: len(kept(orchestra)) == 2)
    second = kept(orchestra)[0]
    assert second["parts"] == first["parts"]
    assert roles_in_bars(second, 1, 3, 4) == roles_in_bars(first, 1, 3, 4)
    assert roles_in_bars(second, 2) != roles_in_bars(first, 2)
    orchestra.click("#continue")
    expect(orchestra.locator("#continued-words")).to_have_text(
        "The next piece continues the end of Song 2."
    )
    orchestra.click("#compose")
    wait_for(orchestra, lambda: len(kept(orchestra)) == 3)
    assert kept(orchestra)[0]["parts"] == first["parts"]
