"""Several songs in one response: JSON, or a ZIP archive of files with an index."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from api.composing.ranking import RankedSong
from api.deadline import Deadline
from api.formats.archive import archive
from api.formats.file_names import NAMELESS, file_stem
from api.formats.registry import Format
from api.formats.song_json import document

INDEX = "songs.json"  # of an archive


def encode_several(
    songs: Sequence[RankedSong], seed: int, form: Format, deadline: Deadline
) -> Iterator[bytes]:
    """Encode songs; the bytes of each are those of the song requested alone, by its own seed.

    What can fail is done when this returns; the rest is done while it is sent.

    Args:
        songs: One or more, best first.
        seed: The seed of the request.
        form: The format of several songs.
        deadline: Of the encoding.

    Raises:
        OutOfTimeError: The deadline has passed.
    """
    if not form.song_suffix:
        return _json(songs, seed, deadline)
    files = {file_name(one, form): form.encode(one.song, deadline) for one in songs}
    parts = {
        name: (file,) if isinstance(file, bytes) else file.pieces for name, file in files.items()
    }
    return archive({INDEX: (_index(songs, seed, form),), **parts})


def file_name(one: RankedSong, form: Format) -> str:
    """Name the file of a song in an archive by its rank, title and seed."""
    title = file_stem(one.song.request.given_title or "") or NAMELESS
    return f"{one.rank:02} {title} seed {one.song.request.brief.seed}.{form.song_suffix}"


def _json(songs: Sequence[RankedSong], seed: int, deadline: Deadline) -> Iterator[bytes]:
    """Write one song after the other: the objects of all their notes would take much memory."""
    written = []
    for one in songs:
        deadline.left_s()
        written.append(_encoded({**_members(one), "song": document(one.song)}))
    head = _encoded(_identity(songs, seed)).removesuffix(b"}")
    return iter((head, b', "songs": [', b", ".join(written), b"]}"))


def _index(songs: Sequence[RankedSong], seed: int, form: Format) -> bytes:
    entries = [
        {
            "file": file_name(one, form),
            **_members(one),
            "title": one.song.request.title,
            "notes": one.song.new_notes,
            "longest_quote": one.song.longest_quote.length_notes,
            "origin": one.song.origin,
        }
        for one in songs
    ]
    members = {**_identity(songs, seed), "songs": entries}
    return json.dumps(members, ensure_ascii=False, indent=1).encode()


def _identity(songs: Sequence[RankedSong], seed: int) -> dict[str, Any]:
    first = songs[0].song
    return {
        "game": first.request.game,
        "game_title": first.game_title,
        "version": first.version,
        "seed": seed,
    }


def _members(one: RankedSong) -> dict[str, Any]:
    return {
        "rank": one.rank,
        "seed": one.song.request.brief.seed,
        "score": one.score,
        "measures": {} if one.typicality is None else one.typicality.measures,
        "keeps_max_quote": one.keeps_max_quote,
    }


def _encoded(members: dict[str, Any]) -> bytes:
    return json.dumps(members, ensure_ascii=False, allow_nan=False).encode()
