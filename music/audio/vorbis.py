"""Encodes sound as OGG Vorbis, and decodes it: stereo, about 14 KB per second."""

from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from music.audio.instrument import SAMPLE_RATE_HZ, Sound
from music.audio.looping import SampleLoop
from music.audio.mixing import BLOCK
from music.audio.ogg import read_pages, with_comments


def to_ogg(
    sound: Sound, comments: Mapping[str, str], loop: SampleLoop | None = None
) -> Iterator[bytes]:
    """Write a file page by page; each block is computed and encoded when it is needed.

    Args:
        sound: Its blocks are read once.
        comments: The comments of the file, such as TITLE.
        loop: The part that a game repeats, for the comments LOOPSTART and LOOPLENGTH, which
            RPG Maker and other engines read; both in samples.
    """
    named = {**_loop_comments(loop), **comments}
    return with_comments(read_pages(_encoded(sound.blocks)), named)


def from_ogg(content: bytes) -> Sound:
    """Read a stereo file of `SAMPLE_RATE_HZ`."""
    import soundfile  # noqa: PLC0415  rarely needed

    file = soundfile.SoundFile(BytesIO(content))
    return Sound(file.frames, file.blocks(BLOCK, dtype="float32", always_2d=True))


def _loop_comments(loop: SampleLoop | None) -> dict[str, str]:
    """Write a loop as RPG Maker reads it.

    RPG Maker MV reads only the first 255 bytes of the comments, so these come first. It and its
    successor read digits up to the next byte that is none. That byte is the length of the next
    comment, so a comment of a known length follows, lest a title of 42 bytes adds a digit.
    """
    if loop is None:
        return {}
    marks = {"LOOPSTART": str(loop.start), "LOOPLENGTH": str(loop.samples)}
    return {**marks, "ENCODER": "Leitmotif"}


def _encoded(blocks: Iterable[NDArray[np.float32]]) -> Iterator[bytes]:
    """Encode sound block by block; libsndfile adds its own comments and a random serial number."""
    import soundfile  # noqa: PLC0415  rarely needed

    sink = _Sink()
    with soundfile.SoundFile(
        sink, "w", SAMPLE_RATE_HZ, channels=2, format="OGG", subtype="VORBIS"
    ) as encoder:
        for block in blocks:
            encoder.write(block)
            yield sink.take()
    yield sink.take()


class _Sink:
    """A file that is written sequentially, and whose bytes are taken meanwhile."""

    def __init__(self) -> None:
        self._written = bytearray()
        self._bytes = 0

    def take(self) -> bytes:
        """Take what has been written since the last time."""
        taken = bytes(self._written)
        self._written.clear()
        return taken

    def write(self, piece: bytes) -> int:
        self._written += piece
        self._bytes += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._bytes

    def seek(self, offset: int, whence: int = 0) -> int:
        """Stay at the end: libsndfile only seeks to find the length before it writes."""
        del offset, whence
        return self._bytes
