"""The page /docs: the whole contract, nothing from other hosts, and a form to try it."""

import re
from html.parser import HTMLParser

import pytest

from api.http.request.parameters import PARAMETERS
from tests.api.contract import CONTRACT


class Page(HTMLParser):
    """The tags of a page, with their attributes, and its text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.said = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.said.append(data)

    def named(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self):
        return " ".join("".join(self.said).split())


@pytest.fixture
def page(client):
    response = client.get("/docs")
    assert (response.status_code, response.content_type) == (200, "text/html; charset=utf-8")
    return Page(response.text)


def test_the_page_has_every_operation_with_its_responses(page):
    ids = {attributes.get("id") for _, attributes in page.tags}
    for path, item in CONTRACT["paths"].items():
        for method in {"get", "post"} & set(item):
            operation = item[method]
            assert operation["operationId"] in ids
            assert f"{method.upper()} {path}" in page.text
            for status, answer in operation["responses"].items():
                assert f"{status} {answer['description'].replace('`', '')}" in page.text


def test_every_parameter_is_a_field_of_a_form(page):
    fields = {field.get("name"): field for field in (*page.named("input"), *page.named("select"))}
    options = [option for tag, option in page.tags if tag == "option"]
    assert options
    for parameter in PARAMETERS:
        field = fields[parameter.name]
        assert field["data-in"] == "query"
        if field.get("type") == "number":
            assert float(field["min"]) == parameter.lowest
            assert float(field["max"]) == parameter.highest
        for choice in parameter.choices:
            assert choice in page.text


def test_every_schema_is_on_it(page):
    ids = {attributes.get("id") for _, attributes in page.tags}
    assert set(CONTRACT["components"]["schemas"]) <= ids


def test_the_page_loads_nothing_from_other_hosts(client, page):
    links = [
        *(tag["href"] for tag in (*page.named("link"), *page.named("a"))),
        *(tag["src"] for tag in page.named("script")),
    ]
    for link in links:
        assert link.startswith("#") or client.get(f"/{link}").status_code == 200
    attributes = {name for _, tag in page.tags for name in tag}
    assert "style" not in attributes
    assert not [name for name in attributes if name.startswith("on")]
    assert not page.named("style")
    for name in ("docs.css", "docs.js"):
        assert not re.search(
            r"(https?:)?//[a-z]|@import|\burl\(|\beval\(", client.get(f"/docs/{name}").text
        )


def test_a_policy_keeps_it_so(client):
    policy = client.get("/docs").headers["Content-Security-Policy"]
    said = dict(directive.split(" ", 1) for directive in policy.split("; "))
    assert said["default-src"] == said["base-uri"] == said["frame-ancestors"] == "'none'"
    assert said["script-src"] == said["style-src"] == said["connect-src"] == "'self'"
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.parametrize(
    ("name", "media_type"), [("docs.css", "text/css"), ("docs.js", "text/javascript")]
)
def test_files_have_their_media_types(client, name, media_type):
    response = client.get(f"/docs/{name}")
    assert response.content_type == f"{media_type}; charset=utf-8"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["docs.html", "..%2fdocs.py", "%2e%2e%2froutes.py", "a%00b"])
def test_no_other_file_is_handed_out(client, name):
    assert client.get(f"/docs/{name}").status_code == 404
