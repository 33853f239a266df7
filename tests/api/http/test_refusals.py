"""Refused requests: the status, and a message with the valid values."""

import io

import pytest

from api.http.request.parameters import PARAMETERS
from tests.api.problems import assert_problem

NAMES = ", ".join(parameter.name for parameter in PARAMETERS)
HUGE = "1" * 400
PRIMER = "primer must be one of none, corpus, or an uploaded file (MIDI, or a song's JSON)."
TOO_LARGE = "The body must be at most 65536 bytes, plus 1048576 for a file."

BAD_PARAMETERS = [
    # query, parameter, what the detail says
    ("", "game", "game is missing."),
    ("game=", "game", "game must be a name."),
    ("game=zelda&notes=0", "notes", "notes must be an integer from 1 to 4000."),
    ("game=zelda&notes=4001", "notes", "notes must be an integer from 1 to 4000."),
    ("game=zelda&notes=-5", "notes", "notes must be an integer from 1 to 4000."),
    ("game=zelda&notes=5.5", "notes", "notes must be an integer from 1 to 4000."),
    ("game=zelda&notes=", "notes", "notes must be an integer from 1 to 4000."),
    ("game=zelda&notes=many", "notes", "notes must be an integer from 1 to 4000."),
    ("game=zelda&notes=1_000", "notes", "notes must be an integer from 1 to 4000."),
    ("game=zelda&notes=%D9%A5", "notes", "notes must be an integer from 1 to 4000."),
    ("game=zelda&notes=5%00", "notes", "notes must be an integer from 1 to 4000."),
    (f"game=zelda&notes={HUGE}", "notes", "notes must be an integer from 1 to 4000."),
    ("game=zelda&seconds=0.5", "seconds", "seconds must be a number from 1 to 600."),
    ("game=zelda&seconds=601", "seconds", "seconds must be a number from 1 to 600."),
    ("game=zelda&seconds=9&notes=9", "seconds", "Send only one of notes, seconds and bars."),
    ("game=zelda&temperature=nan", "temperature", "temperature must be a number from 0 to 2."),
    ("game=zelda&temperature=inf", "temperature", "temperature must be a number from 0 to 2."),
    ("game=zelda&temperature=1e999", "temperature", "temperature must be a number from 0 to 2."),
    ("game=zelda&temperature=-0.1", "temperature", "temperature must be a number from 0 to 2."),
    ("game=zelda&temperature=2.01", "temperature", "temperature must be a number from 0 to 2."),
    (f"game=zelda&temperature={HUGE}", "temperature", "temperature must be a number from 0 to 2."),
    ("game=zelda&top_k=-1", "top_k", "top_k must be an integer from 0 to 1024."),
    ("game=zelda&top_k=1025", "top_k", "top_k must be an integer from 0 to 1024."),
    ("game=zelda&top_p=0", "top_p", "top_p must be a number above 0 and up to 1."),
    ("game=zelda&top_p=1.1", "top_p", "top_p must be a number above 0 and up to 1."),
    ("game=zelda&seed=-1", "seed", "seed must be an integer from 0 to 9007199254740991."),
    (
        f"game=zelda&seed={1 << 53}",
        "seed",
        "seed must be an integer from 0 to 9007199254740991.",
    ),
    ("game=zelda&tempo=19", "tempo", "tempo must be a number from 20 to 400."),
    ("game=zelda&tempo=401", "tempo", "tempo must be a number from 20 to 400."),
    ("game=zelda&primer=loud", "primer", PRIMER),
    ("game=zelda&primer=NONE", "primer", PRIMER),
    ("game=zelda&primer=uploaded", "primer", PRIMER),
    ("game=zelda&include_primer=", "include_primer", "include_primer must be true or false."),
    ("game=zelda&include_primer=1", "include_primer", "include_primer must be true or false."),
    ("game=zelda&include_primer=True", "include_primer", "include_primer must be true or false."),
    (
        "game=zelda&include_primer=true",
        "include_primer",
        "include_primer needs an uploaded primer (with POST).",
    ),
    (
        "game=zelda&format=mp3",
        "format",
        "format must be one of midi, wav, ogg, json, musicxml, svg, zip, sse, ndjson.",
    ),
    (
        "game=zelda&format=",
        "format",
        "format must be one of midi, wav, ogg, json, musicxml, svg, zip, sse, ndjson.",
    ),
    ("game=zelda&notes=5&notes=5", "notes", "notes was sent twice; send it once."),
    ("game=zelda&game=other", "game", "game was sent twice; send it once."),
    (
        "game=zelda&temprature=1",
        "temprature",
        f"There is no parameter 'temprature'. Did you mean temperature? Available: {NAMES}.",
    ),
    ("game=zelda&xyzzy=1", "xyzzy", f"There is no parameter 'xyzzy'. Available: {NAMES}."),
    (
        "game=zelda&Notes=1",
        None,
        f"There is no parameter of that name. Did you mean notes? Available: {NAMES}.",
    ),
    (
        "game=zelda&%3Cscript%3E=1",
        None,
        f"There is no parameter of that name. Available: {NAMES}.",
    ),
]


@pytest.fixture
def post(client, loopback):
    """Post a request, and check that the model server gets no call."""

    def posted(*arguments, **keywords):
        response = client.post(*arguments, **keywords)
        assert not loopback.calls
        return response

    return posted


@pytest.mark.parametrize(("query", "parameter", "detail"), BAD_PARAMETERS)
def test_a_parameter_that_does_not_fit(post, query, parameter, detail):
    response = post(f"/generate?{query}")
    assert_problem(response, 422, slug="bad-parameter")
    assert response.json["detail"] == detail
    assert response.json.get("parameter") == parameter


@pytest.mark.parametrize("accept", ["audio/midi", "text/html", "audio/midi;q=0", "nonsense"])
def test_a_problem_does_not_depend_on_the_accept_header(post, accept):
    assert_problem(post("/generate?game=zelda&notes=0", headers={"Accept": accept}), 422)


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"game": 5}, "game"),
        ({"game": None}, "game"),
        ({"game": ["zelda"]}, "game"),
        ({"game": {"name": "zelda"}}, "game"),
        ({"game": "zelda", "notes": "5"}, "notes"),
        ({"game": "zelda", "notes": True}, "notes"),
        ({"game": "zelda", "notes": None}, "notes"),
        ({"game": "zelda", "notes": 5.5}, "notes"),
        ({"game": "zelda", "notes": [5]}, "notes"),
        ({"game": "zelda", "notes": {}}, "notes"),
        ({"game": "zelda", "temperature": "1"}, "temperature"),
        ({"game": "zelda", "temperature": False}, "temperature"),
        ({"game": "zelda", "temperature": 10**4000}, "temperature"),
        ({"game": "zelda", "notes": -(10**4000)}, "notes"),
        ({"game": 10**40}, "game"),
        ({"game": "zelda", "primer": 0}, "primer"),
        ({"game": "zelda", "include_primer": "true"}, "include_primer"),
        ({"game": "zelda", "include_primer": 1}, "include_primer"),
        ({"game": "zelda", "format": ["midi"]}, "format"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_json_value_of_the_wrong_type(post, body, parameter):
    response = post("/generate", json=body)
    assert_problem(response, 422, slug="bad-parameter")
    assert response.json["parameter"] == parameter
    assert f"{parameter} must be " in response.json["detail"]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("{", "The body is not JSON."),
        ('{"game": "zelda",}', "The body is not JSON."),
        ('{"game": "zelda", "temperature": NaN}', "The body is not JSON."),
        ('{"game": "zelda", "temperature": -Infinity}', "The body is not JSON."),
        ('{"notes": 0' + "1" * 5000 + "}", "The body is not JSON."),
        (b"\xff\xfe\xfd", "The body is not JSON."),
        ("[" * 60_000, "The body is not JSON."),
        ('{"a":' * 12_000, "The body is not JSON."),
        ("[]", "The body must be a JSON object of parameters."),
        ('[["game", "zelda"]]', "The body must be a JSON object of parameters."),
        ('"zelda"', "The body must be a JSON object of parameters."),
        ("null", "The body must be a JSON object of parameters."),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_body_that_is_no_json_object(post, body, detail):
    response = post("/generate?game=zelda", data=body, content_type="application/json")
    assert_problem(response, 400, slug="malformed-body")
    assert response.json["detail"] == detail


@pytest.mark.parametrize("digits", [40, 41, 5000, 60_000])
@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("parameter", ["notes", "temperature", "seed", "primer"])
def test_a_whole_number_of_json_that_is_out_of_all_range(post, parameter, sign, digits):
    body = f'{{"game": "zelda", "{parameter}": {sign}{"1" * digits}}}'
    response = post("/generate", data=body, content_type="application/json")
    assert_problem(response, 422, slug="bad-parameter")
    assert response.json["detail"].startswith(f"{parameter} must be ")


FIELD = 'Content-Disposition: form-data; name="notes"'
MULTIPART = "multipart/form-data"


@pytest.mark.parametrize(
    ("body", "parameters"),
    [
        ("notes=5", "; boundary=x"),
        (f"--y\r\n{FIELD}\r\n\r\n5\r\n--y--\r\n", "; boundary=x"),
        (f"--x\r\n{FIELD}\r\n\r\n5\r\n--x--\r\n", ""),
        (f"--x\r\n{FIELD}\r\n\r\n5\r\n--x--\r\n", "; boundary="),
        (f"--x\r\n{FIELD}\r\n\r\n5\r\n--x--\r\n", "; boundary=\xe9"),
        (f"--x\r\n{FIELD}\r\n\r\n5", "; boundary=x"),
        (f"--x\r\n{FIELD}\r\n\r\n5\r\n--x\r\n", "; boundary=x"),
        (f"--x\r\n{FIELD}", "; boundary=x"),
        ("--x\r\nA: b\r\n\r\n5\r\n--x--\r\n", "; boundary=x"),
        (b"--x\r\n\xff: b\r\n\r\n5\r\n--x--\r\n", "; boundary=x"),
    ],
    ids=lambda value: ascii(value)[:60],
)
def test_a_body_that_is_no_multipart_form(post, body, parameters):
    response = post("/generate?game=zelda", data=body, content_type=MULTIPART + parameters)
    assert_problem(response, 400, slug="malformed-body")
    assert response.json["detail"] == "The body is not multipart/form-data."


def test_a_part_of_a_form_that_has_no_name(post):
    body = "--x\r\nContent-Disposition: form-data\r\n\r\n5\r\n--x--\r\n"
    response = post("/generate?game=zelda", data=body, content_type=f"{MULTIPART}; boundary=x")
    assert_problem(response, 400, slug="malformed-body")
    assert response.json["detail"] == "A part of the body has no name."


def test_a_body_that_is_no_urlencoded_form(post):
    form = "application/x-www-form-urlencoded"
    response = post("/generate?game=zelda", data=b"notes=\xff", content_type=form)
    assert_problem(response, 400, slug="malformed-body")
    assert response.json["detail"] == f"The body is not {form}."


def test_a_form_with_many_parts_is_refused_by_their_content(post):
    body = f"--x\n{FIELD}\n\n5\n" * 1020 + "--x--\n"
    response = post("/generate?game=zelda", data=body, content_type=f"{MULTIPART}; boundary=x")
    assert_problem(response, 422, slug="bad-parameter")
    assert response.json["detail"] == "notes was sent twice; send it once."


@pytest.mark.parametrize(
    "arguments",
    [
        {"query_string": "game=zelda&notes=5", "json": {"notes": 5}},
        {"query_string": "game=zelda&notes=5", "data": {"notes": "5"}},
        {"query_string": "game=zelda", "data": "notes=5&notes=6"},
        {"query_string": "game=zelda", "data": '{"notes": 5, "notes": 5}'},
    ],
    ids=["query and JSON", "query and form", "form", "JSON"],
)
def test_a_parameter_given_twice(post, arguments):
    if isinstance(data := arguments.get("data"), str):
        is_json = data.startswith("{")
        form = "application/x-www-form-urlencoded"
        arguments = {**arguments, "content_type": "application/json" if is_json else form}
    response = post("/generate", **arguments)
    assert_problem(response, 422, slug="bad-parameter")
    assert response.json["detail"] == "notes was sent twice; send it once."


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "audio/midi", "", "a;b"])
def test_a_body_of_a_type_that_is_not_read(post, content_type):
    response = post("/generate?game=zelda", data=b"notes=5", content_type=content_type)
    assert_problem(response, 415, slug="unsupported-body")
    assert "application/json" in response.json["detail"]


def test_a_file_for_a_value_is_refused(post):
    data = {"game": "zelda", "notes": (io.BytesIO(b"5"), "notes.txt")}
    response = post("/generate", data=data)
    assert_problem(response, 422, slug="bad-parameter")
    assert response.json["detail"] == "notes cannot be a file; send a value."


@pytest.mark.parametrize(
    ("content_type", "most_bytes"),
    [("application/json", 64 * 1024), ("multipart/form-data; boundary=x", 1088 * 1024)],
)
@pytest.mark.parametrize("is_length_told", [True, False])
def test_a_body_that_is_too_large(post, content_type, most_bytes, is_length_told):
    body = {"data": b" " * (most_bytes + 1)}
    if not is_length_told:
        body = {"input_stream": io.BytesIO(body["data"])}
        body["environ_overrides"] = {"wsgi.input_terminated": True}
    response = post("/generate?game=zelda", content_type=content_type, **body)
    assert_problem(response, 413)
    assert response.json["detail"] == TOO_LARGE


def test_a_file_that_is_too_large(post):
    head = b'--x\r\nContent-Disposition: form-data; name="primer"; filename="x.mid"\r\n\r\n'
    body = head + b" " * (1024 * 1024 + 1) + b"\r\n--x--\r\n"
    response = post("/generate?game=zelda", data=body, content_type=f"{MULTIPART}; boundary=x")
    assert_problem(response, 413)
    assert response.json["detail"] == TOO_LARGE


def test_a_body_as_large_as_may_be(client):
    data = b'{"notes": 3}'.ljust(64 * 1024)
    response = client.post("/generate?game=zelda", data=data, content_type="application/json")
    assert response.status_code == 200


def test_an_unknown_game_is_a_404_that_says_how_to_add_it(post):
    response = post("/generate?game=metroid")
    assert_problem(response, 404, slug="unknown-game")
    assert response.json["detail"] == (
        "There is no game 'metroid'. Available games: zelda. To add it, put its pieces into "
        "data/midi/metroid/ (or below DATA_DIR) and run make train GAME=metroid."
    )
    assert response.json["games"] == ["zelda"]


@pytest.mark.parametrize("game", ["../etc", "Zelda", "<b>", "x" * 65, "zelda ", "zelda\n", "zëlda"])
def test_a_name_that_no_game_can_have_is_not_repeated(post, game):
    response = post("/generate", query_string={"game": game})
    assert_problem(response, 404, slug="unknown-game")
    assert response.json["detail"] == (
        "There is no game of that name. Available games: zelda. To add it, put its pieces into "
        "data/midi/<game>/ (or below DATA_DIR) and run make train GAME=<game>."
    )


def test_before_any_training_there_are_no_games(post, config):
    config.models_config.unlink()
    response = post("/generate?game=zelda")
    assert_problem(response, 404, slug="unknown-game")
    assert response.json["games"] == []
    assert "No game has a model yet." in response.json["detail"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/generate", "GET, HEAD, OPTIONS, POST"),
        ("DELETE", "/generate", "GET, HEAD, OPTIONS, POST"),
        ("POST", "/games", "GET, HEAD, OPTIONS"),
        ("POST", "/healthz", "GET, HEAD, OPTIONS"),
        ("PROPFIND", "/readyz", "GET, HEAD, OPTIONS"),
    ],
)
def test_an_unsupported_method_is_a_405(client, method, path, allow):
    response = client.open(path, method=method)
    assert_problem(response, 405)
    assert response.headers["Allow"] == allow
    assert response.json["detail"] == f"This path supports {allow}."


@pytest.mark.parametrize(
    "path", ["/generate/", "/games/zelda", "/games//", "/%00", "/..%2f..%2fetc"]
)
def test_a_path_that_is_not_there(client, path):
    assert_problem(client.get(path), 404)


def test_a_bug_is_a_500_with_details_only_in_the_log(client, app, caplog, monkeypatch):
    def buggy(*_):
        raise ZeroDivisionError("secret internals")

    monkeypatch.setattr(app.extensions["leitmotif"].composer, "song", buggy)
    response = client.post("/generate?game=zelda")
    assert_problem(response, 500)
    assert "secret" not in response.text
    assert "secret internals" in caplog.text
