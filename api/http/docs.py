"""The contract, as a document and as a page to read it and try it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, render_template

from api.http.request.values import JSON
from api.http.static_files import MEDIA_TYPES, StaticFile, read_files

bp = Blueprint("docs", __name__, template_folder="templates")
_FILES = read_files(Path(__file__).with_name("static"))


@bp.get("/openapi.json")
def openapi() -> Response:
    """Return the OpenAPI document; 200 or 304."""
    return _contract().answer()


@bp.get("/docs")
def docs() -> Response:
    """Show the page; 200 or 304."""
    page = render_template("docs.html", api=_document())
    return StaticFile.of(page.encode(), MEDIA_TYPES["html"]).answer()


@bp.get("/docs/<name>")
def file(name: str) -> Response:
    """Return a file that the page is made of; 200, 304 or 404."""
    if name not in _FILES:
        abort(404)
    return _FILES[name].answer()


@cache
def _document() -> dict[str, Any]:
    from api.http.openapi import document  # noqa: PLC0415  made when somebody first asks for it

    return document()


@cache
def _contract() -> StaticFile:
    return StaticFile.of(json.dumps(_document(), ensure_ascii=False).encode(), JSON)
