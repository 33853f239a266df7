"""The Python client: its requests, its results, and its errors."""

import json
import os
import re
import subprocess
import sys
import threading
from dataclasses import fields
from io import BytesIO
from textwrap import dedent
from typing import get_args, get_type_hints

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.formparser import parse_form_data

from api.client.leitmotif_client import (
    EndEvent,
    Format,
    Game,
    IncompatibleError,
    Leitmotif,
    LeitmotifError,
    Note,
    NotesEvent,
    Part,
    ProblemError,
    QuoteEvent,
    SongEvent,
    TempoChange,
    TimeSignature,
    TooSlowError,
    UnreachableError,
    Wishes,
    blocking,
)
from api.formats.registry import FORMATS
from api.http.request.parameter import Kind
from api.http.request.parameters import PARAMETERS
from api.version import HEADER, VERSION
from music.description import LearnedPiece
from music.reading import read_midi
from tests.api.bands import play_a_band
from tests.api.client.support import FINE, FINE_HEADERS
from tests.api.contract import CONTRACT
from tests.api.loopback import description
from tests.api.primers import CUT_INTRO, INTRO, URL, uploaded
from tests.api.processes import ROOT, free_port, run, running_api
from tests.api.serving import answer, playing, serving

SONG = "/generate?game=zelda&seed=7&notes=40"


def problem(status, retry_after=None, **members):
    headers = {"Retry_After": retry_after} if retry_after else {}
    said = {"type": "urn:x", "title": "Trouble", "status": status, "detail": "Wait.", **members}
    body = json.dumps(said).encode()
    return answer(status, body, Content_Type="application/problem+json", **headers)


@pytest.fixture
def address(app):
    with serving(app) as address:
        yield address


@pytest.fixture
def leitmotif(address):
    return Leitmotif(address)


def test_a_song_has_the_file_and_the_values_of_its_headers(leitmotif, client):
    song = leitmotif.generate("zelda", seed=7, notes=40)
    assert song.content == client.post(SONG).data
    assert (song.media_type, song.seed, song.version, song.notes) == ("audio/midi", 7, 1, 40)
    assert (song.longest_quote_notes, song.longest_quote_piece) == (0, None)


@pytest.mark.parametrize("form", ["midi", "ogg", "json"])
def test_songs_of_one_request_are_those_of_their_seeds(leitmotif, form):
    songs = leitmotif.generate_songs("zelda", seed=7, songs=3, notes=40, format=form)
    assert [song.rank for song in songs] == [1, 2, 3]
    assert sorted(song.seed for song in songs) == [7, 8, 9]
    for song in songs:
        alone = leitmotif.generate("zelda", seed=song.seed, notes=40, format=form)
        assert song.content == alone.content
        assert song.origin["seed"] == song.seed
        assert song.file.startswith(f"0{song.rank} Song")


@pytest.mark.parametrize("form", ["midi", "json"])
def test_the_names_of_files_hold_nothing_that_file_systems_refuse(leitmotif, form):
    songs = leitmotif.generate_songs("zelda", songs=2, notes=9, title="../AC/DC?", format=form)
    suffix = {"midi": "mid", "json": "json"}[form]
    assert [song.file for song in songs] == [
        f"0{song.rank} ..-AC-DC- seed {song.seed}.{suffix}".replace(" ..-", " -") for song in songs
    ]


def test_without_a_number_eight_songs_are_composed(leitmotif):
    assert len(leitmotif.generate_songs("zelda", notes=9)) == 8


def test_one_song_is_none_of_several(leitmotif):
    with pytest.raises(ValueError, match="songs must be 2 or more"):
        leitmotif.generate_songs("zelda", songs=1)


@pytest.mark.parametrize(("form", "content"), [("midi", b"PK"), ("json", b"{}"), ("json", b"PK")])
def test_what_are_no_songs_is_reported(form, content):
    scene = answer(200, content, **FINE_HEADERS)
    with playing(scene) as (address, _), pytest.raises(UnreachableError):
        Leitmotif(address).generate_songs("zelda", format=form)


def test_the_example_in_the_readme_runs_unchanged(address, tmp_path):
    readme = (ROOT / "README.md").read_text()
    (example,) = re.findall(r"^From Python.*?\n\n((?:    .*\n|\n)+)", readme, re.MULTILINE)
    for said, here in (("http://localhost:8080", address), ('"bach"', '"zelda"')):
        assert said in example
        example = example.replace(said, here)
    finished = subprocess.run(
        [sys.executable, "-c", dedent(example)],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "api/client")},
        timeout=60,
    )
    assert finished.returncode == 0, finished.stderr
    assert (tmp_path / "song.mid").read_bytes().startswith(b"MThd")


def test_a_quoted_piece_is_named_as_people_write_it(leitmotif, loopback, client):
    notes = read_midi(client.post(SONG).data, "song").notes
    tune = LearnedPiece('Clock "Town" 時', notes[5:30])
    loopback.descriptions["zelda"] = description(learned=(tune,)).to_json()
    loopback.versions["zelda"] = {2: "AVAILABLE"}
    song = leitmotif.generate("zelda", seed=7, notes=40, max_quote=4000)
    assert (song.longest_quote_notes, song.longest_quote_piece) == (25, 'Clock "Town" 時')


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_a_song_comes_in_every_format(leitmotif, form):
    assert leitmotif.generate("zelda", notes=9, format=form.name).media_type == form.media_type


def test_every_parameter_reaches_the_song(leitmotif):
    wishes: Wishes = {
        "notes": 9,
        "temperature": 0.5,
        "top_k": 9,
        "top_p": 0.25,
        "seed": 3,
        "tempo": 77.5,
        "primer": "none",
        "max_quote": 8,
        "dynamics": False,
        "version": 1,
    }
    song = json.loads(leitmotif.generate("zelda", format="json", **wishes).content)
    assert song["origin"] == {"game": "zelda", **wishes}
    assert json.loads(leitmotif.generate("zelda", format="json", seconds=2.5).content)["notes"]


def test_a_song_in_json_is_uploaded_as_it_came(leitmotif):
    ask = {"format": "json", "ending": False, "seed": 3}
    song = leitmotif.generate("zelda", bars=4, **ask)
    again = leitmotif.generate("zelda", primer=song.content, keep="1-2", **ask)
    notes = [
        [(n["start_beats"], n["pitch"]) for n in json.loads(one.content)["notes"]]
        for one in (song, again)
    ]
    old, new = ([row for row in rows if row[0] < 8] for rows in notes)
    assert old == new
    assert notes[0] != notes[1]


def test_the_client_knows_the_parameters_of_the_table_and_their_types():
    python = {Kind.WHOLE: int, Kind.NUMBER: float, Kind.FLAG: bool}
    hints = get_type_hints(Wishes)
    assert {"game", *hints, "format"} == {parameter.name for parameter in PARAMETERS}
    assert get_args(Format) == tuple(form.name for form in FORMATS)
    for parameter in PARAMETERS:
        if parameter.kind in python:
            assert hints[parameter.name] is python[parameter.kind]


@pytest.mark.parametrize("kind", [Note, Part, SongEvent, NotesEvent, QuoteEvent, EndEvent, Game])
def test_the_client_knows_every_member_of_the_contract(kind):
    schema = CONTRACT["components"]["schemas"][kind.__name__]
    assert {field.name for field in fields(kind)} == set(schema["properties"]) - {"event"}


def test_a_stream_gives_the_song_as_typed_events(leitmotif, client):
    first, *between, end = leitmotif.stream("zelda", seed=7, notes=100, tempo=90)
    whole = client.post("/generate?game=zelda&seed=7&notes=100&tempo=90&format=json").json
    named = ("zelda", "Zélda: Majora's Mask", "Song 7", 1, 7, 90)
    tempos, meters = (
        (TempoChange(0, 90),),
        tuple(TimeSignature(**each) for each in whole["time_signatures"]),
    )
    assert first == SongEvent(*named, tempos, meters, whole["origin"], 0, ())
    told = [note for event in between for note in event.notes]
    assert {(n.pitch, n.start_beats) for n in told} == {
        (n["pitch"], n["start_beats"]) for n in whole["notes"]
    }
    assert isinstance(end, EndEvent)
    assert (end.notes, end.longest_quote) == (100, 0)


def test_a_bands_stream_names_the_parts_and_who_plays_each_note(leitmotif, loopback):
    play_a_band(loopback)
    wishes = {"notes": 200, "instruments": "violin,drums"}
    first, *between, _ = leitmotif.stream("zelda", seed=7, **wishes)
    assert first.parts == (
        Part("Violin", "Violin", 40, "strings"),
        Part("Drums", "Standard Kit", 0, "drums"),
    )
    assert {note.part for event in between for note in event.notes} == {0, 1}


def test_the_games_are_listed(leitmotif):
    assert leitmotif.games() == (
        Game(
            "zelda",
            1,
            "AVAILABLE",
            "Zélda: Majora's Mask",
            pieces=9,
            notes=4321,
            max_quote=6,
            meters=("4/4",),
            modes=("major", "minor"),
            band=False,
            instruments=("Acoustic Grand Piano",),
            held_out_bits_per_note=6.5,
        ),
    )


def test_a_refusal_has_the_apis_message(leitmotif):
    with pytest.raises(ProblemError) as refusal:
        leitmotif.generate("metroid")
    assert (refusal.value.status, refusal.value.games) == (404, ("zelda",))
    assert refusal.value.type == "urn:leitmotif:problem:unknown-game"
    with pytest.raises(ProblemError, match=r"^422 .*: notes must be an integer from 1 ") as bad:
        leitmotif.generate("zelda", notes=0)
    assert (bad.value.parameter, bad.value.retry_after_s) == ("notes", None)
    with pytest.raises(ProblemError, match="notes must be"):
        next(leitmotif.stream("zelda", notes=0))


def test_a_stream_that_breaks_midway_is_a_problem(leitmotif, loopback):
    loopback.after_draw = lambda draws: setattr(
        loopback, "failure", grpc.StatusCode.INTERNAL if draws == 2 else None
    )
    events = leitmotif.stream("zelda", notes=300)
    assert isinstance(next(events), SongEvent)
    with pytest.raises(ProblemError) as trouble:
        list(events)
    assert trouble.value.status == 502


def test_a_missing_service_is_unreachable():
    address = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(UnreachableError, match=r"^127.0.0.1:\d+ does not answer: .*refused"):
        Leitmotif(address).generate("zelda")


@pytest.mark.parametrize("status", [429, 503])
def test_temporary_errors_are_retried(status):
    with playing(problem(status, "0"), problem(status), FINE) as (address, requests):
        assert Leitmotif(address).generate("zelda").notes == 40
        assert len(requests) == 3
        assert len({body for _, _, body in requests}) == 1


def test_the_client_waits_as_retry_after_says(monkeypatch):
    waits = []
    monkeypatch.setattr(blocking.time, "sleep", waits.append)
    with playing(problem(503, "7"), FINE) as (address, _):
        Leitmotif(address).generate("zelda")
    assert waits == [7.0]


def test_a_wait_beyond_the_time_is_not_begun():
    with playing(problem(429, "3600")) as (address, requests):
        with pytest.raises(ProblemError) as refusal:
            Leitmotif(address).generate("zelda")
        assert refusal.value.retry_after_s == 3600
        assert len(requests) == 1


def test_retries_are_bounded():
    with playing(problem(503, "0")) as (address, requests):
        with pytest.raises(ProblemError):
            Leitmotif(address, timeout_s=0.5).generate("zelda")
        assert 1 < len(requests) < 7


@pytest.mark.parametrize("status", [400, 401, 404, 500, 502, 504])
def test_permanent_errors_are_not_retried(status):
    with playing(problem(status, "0"), FINE) as (address, requests):
        with pytest.raises(ProblemError):
            Leitmotif(address).generate("zelda")
        assert len(requests) == 1


def hang(_):
    threading.Event().wait(2)


def dribble(handler):
    handler.send_response(200)
    handler.send_header(HEADER, VERSION)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(100):
        try:
            handler.wfile.write(b"x")
        except OSError:
            return
        threading.Event().wait(0.02)


@pytest.mark.parametrize("scene", [hang, dribble])
def test_the_timeout_bounds_slow_responses(scene):
    with playing(scene) as (address, _), pytest.raises(TooSlowError, match=r"in 0\.3 s"):
        Leitmotif(address, timeout_s=0.3).games()


def short(handler):
    handler.send_response(200)
    handler.send_header(HEADER, VERSION)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"games": []}')


FOREIGN_LISTS = (
    *(b"", b"<html>", b"[]", b"\xff", b"[" * 100_000, b"1" * 5_000, b"{}"),
    *(b'{"games": [{}]}', b'{"games": 7}', b'{"games": null}', b'{"games": [7]}'),
)


@pytest.mark.parametrize(
    "scene",
    [
        *(short, lambda handler: handler.wfile.write(b"SSH-2.0\r\n")),
        *(answer(200, body) for body in FOREIGN_LISTS),
    ],
)
def test_a_foreign_response_is_unreachable(scene):
    with playing(scene) as (address, _), pytest.raises(UnreachableError):
        Leitmotif(address).games()


def test_a_song_without_our_headers_is_none():
    with playing(answer(200, b"MThd")) as (address, _), pytest.raises(UnreachableError):
        Leitmotif(address).generate("zelda")


@pytest.mark.parametrize(
    "headers",
    [
        {"Leitmotif_Longest_Quote": "0"},
        {"Leitmotif_Longest_Quote": "0", "Leitmotif_Seed": "seven"},
        {"Leitmotif_Longest_Quote": "9" * 5_000},
    ],
)
def test_a_song_with_foreign_headers_is_refused(headers):
    expected = pytest.raises(UnreachableError, match="is not Leitmotif")
    with playing(answer(200, b"MThd", **headers)) as (address, _), expected:
        Leitmotif(address).generate("zelda")


@pytest.mark.parametrize(
    "line",
    [
        *(b"[]", b"7", b'{"event": "notes"}', b'{"event": "notes", "notes": 7}', b"[" * 60_000),
        *(b'{"event": "notes", "notes": [7]}', b'{"event": "song"}', b'{"event": "error"}'),
        *(b'{"event": "error", "status": null}', b'{"event": "error", "status": "soon"}'),
    ],
)
def test_a_foreign_event_is_unreachable(line):
    expected = pytest.raises(UnreachableError, match="is not Leitmotif")
    with playing(answer(200, line + b"\n")) as (address, _), expected:
        list(Leitmotif(address).stream("zelda"))


@pytest.mark.parametrize(
    "members", [{"games": None}, {"games": 7}, {"parameter": []}, {"title": None, "detail": {}}]
)
def test_a_problem_with_odd_members_is_a_problem(members):
    with playing(problem(404, **members)) as (address, _), pytest.raises(ProblemError):
        Leitmotif(address).games()


def test_a_problem_may_name_its_charset():
    body = b'{"detail": "Wait."}'
    scene = answer(404, body, Content_Type="application/problem+json; charset=utf-8")
    with playing(scene) as (address, _), pytest.raises(ProblemError, match="Wait"):
        Leitmotif(address).games()


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_any_response_gives_a_result_or_an_error_of_the_client(data):
    """A whole response, of which some bytes are others, are missing, or come twice."""
    song = (
        b'{"event":"song","game":"a","game_title":"A","title":"s","version":1,"seed":1,"tempo":9,'
    )
    body = song + b'"primer_notes":0}\n{"event":"notes","notes":[{"pitch":60}]}\n{"event":"end"}\n'
    ours = b"HTTP/1.1 200 OK\r\nLeitmotif-Api-Version: 1.0\r\n"
    chunked = ours + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n"
    sized = b"HTTP/1.1 503 Busy\r\nRetry-After: 9\r\nContent-Type: application/problem+json\r\n"
    whole = data.draw(
        st.sampled_from((chunked % (len(body), body), sized + b"Content-Length: 2\r\n\r\n{}"))
    )
    for _ in range(data.draw(st.integers(0, 3))):
        start, length = (data.draw(st.integers(0, n)) for n in (len(whole), 8))
        whole = whole[:start] + data.draw(st.binary(max_size=8)) + whole[start + length :]
    with playing(lambda handler: handler.wfile.write(whole)) as (address, _):
        client = Leitmotif(address, timeout_s=0.5)
        for call in (client.games, lambda: list(client.stream("zelda"))):
            try:
                call()
            except Exception as error:  # noqa: BLE001  whatever it is
                assert isinstance(error, LeitmotifError)  # noqa: PT017  finishing is as good


@pytest.mark.parametrize("body", [b"", b'{"event": "notes", "notes": []}\n', b'{"event": "no'])
def test_a_stream_that_just_ends_is_not_a_song(body):
    with playing(answer(200, body)) as (address, _), pytest.raises(UnreachableError, match="broke"):
        list(Leitmotif(address).stream("zelda"))


def test_events_and_members_that_are_new_are_passed_over():
    end = {"notes": 1, "quotes": 0, "longest_quote": 0, "duration_beats": 1, "duration_s": 0.5}
    lines = [{"event": "applause"}, {"event": "end", "encore": True, **end}]
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    with playing(answer(200, body)) as (address, _):
        assert list(Leitmotif(address).stream("zelda")) == [EndEvent(**end)]


def test_an_error_page_of_a_proxy_is_a_problem_too():
    with playing(answer(502, b"<html>", Content_Type="text/html")) as (address, _):
        with pytest.raises(ProblemError, match=r"^Bad Gateway$") as trouble:
            Leitmotif(address).games()
        assert (trouble.value.status, trouble.value.detail) == (502, "")


def test_a_primer_is_uploaded_from_bytes_or_from_a_path(tmp_path):
    path = tmp_path / "intro.mid"
    path.write_bytes(b"MThd\r\n--\x00")
    with playing(FINE) as (address, requests):
        for primer in (path, path.read_bytes()):
            Leitmotif(address).generate("zelda", primer=primer, notes=9, temperature=0.5)
    for _, headers, body in requests:
        environ = {
            "CONTENT_TYPE": headers["Content-Type"],
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body),
        }
        _, form, files = parse_form_data(environ)
        assert form.to_dict() == {
            "game": "zelda",
            "format": "midi",
            "notes": "9",
            "temperature": "0.5",
        }
        assert files["primer"].read() == b"MThd\r\n--\x00"
        files["primer"].close()


def test_a_song_continues_a_primer(leitmotif, client):
    expected = client.post(URL, **uploaded(INTRO, include_primer="true"))
    song = leitmotif.generate("zelda", seed=7, notes=30, primer=INTRO, include_primer=True)
    assert song.content == expected.data
    first, *_ = leitmotif.stream("zelda", seed=7, notes=30, primer=CUT_INTRO, include_primer=True)
    assert first.primer_notes == 5
    assert first.primer_warnings == ("the file ends early; notes read: 5",)


def test_a_primer_that_is_not_there_is_an_error_of_the_file_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        Leitmotif().generate("zelda", primer=tmp_path / "intro.mid")


def test_a_key_is_shown_with_every_request():
    with playing(FINE) as (address, requests):
        Leitmotif(address, api_key="secret").generate("zelda")
        Leitmotif(address).generate("zelda")
    shown, hidden = (headers["Authorization"] for _, headers, _ in requests)
    assert (shown, hidden) == ("Bearer secret", None)


def test_an_address_may_have_a_path():
    with playing(FINE) as (address, requests):
        Leitmotif(f"{address}/music/").generate("zelda")
    assert requests[0][0] == "/music/generate"


@pytest.mark.parametrize(
    "url",
    [
        *("localhost:8080", "ftp://host", "http://", "", "http://host:x", "http://host:99999"),
        *("http://ho st", "http://host/a b", "http://host/\xe4", "http://a..b", "http://[::1"),
        *(f"http://{'a' * 64}.example", "http://host/\r\nX: y"),
    ],
)
def test_an_invalid_address_is_refused_at_once(url):
    with pytest.raises(ValueError, match=r"address|[Pp]ort|IPv6"):
        Leitmotif(url)


@pytest.mark.parametrize("key", ["a\nb", "ä", "a\0"])
def test_an_invalid_key_is_refused_without_showing_it(key):
    with pytest.raises(ValueError, match=r"^the API key has characters that no key has$"):
        Leitmotif(api_key=key)


@pytest.mark.parametrize("timeout_s", [0, -1, float("nan"), float("inf"), 1e20])
def test_an_invalid_timeout_is_refused_at_once(timeout_s):
    with pytest.raises(ValueError, match="timeout_s must be above 0 and up to 86400"):
        Leitmotif(timeout_s=timeout_s)


def test_text_that_is_no_unicode_is_no_game(leitmotif):
    for primer in ("none", INTRO):
        with pytest.raises(ProblemError) as trouble:
            leitmotif.generate("\ud800", primer=primer)
        assert trouble.value.status == 404


def test_all_that_goes_wrong_is_of_one_tree():
    for kind in (IncompatibleError, ProblemError, TooSlowError, UnreachableError):
        assert issubclass(kind, LeitmotifError)


def test_the_server_does_not_import_the_client():
    program = "import sys, api.__main__; print('api.client' in sys.modules)"
    assert run(program).stdout == "False\n"


@pytest.mark.slow
def test_the_client_with_a_real_process(loopback, config, tmp_path):
    loopback.slow_s = 0.02
    with running_api(loopback, config, tmp_path) as (port, _):
        leitmotif = Leitmotif(f"http://127.0.0.1:{port}")
        assert [game.game for game in leitmotif.games()] == ["zelda"]
        song = leitmotif.generate("zelda", seed=7, notes=200)
        assert len(read_midi(song.content, "song").notes) == 200
        *_, end = leitmotif.stream("zelda", seed=7, notes=200)
        assert end.notes == 200
        before = loopback.signatures().count("decode")
        events = leitmotif.stream("zelda", notes=4000)
        assert [type(next(events)) for _ in range(2)] == [SongEvent, NotesEvent]
        events.close()
        assert leitmotif.generate("zelda", seed=7, notes=200) == song
        assert loopback.signatures().count("decode") - before < 30  # of some 60 for all of it


@pytest.mark.slow
def test_a_real_process_that_needs_a_key(loopback, config, tmp_path):
    with running_api(loopback, config, tmp_path, API_KEYS="a-key-of-a-caller") as (port, _):
        address = f"http://127.0.0.1:{port}"
        with pytest.raises(ProblemError) as refusal:
            Leitmotif(address).generate("zelda")
        assert refusal.value.status == 401
        assert Leitmotif(address, api_key="a-key-of-a-caller").generate("zelda", notes=9).notes == 9
