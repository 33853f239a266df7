"""The code for the web in docs/engines.md, in a real browser."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[2] / "docs/engines.md"
LOCALHOST = "http://localhost:8080"
LOOP = """
const length = { form: "AB", bars: 2, intro_bars: 1, tempo: 240, primer: "none" };
const source = await playLoop(await compose({ game: "zelda", seed: 7, ...length }));
const samples = [source.loopStart, source.loopEnd].map((seconds) => seconds * 44100);
return [source.loop, ...samples, source.buffer.length];
"""


def test_the_code_plays_an_intro_and_its_loop(studio, address):
    code, _ = re.findall(r"^```js\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert LOCALHOST in code
    page = studio("/docs")
    loops, *samples = page.evaluate(f"async () => {{{code.replace(LOCALHOST, address)}{LOOP}}}")
    bar = 44_100  # of four beats, 240 a minute
    assert loops is True
    assert samples == pytest.approx([3 * bar, 5 * bar, 5 * bar])
