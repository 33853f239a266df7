"""The API as a process, with valid and invalid requests by schemathesis.

What comes back is none of ours to choose: it must be documented, and never a 5xx.
"""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.api.processes import running_api

REQUESTS = 2000
MOST_NOTES = 40
MOST_SECONDS = 3.0
MOST_BARS = 8
LENGTHS = ("notes", "seconds", "bars")  # one of them at most
OF_GAMES_WITH_PIECES = ("density", "instruments", "meter", "mode", "mood", "register", "version")
LONGEST_LINE = 4000  # gunicorn refuses longer ones, before they reach the app

# Schemathesis cannot know that a parameter is to be given once, in the query or in the body.
UNCHECKED = [positive_data_acceptance]


@pytest.fixture
def contract(loopback, config, tmp_path):
    """The contract of a running API."""
    with running_api(loopback, config, tmp_path) as (port, _):
        yield schemathesis.openapi.from_url(f"http://127.0.0.1:{port}/openapi.json")


def cases(contract):
    """Generate requests of every operation: such as fit its description, and such as do not."""
    operations = [result.ok() for result in contract.get_all_operations()]
    fitting = [operation.as_strategy(GenerationMode.POSITIVE) for operation in operations]
    misfitting = [
        operation.as_strategy(GenerationMode.NEGATIVE)
        for operation in operations
        if operation.query or operation.path_parameters
    ]
    songs = [
        operation.as_strategy(GenerationMode.POSITIVE).map(composable)
        for operation in operations
        if operation.path == "/generate" and operation.method in {"get", "post"}
    ]
    return st.one_of(*songs, *fitting, *misfitting)


def composable(case):
    """Let a request that fits be one for a song, and for a short one."""
    body = case.body if isinstance(case.body, dict) else {}
    query = {name: value for name, value in (case.query or {}).items() if name not in body}
    case.query = query
    for said in (body, query):
        if "notes" in said:
            said["notes"] = said["notes"] % MOST_NOTES + 1
        if "seconds" in said:
            said["seconds"] = min(said["seconds"], MOST_SECONDS)
        if "bars" in said:
            said["bars"] = said["bars"] % MOST_BARS + 1
        if "game" in said:
            said["game"] = "zelda"
    if "game" not in body:
        query["game"] = "zelda"
        for name in OF_GAMES_WITH_PIECES:
            said.pop(name, None)
    lengths = [(said, name) for said in (body, query) for name in LENGTHS if name in said]
    for said, name in lengths[1:]:
        del said[name]
    if not lengths:
        query["notes"] = MOST_NOTES
    return case


@pytest.mark.slow
def test_the_api_keeps_its_contract_for_generated_requests(contract):
    answered = []

    @settings(
        max_examples=REQUESTS,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases(contract))
    def ask(case):
        assume(len(case.as_curl_command()) < LONGEST_LINE)
        response = case.call(timeout=30)
        answered.append((case.operation.path, response.status_code))
        case.validate_response(response, excluded_checks=UNCHECKED)

    ask()
    assert len(answered) >= REQUESTS
    assert answered.count(("/generate", 200)) > REQUESTS / 10
