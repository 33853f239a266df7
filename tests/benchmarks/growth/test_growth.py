"""`python -m benchmarks --growth`: exponents, the table, the picture, the callers."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

import benchmarks.__main__ as program
from benchmarks.errors import ResponseError
from benchmarks.growth.bundles import publish_copies
from benchmarks.growth.curve import Curve, Point
from benchmarks.growth.picture import growth_svg
from benchmarks.growth.pieces import made_up_corpus
from benchmarks.growth.requests import song_seconds, songs_per_second
from benchmarks.growth.results import GrowthResults, growth_table
from benchmarks.growth.sizes import GROWTH_FULL, GROWTH_TINY
from benchmarks.processes.machine import Machine
from benchmarks.processes.services import RunningApi
from training.publishing.models_config import listed_versions


def curve(*ys: float, xs: tuple[int, ...] = (1, 10, 100), is_rate: bool = False) -> Curve:
    points = tuple(Point(x, y) for x, y in zip(xs, ys, strict=True))
    return Curve("cost_over_games", "games", "MB", points, is_rate)


@pytest.fixture
def growth_results() -> GrowthResults:
    """Made-up figures, no two of them alike."""
    machine = Machine("A Processor", 2, "3.12.3", "2.20.0", "3.15.1", "2.4.6", "2026-01-02")
    rate = Curve(
        "songs_over_callers",
        "callers",
        "songs per second",
        (Point(1, 4.0), Point(512, 37.25)),
        is_rate=True,
    )
    return GrowthResults(machine, (curve(90.0, 100.0, 250.0), curve(1.0, 9.0, 900.0), rate))


@given(
    exponent=st.floats(-1, 3),
    factor=st.floats(1e-3, 1e3),
    xs=st.lists(st.integers(1, 10_000), min_size=2, max_size=5, unique=True).map(sorted),
)
def test_the_exponent_of_a_power_is_its_own(exponent, factor, xs):
    ys = [factor * x**exponent for x in xs]
    assert curve(*ys, xs=tuple(xs)).exponent == pytest.approx(exponent, abs=1e-6)


@pytest.mark.parametrize(
    ("xs", "ys", "exponent"),
    [
        ((1, 10, 100), (100.0, 100.0, 1000.0), 1.0),  # the last points; the first cost is fixed
        ((100, 500, 1500, 4000), (9.0, 1.0, 6.0, 8.0), 1.0),  # 1500 is too near to 4000
        ((1, 2, 3), (2.0, 1.0, 6.0), 1.0),  # from the first, if none is between
        ((2, 3), (2.0, 3.0), 1.0),  # two points that are near are all that there is
    ],
)
def test_the_exponent_is_the_slope_between_last_points_that_are_far_apart(xs, ys, exponent):
    assert curve(*ys, xs=xs).exponent == pytest.approx(exponent)


@pytest.mark.parametrize(
    ("ys", "is_rate", "outgrows"),
    [
        ((1.0, 10.0, 100.0), False, False),
        ((1.0, 10.0, 130.0), False, False),  # noise
        ((1.0, 10.0, 200.0), False, True),
        ((1.0, 1.0, 1.0), False, False),
        ((40.0, 40.0, 40.0), True, False),
        ((4.0, 40.0, 30.0), True, False),  # noise
        ((4.0, 40.0, 20.0), True, True),
    ],
)
def test_a_cost_may_grow_with_its_work_and_a_rate_may_not_fall(ys, is_rate, outgrows):
    assert curve(*ys, is_rate=is_rate).outgrows_its_work == outgrows


def test_the_line_of_the_work_starts_at_the_first_point():
    assert curve(2.0, 5.0, 9.0).proportional() == (
        Point(1, 2.0),
        Point(10, 20.0),
        Point(100, 200.0),
    )
    level = curve(2.0, 5.0, 9.0, is_rate=True).proportional()
    assert [point.y for point in level] == [2.0, 2.0, 2.0]


def test_the_table_has_a_line_for_each_curve(growth_results):
    lines = growth_table(growth_results).splitlines()
    assert [" ".join(line.split()) for line in lines] == [
        "cost_over_games exponent +0.40 grows no faster than its work; 1: 90, 10: 100, 100: 250",
        "cost_over_games exponent +2.00 grows faster than its work; 1: 1, 10: 9, 100: 900",
        "songs_over_callers exponent +0.36 does not fall; 1: 4, 512: 37.2",
    ]


def test_the_picture_has_a_panel_for_each_curve_and_is_always_the_same(growth_results):
    svg = growth_svg(growth_results.curves)
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    titles = [text for text in texts if text.startswith("exponent")]
    assert titles == ["exponent +0.40", "exponent +2.00", "exponent +0.36"]
    assert {"games", "callers", "MB", "songs per second", "250", "37.2"} <= set(texts)
    assert growth_svg(growth_results.curves) == svg


def test_results_and_picture_are_written_and_the_table_printed(
    monkeypatch, tmp_path, capsys, growth_results
):
    results, picture = tmp_path / "growth_results.json", tmp_path / "growth.svg"
    monkeypatch.setattr(program, "GROWTH_RESULTS", results)
    monkeypatch.setattr(program, "GROWTH_PICTURE", picture)
    monkeypatch.setattr(program.signal, "signal", lambda *_: None)
    asked = []
    monkeypatch.setattr(
        program, "run_growth", lambda _, how: (asked.append(how), growth_results)[1]
    )
    assert program.main(["--growth"]) == 0
    assert asked == [GROWTH_FULL]
    (first, *_) = json.loads(results.read_text())["curves"]
    assert first["points"] == [{"x": 1, "y": 90.0}, {"x": 10, "y": 100.0}, {"x": 100, "y": 250.0}]
    assert first["exponent"] == pytest.approx(0.398, abs=0.001)
    assert first["outgrows_its_work"] is False
    assert picture.read_text().startswith("<?xml")
    assert "grows faster than its work" in capsys.readouterr().out


@pytest.mark.parametrize("sizes", [GROWTH_FULL, GROWTH_TINY])
def test_every_curve_has_two_points_or_more(sizes):
    counts = [value for value in vars(sizes).values() if isinstance(value, tuple)]
    assert len(counts) == 8
    assert all(len(xs) > 1 and list(xs) == sorted(set(xs)) for xs in counts)
    assert sizes.points == sum(map(len, counts)) + len(sizes.processes)


def test_made_up_pieces_are_as_many_as_asked_and_all_different():
    corpus = made_up_corpus("game", pieces=20, notes=64)
    assert corpus.notes == 20 * 64
    assert len({piece.notes.pitch.tobytes() for piece in corpus.pieces}) == 20
    assert corpus.pieces == made_up_corpus("game", pieces=20, notes=64).pieces


def test_copies_of_a_bundle_are_games_that_share_its_files(tmp_path):
    bundle = tmp_path / "bundle"
    (bundle / "variables").mkdir(parents=True)
    (bundle / "variables" / "weights").write_bytes(b"weights")
    models = publish_copies(bundle, tmp_path / "models", games=3)
    assert [model.game for model in models] == ["game_0", "game_1", "game_2"]
    for model in models:
        assert listed_versions(tmp_path / "models", model.game) == (model.version,)
        copy = tmp_path / "models" / model.game / str(model.version) / "variables" / "weights"
        assert copy.samefile(bundle / "variables" / "weights")


class _Api(BaseHTTPRequestHandler):
    """Refuses every seed once, then gives a song; refuses a game that it does not know."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        status = (
            404 if "game=unknown" in self.path else 200 if self.path in self.server.seen else 503
        )
        self.server.seen.append(self.path)
        self.server.bodies.append(body)
        self.send_response(status)
        self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(b"no such game" if status == 404 else b"a song")

    def log_message(self, *_):
        pass


@pytest.fixture
def busy_api():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Api) as server:
        server.seen, server.bodies = [], []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def running(server: ThreadingHTTPServer) -> RunningApi:
    return RunningApi(server.server_port, "", 0)


def test_callers_share_the_songs_and_retry_those_that_are_refused(busy_api):
    assert songs_per_second(running(busy_api), "a_game", notes=9, callers=3, songs=7) > 0
    wanted = [f"/generate?game=a_game&notes=9&seed={seed}" for seed in range(7)]
    assert sorted(busy_api.seen) == sorted([*wanted, *wanted])


def test_a_primer_is_uploaded_as_a_file(busy_api):
    values, api = {"game": "a_game"}, running(busy_api)
    assert song_seconds(api, values, songs=2, primer_of=lambda seed: b"MThd%d" % seed) > 0
    parts = [body.partition(b"\r\n\r\n") for body in busy_api.bodies]
    assert all(b'name="primer"; filename="primer.mid"' in head for head, _, _ in parts)
    # Each song its own, and again when it is requested again.
    primers = [rest.removesuffix(b"\r\n--leitmotif--") for _, _, rest in parts]
    assert primers == [b"MThd0", b"MThd0", b"MThd1", b"MThd1"]


def test_a_response_that_is_no_song_ends_it(busy_api):
    with pytest.raises(ResponseError, match=r"responded with 404: b'no such game'"):
        songs_per_second(running(busy_api), "unknown", notes=9, callers=2, songs=2)
