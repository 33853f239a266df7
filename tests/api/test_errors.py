"""Every error has an HTTP status."""

import pytest

from api.errors import ApiError
from api.http.problems import PROBLEMS


def leaves(kind):
    below = [leaf for child in kind.__subclasses__() for leaf in leaves(child)]
    return below or [kind]


@pytest.mark.parametrize("kind", leaves(ApiError), ids=lambda kind: kind.__name__)
def test_an_error_has_a_row_in_the_table_of_problems(kind):
    problem = PROBLEMS[kind]
    assert 400 <= problem.status < 600
    assert problem.slug
    assert problem.title


def test_temporary_errors_say_when_to_retry():
    for problem in PROBLEMS.values():
        assert (problem.status in {429, 503}) == (problem.retry_after_s is not None)


def test_a_type_has_one_status_and_one_title():
    by_slug = {}
    for problem in PROBLEMS.values():
        by_slug.setdefault(problem.slug, set()).add((problem.status, problem.title))
    assert all(len(meanings) == 1 for meanings in by_slug.values())
