"""Checks every response of an app against its OpenAPI document."""

import json
from functools import cache

from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from werkzeug.exceptions import HTTPException

from api.http.openapi import document

CONTRACT = document()


class CheckedClient(FlaskClient):
    """Calls an app, and fails if a response is not in its contract."""

    def open(self, *arguments, **keywords):
        response = super().open(*arguments, **keywords)
        if keywords.get("buffered", True):  # else its test reads a stream as it comes
            self._check(response)
        return response

    def _check(self, response):
        asked, adapter = response.request, self.application.url_map.bind("localhost")
        try:
            rule, _ = adapter.match(asked.path, asked.method, return_rule=True)
        except HTTPException:  # no path or method of the contract
            assert response.status_code in {404, 405}
            if asked.method != "HEAD":
                valid("Problem").validate(response.json)
        else:
            check(response, rule.rule, asked.method)


def described(rule, method):
    """Find what the contract says of a path, as Flask writes it."""
    path = rule.replace("<", "{").replace(">", "}")
    return CONTRACT["paths"][path][method.lower()]


def check(response, rule, method):
    """Make sure that an answer is one that the contract describes."""
    answers = described(rule, method)["responses"]
    assert str(response.status_code) in answers, f"{response.status_code} is not documented"
    answer = answers[str(response.status_code)]
    for name in answer.get("headers", ()):
        check_header(CONTRACT["components"]["headers"][name], response.headers.get(name))
    if "content" not in answer:
        assert not response.data
        return
    assert response.mimetype in answer["content"], f"{response.mimetype} is not documented"
    content = answer["content"][response.mimetype]
    if "schema" in content:
        validator(content["schema"]).validate(response.json)
    if "x-itemSchema" in content:
        for event in events(response):
            validator(content["x-itemSchema"]).validate(event)


def check_header(header, text):
    if text is None:
        assert not header["required"]
        return
    is_number = header["schema"].get("type") == "integer"
    validator(header["schema"]).validate(int(text) if is_number else text)


def validator(schema):
    return Draft202012Validator({**schema, "components": CONTRACT["components"]})


@cache
def valid(name):
    """Return the validator of a schema among the components."""
    return validator({"$ref": f"#/components/schemas/{name}"})


def events(response):
    """Read a stream of either form, each event as a line of NDJSON has it."""
    text = response.data.decode()
    if response.mimetype == "application/x-ndjson":
        return [json.loads(line) for line in text.splitlines()]
    blocks = [
        dict(line.split(": ", 1) for line in block.split("\n")) for block in text.split("\n\n")[:-1]
    ]
    return [{"event": block["event"], **json.loads(block["data"])} for block in blocks]
