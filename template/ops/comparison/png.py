"""The pixels of PNG pictures, without their metadata and however well they were compressed (ISO/IEC 15948)."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

MAGIC = b"\x89PNG\r\n\x1a\n"

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""How many samples a pixel has, by the colour type."""


@dataclass(frozen=True)
class Picture:
    """What a picture shows.

    Attributes:
        description: Its size, depth and palette.
        rows: The samples of each row from the top, as they are stored: filtered in a way that an encoder chooses by
            the pixels alone, so that the same pixels from the same encoder are the same here.
    """

    description: str
    rows: list[bytes]


def decode(data: bytes) -> Picture:
    """Read a picture.

    Raises:
        ValueError: It is damaged, or interlaced and has no rows.
        zlib.error: Its samples are damaged.
    """
    chunks: dict[bytes, bytes] = {}
    for kind, content in _chunks(data):
        chunks[kind] = chunks.get(kind, b"") + content
    try:
        width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
        bits = _CHANNELS[colour] * depth
    except (KeyError, struct.error):
        message = "no PNG header"
        raise ValueError(message) from None
    # One byte before each row names its filter.
    length = 1 + (width * bits + 7) // 8
    samples = zlib.decompress(chunks.get(b"IDAT", b""))
    if interlaced or len(samples) != height * length:
        message = "no plain rows"
        raise ValueError(message)
    # The palette and its transparency are part of what is seen.
    palette = (chunks.get(b"PLTE", b"") + chunks.get(b"tRNS", b"")).hex()
    description = f"{width} x {height} pixels of {bits} bits" + (f", palette {palette}" if palette else "")
    return Picture(description, [samples[start : start + length] for start in range(0, len(samples), length)])


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = len(MAGIC)
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        yield kind, data[position + 8 : position + 8 + length]
        position += length + 12
