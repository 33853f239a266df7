"""Checks problem details."""


def assert_problem(response, status, slug=None):
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    assert {"type", "title", "status", "detail"} <= set(response.json)
    assert response.json["status"] == status
    if slug:
        assert response.json["type"] == f"urn:leitmotif:problem:{slug}"
    assert "Traceback" not in response.text
