"""Scores in files: compressed MusicXML, XML of bounded size, text of unknown encoding."""

import io
import lzma
import zipfile
import zlib
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.parsers import expat

from music.errors import UnreadablePieceError

_MOST_XML_BYTES = 32 * 2**20  # the longest quartet that we know has 11 MB and 600,000 tags
_MOST_XML_MARKS = 2_000_000  # tags or attributes; an element takes some 200 bytes of memory
_CONTAINER = "META-INF/container.xml"
_NOT_SCORES = ("META-INF/", "__MACOSX/")
_ZIP_FAULTS = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError,
    RuntimeError, ValueError,
)  # fmt: skip


def is_compressed(content: bytes) -> bool:
    """Whether the content of a file is compressed MusicXML."""
    return content.startswith(b"PK")


def uncompressed(content: bytes) -> bytes:
    """Extract the score from compressed MusicXML (.mxl).

    `META-INF/container.xml` names it. In a file without that, it is the first XML file.

    Raises:
        UnreadablePieceError: It is not a zip file, is broken or too large, or has no score.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _entry(archive, _root_file(archive))
    except _ZIP_FAULTS as error:
        raise UnreadablePieceError(f"broken zip file: {error}") from error


def _root_file(archive: zipfile.ZipFile) -> str:
    names = archive.namelist()
    if _CONTAINER in names:
        container = parse_xml(_entry(archive, _CONTAINER))
        paths = (each.get("full-path") for each in container.iter("rootfile"))
        candidates = [path for path in paths if path]
    else:
        candidates = [
            name
            for name in names
            if name.lower().endswith((".xml", ".musicxml")) and not name.startswith(_NOT_SCORES)
        ]
    if not candidates:
        raise UnreadablePieceError("no score in the zip file")
    if candidates[0] not in names:
        raise UnreadablePieceError(
            f"{_CONTAINER} names {candidates[0]!r}, which is not in the zip file"
        )
    return candidates[0]


def _entry(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as file:
        content = file.read(_MOST_XML_BYTES + 1)
    if len(content) > _MOST_XML_BYTES:
        raise _too_large()
    return content


def parse_xml(xml: bytes) -> Element:
    """Parse XML in bounded memory, without entities, whose expansion has no bound.

    Raises:
        UnreadablePieceError: It is not well-formed, too large, or declares entities.
    """
    if len(xml) > _MOST_XML_BYTES or max(xml.count(b"<"), xml.count(b"=")) > _MOST_XML_MARKS:
        raise _too_large()
    builder = TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = _refuse_entity
    try:
        parser.Parse(xml, True)  # noqa: FBT003  expat's own signature
        return builder.close()
    except (expat.ExpatError, ParseError, LookupError, ValueError) as error:
        raise UnreadablePieceError(f"broken XML: {error}") from error


def decoded(text: bytes) -> str:
    """Decode text as UTF-8 or, like many tune books, as Latin-1."""
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _refuse_entity(name: str, *_: object) -> None:
    raise UnreadablePieceError(f"it declares the XML entity {name!r}, which no score needs")


def _too_large() -> UnreadablePieceError:
    return UnreadablePieceError(
        f"larger than {_MOST_XML_BYTES // 2**20} MB or {_MOST_XML_MARKS} XML tags"
    )
