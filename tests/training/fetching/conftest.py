"""Fixtures of the fetching tests: a site with two games, and short timeouts."""

import pytest

from tests.training.fetching.site import Row, Site, midi, running_site
from training.fetching import Pace, Source

MAJORA = "The Legend of Zelda: Majora's Mask"
OCARINA = "The Legend of Zelda: Ocarina of Time"
CLOCK_TOWN = Row("Clock Town.mid", midi(60, 62), "Clock Town & Co.", "Ann <ann@example.org>")
DEKU = Row("deku_(Piano).MID", midi(64, 65), "Deku Palace")
STORMS = Row("storms.mid", midi(67, 69), "Song of Storms | \x1b[31m`Windmill`", "Bob | Eve")
OTHER = Row("other.mid", midi(70), "Theme")
GAMES = {"Castle": [OTHER], MAJORA: [CLOCK_TOWN, DEKU], OCARINA: [STORMS]}
SOURCES = (Source("majoras_mask", MAJORA), Source("ocarina_of_time", OCARINA))
QUICK = Pace(between_s=0.0, response_s=30.0, body_s=30.0)  # a busy machine is not a slow server


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with running_site() as running:
        running.serve(GAMES)
        yield running


@pytest.fixture
def one_file_site(site: Site) -> Site:
    site.serve({MAJORA: [CLOCK_TOWN]})
    return site
