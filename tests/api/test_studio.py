"""GET / and the files of the page."""

import re

import pytest

from api.formats.registry import FORMATS
from api.http.request.parameters import PARAMETERS
from api.studio import FILES
from music.character.wanted import MOODS
from music.keys import Mode, NamedKey


def test_the_page_is_at_the_root(client):
    response = client.get("/")
    assert (response.status_code, response.content_type) == (200, "text/html; charset=utf-8")
    assert "<title>Leitmotif</title>" in response.text


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("main.js", "text/javascript; charset=utf-8"),
        ("studio.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ],
)
def test_the_studios_files_have_their_media_types(client, name, media_type):
    response = client.get(f"/studio/{name}")
    assert (response.status_code, response.content_type) == (200, media_type)
    assert response.data == FILES[name].content


def test_the_studio_saves_formats_of_the_registry_under_their_suffixes(client):
    (table,) = re.findall(r"const SUFFIXES = \{(.+)\};", client.get("/studio/keep.js").text)
    suffixes = dict(re.findall(r"(\w+): \"(\w+)\"", table))
    registry = {form.name: form.suffix for form in FORMATS}
    assert suffixes
    assert suffixes.items() <= registry.items()
    assert set(re.findall(r'data-format="(\w+)"', client.get("/").text)) == set(suffixes)


def test_the_studio_offers_the_moods_and_keys_of_the_service(client):
    page = client.get("/").text
    (moods,) = re.findall(r'<select id="mood".+?</select>', page, re.DOTALL)
    offered = re.findall(r'<option value="(\w+)"(.*?)>', moods)
    assert {name: dict(re.findall(r'data-(\w+)="(\w+)"', more)) for name, more in offered} == {
        name: {each: str(value) for each, value in character.members.items()}
        for name, character in MOODS.items()
    }
    (keys,) = re.findall(r'<select id="key".+?</select>', page, re.DOTALL)
    named = [NamedKey.of(name) for name in re.findall(r'<option value="([^"]+)"', keys)]
    assert [(key.tonic, key.mode) for key in named] == [(t, m) for m in Mode for t in range(12)]


@pytest.mark.parametrize("path", ["/", "/studio/main.js", "/studio/icon.svg"])
def test_inline_and_foreign_scripts_do_not_run(client, path):
    headers = client.get(path).headers
    policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/", "/studio/main.js"])
def test_a_cached_file_is_a_304(client, path):
    first = client.get(path)
    assert first.headers["Cache-Control"] == "no-cache"
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = client.get(path, headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


@pytest.mark.parametrize(
    "name", ["nothing.js", "..%2f__init__.py", "../__init__.py", "%2e%2e/__init__.py", ".", ""]
)
def test_there_are_no_other_files(client, name):
    response = client.get(f"/studio/{name}")
    assert (response.status_code, response.mimetype) == (404, "application/problem+json")


def test_all_that_the_files_name_is_there():
    page = FILES["index.html"].content.decode()
    named = set(re.findall(r'(?:href|src)="studio/([^"]+)"', page))
    modules = {name: file.content.decode() for name, file in FILES.items() if name.endswith(".js")}
    named |= {
        found for text in modules.values() for found in re.findall(r'"\./([a-z]+\.js)"', text)
    }
    assert named == set(FILES) - {"index.html"}
    ids = set(re.findall(r' id="([^"]+)"', page))
    wanted = {found for text in modules.values() for found in re.findall(r'byId\("([^"]+)"', text)}
    assert wanted <= ids


def test_the_page_loads_nothing_from_another_host():
    for file in FILES.values():
        hosts = re.findall(r"(?:https?:)?//([a-z0-9.-]+\.[a-z]+)", file.content.decode())
        assert set(hosts) <= {"www.w3.org"}  # the name of SVG


@pytest.mark.parametrize(
    ("control", "parameter", "step"),
    [
        ("length", "notes", 1),
        ("temperature", "temperature", 0.05),
        ("top_p", "top_p", 0.01),
        ("tempo", "tempo", None),
        ("seed", "seed", 1),
        ("max_quote", "max_quote", 1),
    ],
)
def test_the_controls_match_the_services_parameters(control, parameter, step):
    page = FILES["index.html"].content.decode()
    said = dict(
        re.findall(r'([a-z]+)="([^"]*)"', re.search(rf'<input id="{control}"[^>]*', page)[0])
    )
    (row,) = (row for row in PARAMETERS if row.name == parameter)
    assert float(said["max"]) == row.highest
    assert float(said["min"]) == (row.lowest if row.lowest_fits else row.lowest + step)
    default = 500 if parameter == "notes" else row.default  # the service has none: it plans bars
    assert said.get("value") == (None if default is None else str(default))
