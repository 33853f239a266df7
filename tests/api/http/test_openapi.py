"""The contract: a valid and complete OpenAPI document, made from the tables in use.

That every answer of the API keeps it is checked wherever a test asks for one (`contract.py`).
"""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from openapi_spec_validator import OpenAPIV31SpecValidator

from api.errors import BadParameterError
from api.formats.registry import FORMATS, STREAMS
from api.http.problems import MEDIA_TYPE, PROBLEMS
from api.http.request.parameter import RequestValue
from api.http.request.parameters import PARAMETERS
from api.http.request.song_request import song_request
from tests.api.contract import CONTRACT, described, valid, validator
from tests.api.contract_outline import GOLDEN, outline

GENERATE = described("/generate", "POST")
JSON_VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
)


def test_it_is_valid_openapi_3_1():
    assert CONTRACT["openapi"].startswith("3.1.")
    assert list(OpenAPIV31SpecValidator(CONTRACT).iter_errors()) == []


def test_its_outline_is_the_one_that_was_agreed():
    assert outline() == GOLDEN.read_text(), (
        "if the change is meant, write it with: .venv/bin/python -m tests.api.contract_outline"
    )


def test_the_document_is_served_by_the_api(client):
    response = client.get("/openapi.json")
    assert (response.status_code, response.content_type) == (200, "application/json")
    assert response.json == CONTRACT


def test_a_cached_document_is_a_304(client):
    for path in ("/openapi.json", "/docs", "/docs/docs.css"):
        tag = client.get(path).headers["ETag"]
        again = client.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.data) == (304, b"")


def test_every_path_and_method_is_in_it_and_no_other(app):
    answered = {
        (rule.rule.replace("<", "{").replace(">", "}"), method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods
    }
    assert answered == {
        (path, method) for path, item in CONTRACT["paths"].items() for method in item
    }


def test_every_operation_has_a_unique_name():
    operations = [operation for item in CONTRACT["paths"].values() for operation in item.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda parameter: parameter.name)
def test_every_parameter_is_in_the_query_and_in_every_body(parameter):
    (query,) = (p for p in GENERATE["parameters"] if p["name"] == parameter.name)
    assert query["in"] == "query"
    bodies = GENERATE["requestBody"]["content"]
    assert {kind: body["schema"]["$ref"].rpartition("/")[2] for kind, body in bodies.items()} == {
        "application/json": "SongRequest",
        "application/x-www-form-urlencoded": "SongRequest",
        "multipart/form-data": "SongUpload",
    }
    in_body, in_upload = (
        CONTRACT["components"]["schemas"][name]["properties"][parameter.name]
        for name in ("SongRequest", "SongUpload")
    )
    assert {**query["schema"], "description": query["description"]} == in_body
    assert in_body.get("default") == in_upload.get("default") == parameter.default
    may_be_file = {"type": "string", "contentMediaType": "audio/midi"} in in_upload.get("anyOf", ())
    assert may_be_file == parameter.may_be_file


@given(
    st.dictionaries(
        st.sampled_from([*(p.name for p in PARAMETERS), "other"]),
        JSON_VALUES | st.integers(-1, 5000) | st.sampled_from(["zelda", "midi", "none"]),
        max_size=3,
    )
)
def test_a_body_is_refused_exactly_if_its_schema_refuses_it(said):
    body = {"game": "zelda", **said}
    assume(body.get("include_primer") is not True)  # which needs the other schema's file
    assume("keep" not in body)  # likewise
    try:
        song_request([RequestValue(name, value, is_json=True) for name, value in body.items()])
    except BadParameterError:
        assert not valid("SongRequest").is_valid(body)
    else:
        valid("SongRequest").validate(body)


@pytest.mark.parametrize(
    "said",
    [
        {"notes": 100, "bars": 8},
        {"ending": True, "loop": True},
        {"intro_bars": 2},
        {"intro_bars": 2, "loop": False},
    ],
    ids=str,
)
def test_parameters_that_do_not_go_together_are_refused_by_the_schema_too(said):
    body = {"game": "zelda", **said}
    with pytest.raises(BadParameterError):
        song_request([RequestValue(name, value, is_json=True) for name, value in body.items()])
    assert not valid("SongRequest").is_valid(body)
    assert not valid("SongUpload").is_valid(body)


@pytest.mark.parametrize(
    "said",
    [
        {"ending": False, "loop": True},
        {"ending": True, "loop": False},
        {"ending": True},
        {"intro_bars": 2, "loop": True},
        {"intro_bars": 0},
    ],
    ids=str,
)
def test_parameters_that_go_together_are_accepted_by_the_schema_too(said):
    body = {"game": "zelda", **said}
    assert song_request(RequestValue(name, value, is_json=True) for name, value in body.items())
    valid("SongRequest").validate(body)


def test_every_format_is_a_documented_response():
    content = GENERATE["responses"]["200"]["content"]
    finished, streams = ([form.media_type for form in table] for table in (FORMATS, STREAMS))
    assert list(content) == [*finished, *streams]


@pytest.mark.parametrize("error", PROBLEMS, ids=lambda error: error.__name__)
def test_every_error_is_documented_with_an_example_of_its_type(error):
    problem = PROBLEMS[error]
    answer = GENERATE["responses"][str(problem.status.value)]
    content = answer["content"][MEDIA_TYPE]
    example = content["examples"][problem.slug]["value"]
    assert example["type"] == f"urn:leitmotif:problem:{problem.slug}"
    assert (example["title"], example["status"]) == (problem.title, problem.status)
    validator(content["schema"]).validate(example)
    assert ("Retry-After" in answer["headers"]) == (problem.retry_after_s is not None)


def test_every_example_of_a_request_is_a_request():
    for body in GENERATE["requestBody"]["content"].values():
        assert song_request(RequestValue(*item, is_json=True) for item in body["example"].items())


@pytest.mark.parametrize("name", CONTRACT["components"]["schemas"])
def test_every_example_of_a_response_is_valid(name):
    examples = CONTRACT["components"]["schemas"][name].get("examples", ())
    assert len(examples) == (name in {"Note", "Quote", "Game"})
    for example in examples:
        valid(name).validate(example)


def test_every_reference_leads_somewhere():
    def references(node):
        if isinstance(node, dict):
            yield from ([node["$ref"]] if "$ref" in node else [])
            node = list(node.values())
        for child in node if isinstance(node, list) else []:
            yield from references(child)

    found = set(references(CONTRACT))
    assert found
    for reference in found:
        _, components, kind, name = reference.split("/")
        assert name in CONTRACT[components][kind]
