"""Ogg streams of Vorbis: their pages, and the comments of their second packet.

Sources: RFC 3533 (pages) and the Vorbis I specification, sections 4.2.1 and 5 (headers, comments).
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from struct import Struct

_HEADER = Struct("<4sBB8sIIIB")
_CHECKSUM = slice(22, 26)
_WHOLE_SEGMENT = 255  # bytes; a shorter one ends its packet
_COMMENTS = b"\x03vorbis"
_FRAMING_BIT = b"\x01"
_BITS_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True)
class Page:
    """A page without the fields of its stream: serial number, page number and checksum.

    Attributes:
        flags: 1 continues a packet, 2 begins the stream, 4 ends it.
        granule: The last sample of the page, 8 bytes.
        lacing: The lengths of its segments, up to 255 of them.
        body: The segments.
    """

    flags: int
    granule: bytes
    lacing: bytes
    body: bytes

    def to_bytes(self, serial: int, number: int) -> bytes:
        """Write the page.

        Args:
            serial: The stream's serial number, 0 to 2**32 - 1.
            number: The index of the page in the stream, from 0.
        """
        fields = b"OggS", 0, self.flags, self.granule, serial, number, 0, len(self.lacing)
        page = bytearray(_HEADER.pack(*fields) + self.lacing + self.body)
        page[_CHECKSUM] = _checksum(page).to_bytes(4, "little")
        return bytes(page)


def read_pages(content: Iterable[bytes]) -> Iterator[Page]:
    """Read a stream page by page.

    Args:
        content: The stream, in parts of any size.
    """
    unread = b""
    for piece in content:
        unread += piece
        while (size := _page_bytes(unread)) and size <= len(unread):
            _, _, flags, granule, _, _, _, segments = _HEADER.unpack_from(unread)
            body = _HEADER.size + segments
            yield Page(flags, granule, unread[_HEADER.size : body], unread[body:size])
            unread = unread[size:]


def with_comments(pages: Iterator[Page], comments: Mapping[str, str]) -> Iterator[bytes]:
    """Replace the comments of a Vorbis stream, except the vendor of its encoder.

    The serial number follows from the comments, so that the same stream has the same bytes.

    Args:
        pages: The pages of the stream, from its first.
        comments: Texts by name, 60 KB at most.
    """
    first = next(pages)
    old, setup = _packets(pages, count=2)
    packet = _comment_packet(_vendor(old), comments)
    serial = zlib.crc32(packet)
    lacing = _lacing(packet) + _lacing(setup)
    headers = Page(0, bytes(8), lacing, packet + setup)
    for number, page in enumerate(chain((first, headers), pages)):
        yield page.to_bytes(serial, number)


def _page_bytes(content: bytes) -> int:
    """Return the length of the page at the beginning of the content; 0 if it is incomplete."""
    if len(content) < _HEADER.size:
        return 0
    body = _HEADER.size + content[_HEADER.size - 1]
    return body + sum(content[_HEADER.size : body]) if len(content) >= body else 0


def _packets(pages: Iterator[Page], count: int) -> list[bytes]:
    """Read packets that fill whole pages, such as the headers of a Vorbis stream."""
    packets = [b""]
    while len(packets) <= count:
        page, at = next(pages), 0
        for length in page.lacing:
            packets[-1] += page.body[at : at + length]
            at += length
            if length < _WHOLE_SEGMENT:
                packets.append(b"")
    return packets[:count]


def _lacing(packet: bytes) -> bytes:
    whole, rest = divmod(len(packet), _WHOLE_SEGMENT)
    return bytes([_WHOLE_SEGMENT] * whole + [rest])


def _vendor(comment_packet: bytes) -> bytes:
    start = len(_COMMENTS) + 4
    length = int.from_bytes(comment_packet[start - 4 : start], "little")
    return comment_packet[start : start + length]


def _comment_packet(vendor: bytes, comments: Mapping[str, str]) -> bytes:
    texts = [f"{name}={text}".encode() for name, text in comments.items()]
    count = len(texts).to_bytes(4, "little")
    return b"".join((_COMMENTS, _sized(vendor), count, *map(_sized, texts), _FRAMING_BIT))


def _sized(text: bytes) -> bytes:
    return len(text).to_bytes(4, "little") + text


def _checksum(page: bytes | bytearray) -> int:
    """Compute Ogg's CRC-32: zlib's polynomial from 0, with the bits in reverse order."""
    crc = zlib.crc32(page.translate(_BITS_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{crc:032b}"[::-1], 2)
