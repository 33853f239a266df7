"""The studio: the page that composes in a browser, and the files that it is made of."""

from pathlib import Path

from flask import Blueprint, Response, abort

from api.http.static_files import read_files

bp = Blueprint("studio", __name__)
FILES = read_files(Path(__file__).with_name("static"))


@bp.get("/")
def page() -> Response:
    """Show the studio; 200 or 304."""
    return FILES["index.html"].answer()


@bp.get("/studio/<name>")
def file(name: str) -> Response:
    """Return a file that the page is made of; 200, 304 or 404."""
    if name not in FILES:
        abort(404)
    return FILES[name].answer()
