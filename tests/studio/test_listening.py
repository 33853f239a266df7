"""The sound: from the same events, while the piece is still composed."""

import pytest
from playwright.sync_api import expect

from tests.studio.conftest import compose, player, until
from tests.studio.support import LOUDEST

pytestmark = pytest.mark.slow

POSITION = player("player.position_s")


def state(page):
    return page.get_attribute("#play", "data-state")


def test_a_piece_plays_while_it_is_composed(page, loopback):
    loopback.slow_s = 0.4
    expect(page.locator("#compose")).to_be_enabled()
    page.fill("#length", "600")
    page.click("#compose")
    expect(page.locator("#play")).to_have_attribute("data-state", "playing")
    assert page.inner_text("#compose") == "Stop"
    clock = player("player.context.currentTime")
    before = page.evaluate(clock)
    assert page.evaluate(LOUDEST) > 0.01
    assert page.evaluate(clock) > before
    assert page.evaluate(POSITION) > 0


def test_pausing_is_silence_and_playing_continues_from_there(page):
    compose(page, 300, is_playing=True)
    expect(page.locator("#play")).to_have_attribute("data-state", "playing")
    page.click("#play")
    assert state(page) == "paused"
    stood = page.evaluate(POSITION)
    page.wait_for_timeout(2500)  # the room still sounds
    assert page.evaluate(LOUDEST) < 0.001
    assert page.evaluate(POSITION) == stood
    page.click("#play")
    expect(page.locator("#play")).to_have_attribute("data-state", "playing")
    assert page.evaluate(LOUDEST) > 0.01
    assert page.evaluate(POSITION) >= stood


def test_no_volume_is_silence(page):
    compose(page, 300, is_playing=True)
    expect(page.locator("#play")).to_have_attribute("data-state", "playing")
    page.locator("#volume").press("Home")
    page.wait_for_timeout(500)
    assert page.evaluate(LOUDEST) < 0.001


def test_a_click_on_the_roll_seeks(page):
    piece = compose(page, 300)
    page.locator("#roll").click(position={"x": 280, "y": 150})
    sought_s = page.evaluate(POSITION)
    assert sought_s * piece["tempo"] / 60 == pytest.approx(10, abs=0.1)  # at 28 pixels a beat
    page.click("#play")
    expect(page.locator("#play")).to_have_attribute("data-state", "playing")
    assert page.evaluate(LOUDEST) > 0.01
    assert page.evaluate(POSITION) > sought_s


def test_the_end_is_the_end_unless_it_is_looped(page):
    compose(page, 20)
    end_s = page.evaluate(player("(player.seek(1e9), player.position_s)"))
    page.evaluate(player(f"player.seek({end_s} - 0.4)"))
    page.click("#play")
    expect(page.locator("#play")).to_have_attribute("data-state", "playing")
    expect(page.locator("#play")).to_have_attribute("data-state", "paused")
    assert page.evaluate(POSITION) == end_s
    page.click("#loop")
    expect(page.locator("#loop")).to_have_attribute("aria-pressed", "true")
    page.evaluate(player(f"player.seek({end_s} - 0.4)"))
    page.click("#play")
    until(page, player(f"player.position_s < {end_s} - 0.5"))
    assert state(page) in {"playing", "waiting"}


STRIKES = """(() => {
    window.strikes = [];
    const {start} = AudioScheduledSourceNode.prototype;
    AudioBufferSourceNode.prototype.start = function (at_s, ...more) {
        window.strikes.push(at_s);
        return start.call(this, at_s, ...more);
    };
})()"""


def test_a_loop_plays_ten_rounds_without_a_gap_and_without_drift(page):
    page.evaluate(STRIKES)
    page.select_option("#unit", "bars")
    page.fill("#form", "A")
    page.check("#loops")
    page.fill("#tempo", "240")
    piece = compose(page, 1, is_playing=True)
    expect(page.locator("#loop")).to_have_attribute("aria-pressed", "true")
    assert piece["loop"] == {"start": 0, "end": 48}
    assert [section["name"] for section in piece["sections"]] == ["A"]
    page.click("#play")  # stands
    page.evaluate(player("player.seek(0)"))
    page.evaluate("window.strikes.length = 0")
    page.click("#play")
    notes, round_s = len(piece["notes"]) // 3, 1.0
    until(page, f"window.strikes.length > {10 * notes}")
    strikes = page.evaluate("window.strikes")
    drifts_s = [strikes[n * notes] - strikes[0] - n * round_s for n in range(11)]
    print(f"drift over ten rounds: {1000 * max(map(abs, drifts_s)):.4f} ms")  # noqa: T201
    assert max(map(abs, drifts_s)) < 0.002
    assert page.evaluate(POSITION) < round_s


def test_a_loop_repeats_after_its_intro(page):
    page.select_option("#unit", "bars")
    page.check("#loops")
    page.fill("#intro_bars", "1")
    page.fill("#tempo", "240")
    piece = compose(page, 1)
    assert piece["loop"] == {"start": 48, "end": 96}
    page.evaluate(player("player.seek(1.8)"))
    page.click("#play")
    until(page, player("player.position_s < 1.7"))
    for _ in range(8):
        page.wait_for_timeout(100)
        assert 1 <= page.evaluate(POSITION) <= 2


def test_zooming_shows_less_or_all(page):
    compose(page, 600)
    width = "document.getElementById('roll-spacer').offsetWidth"
    before = page.evaluate(width)
    page.click("#zoom-in")
    assert page.evaluate(width) > before
    page.click("#zoom-fit")
    seen = page.evaluate("document.getElementById('roll-scroller').clientWidth")
    assert page.evaluate(width) <= seen + 60


def test_only_the_visible_part_of_4000_notes_is_drawn(page):
    compose(page, 20)
    drawn = page.evaluate(
        """async () => {
            const {Piece} = await import('/studio/piece.js');
            const {Roll} = await import('/studio/roll.js');
            const ids = {canvas: 'roll', scroller: 'roll-scroller', spacer: 'roll-spacer',
                tip: 'roll-tip', legend: 'roll-parts', hands: 'roll-hands'};
            const parts = Object.fromEntries(
                Object.entries(ids).map(([name, id]) => [name, document.getElementById(id)]));
            let seconds = 0;
            const roll = new Roll(parts, () => seconds, () => {});
            const places = Array.from({length: 4000}, (_, n) => n);
            const notes = places.flatMap((n) => [40 + n % 40, 3 * n, 6]);
            roll.show(Piece.from({name: '', recipe: {}, title: '', version: 1, tempo: 120, notes,
                quotes: []}));
            const counts = [];
            for (seconds of [0, 100, 400]) {
                roll.follow();
                await new Promise((resolve) => setTimeout(resolve, 300));
                counts.push(roll.drawn);
            }
            roll.fit();
            await new Promise((resolve) => setTimeout(resolve, 300));
            return [...counts, roll.drawn];
        }"""
    )
    assert all(50 < count < 400 for count in drawn[:3]), drawn
    assert drawn[3] == 4000
