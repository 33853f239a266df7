"""The contract, as a document and as a page to read it and try it."""

import json
from http import HTTPStatus
from pathlib import Path

from flask import Blueprint, Response, abort, render_template, request

from api.openapi import DOCS_FILES, document
from api.requests import JSON
from api.studio import SECURITY_HEADERS

_FOLDER = Path(__file__).parent / "static"

bp = Blueprint("docs", __name__, template_folder="templates")
_document = document()
_document_json = json.dumps(_document, ensure_ascii=False).encode()
_files = {name: (_FOLDER / name).read_bytes() for name in DOCS_FILES}


@bp.get("/openapi.json")
def openapi() -> Response:
    """Give the OpenAPI document; 200 or 304."""
    return _answer(_document_json, JSON)


@bp.get("/docs")
def docs() -> Response:
    """Give the page; 200 or 304."""
    page = render_template("docs.html", api=_document)
    return _answer(page.encode(), "text/html; charset=utf-8")


@bp.get("/docs/<file>")
def docs_file(file: str) -> Response:
    """Give a file that the page is made of; 200, 304 or 404."""
    if file not in _files:
        abort(HTTPStatus.NOT_FOUND)
    return _answer(_files[file], f"{DOCS_FILES[file]}; charset=utf-8")


def _answer(body: bytes, media_type: str) -> Response:
    """Answer with what changes with the server alone: kept by browsers, and asked for again."""
    response = Response(body, content_type=media_type, headers=SECURITY_HEADERS)
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response
