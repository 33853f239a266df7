"""Reads scores: MusicXML with our own reader, ABC, kern and MEI with music21."""

from collections.abc import Sequence

from music.errors import UnreadablePieceError
from music.piece import Piece
from music.reading import music21_scores, musicxml
from music.reading.containers import decoded, is_compressed, parse_xml, uncompressed
from music.reading.measures import Measure
from music.reading.music21_process import MUSIC21, ScoreTooHardError
from music.reading.sounding import Sounding

_XML_SUFFIXES = frozenset({".mei", ".musicxml", ".mxl", ".xml"})
_TUNE_BOOK_SUFFIX = ".abc"
SCORE_SUFFIXES = _XML_SUFFIXES | {_TUNE_BOOK_SUFFIX, ".krn"}


def read_score(
    content: bytes, suffix: str, name: str, *, repeats: bool = True, band: bool = False
) -> Piece:
    """Read a score as it sounds; the result may have no notes.

    The tunes of a tune book follow each other. Tunes that cannot be read are left out with a
    warning.

    Args:
        content: The content of the file.
        suffix: The suffix of the file, one of `SCORE_SUFFIXES`.
        name: The piece's name.
        repeats: Whether repeats and jumps are played; otherwise every measure is played once.
        band: Whether it is read as a band; otherwise parts are merged, without drums.

    Raises:
        UnreadablePieceError: It cannot be read; the message says why.
    """
    sounding = Sounding(repeats, band)
    if suffix == _TUNE_BOOK_SUFFIX:
        return _read_book(decoded(content), name, sounding)
    sounding.play(_read_xml(content) if suffix in _XML_SUFFIXES else _read_kern(content))
    return sounding.piece(name)


def _read_xml(content: bytes) -> Sequence[Measure]:
    xml = uncompressed(content) if is_compressed(content) else content
    root = parse_xml(xml)
    if root.tag == "mei":
        return MUSIC21.read_measures(decoded(xml), "mei")
    return musicxml.read_measures(root)


def _read_kern(content: bytes) -> Sequence[Measure]:
    return MUSIC21.read_measures(decoded(content), "humdrum")


def _read_book(book: str, name: str, sounding: Sounding) -> Piece:
    tunes = music21_scores.tunes(book)
    warnings: list[str] = []
    for title, text in tunes:
        try:
            sounding.play(MUSIC21.read_measures(text, music21_scores.ABC))
        except UnreadablePieceError as error:
            if len(tunes) == 1 or isinstance(error, ScoreTooHardError):
                raise
            warnings.append(f"the tune {title!r} is left out: {error}")
    if len(warnings) == len(tunes):
        raise UnreadablePieceError(f"none of its {len(tunes)} tunes can be read: {warnings[0]}")
    return sounding.piece(name, warnings)
