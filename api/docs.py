"""The contract, as a document and as a page to read it and try it."""

import json
from importlib.resources import files

from flask import Blueprint, Response, abort, render_template

from api.openapi import document
from api.requests import JSON
from api.static_files import MEDIA_TYPES, StaticFile, read_files

bp = Blueprint("docs", __name__, template_folder="templates")
_DOCUMENT = document()
_CONTRACT = StaticFile.of(json.dumps(_DOCUMENT, ensure_ascii=False).encode(), JSON)
_FILES = read_files(files("api").joinpath("static"))


@bp.get("/openapi.json")
def openapi() -> Response:
    """Give the OpenAPI document; 200 or 304."""
    return _CONTRACT.answer()


@bp.get("/docs")
def docs() -> Response:
    """Show the page; 200 or 304."""
    page = render_template("docs.html", api=_DOCUMENT)
    return StaticFile.of(page.encode(), MEDIA_TYPES["html"]).answer()


@bp.get("/docs/<name>")
def file(name: str) -> Response:
    """Give a file that the page is made of; 200, 304 or 404."""
    if name not in _FILES:
        abort(404)
    return _FILES[name].answer()
