"""Writes a zip as a stream: of each written file, only its directory entry stays in memory.

source   PKWARE's APPNOTE.TXT 6.3.10: 4.3.7 local header, 4.3.12 central directory, 4.3.14 to 4.3.16 its end
"""

import io
import struct
import zlib
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from quart_notes.transfer.zip_reader import DEFLATED, DIRECTORY, END, END64, END64_LOCATOR, LOCAL, PIECE, UTF8

NEEDED = 20  # version 2.0: deflate
NEEDED64 = 45  # version 4.5: 64-bit sizes
MANY, LARGE = 0xFFFF, 0xFFFFFFFF  # placeholders for numbers that are too large for their fields
MADE_ON_UNIX = 3 << 8
PERMISSIONS = 0o100644 << 16
FIRST_YEAR, LAST_YEAR = 1980, 2107  # range of dates in a zip
SMALL = 4096  # bytes that fit into a small window: making it takes 3 µs, and a large one 200
SMALL_PACKER = partial(zlib.compressobj, wbits=-12, memLevel=4)
WIDE = struct.Struct("<2HQ")


class ZipWriter:
    """Packs whole files, one after another. Its directory, 46 bytes and a name a file, is compressed in memory."""

    def __init__(self) -> None:
        self._at = 0
        self._count = 0
        self._size = 0  # of the directory, bytes
        self._packer = zlib.compressobj()
        self._directory = bytearray()

    def add(self, name: str, data: bytes, changed: datetime) -> bytes:
        """A file: its header and its packed content."""
        raw = name.encode()
        packer = SMALL_PACKER() if len(data) < SMALL else zlib.compressobj(wbits=-zlib.MAX_WBITS)
        packed = packer.compress(data) + packer.flush()
        common = (UTF8, DEFLATED, *_moment(changed), zlib.crc32(data), len(packed), len(data), len(raw))
        local = LOCAL.pack(b"PK\x03\x04", NEEDED, *common, 0) + raw + packed
        extra = WIDE.pack(1, 8, self._at) if self._at >= LARGE else b""
        offset = min(self._at, LARGE)
        entry = DIRECTORY.pack(
            b"PK\x01\x02", MADE_ON_UNIX | NEEDED, NEEDED, *common, len(extra), 0, 0, 0, PERMISSIONS, offset
        )
        self._add_entry(entry + raw + extra)
        self._at += len(local)
        return local

    def _add_entry(self, entry: bytes) -> None:
        self._count += 1
        self._size += len(entry)
        self._directory += self._packer.compress(entry)

    def directory(self) -> Iterator[bytes]:
        """The end of the zip, its directory, in pieces."""
        self._directory += self._packer.flush()
        packed, unpacker = io.BytesIO(self._directory), zlib.decompressobj()
        while piece := packed.read(PIECE):
            yield unpacker.decompress(piece)
        yield self._end()

    def _end(self) -> bytes:
        end64 = b""
        if self._count >= MANY or self._at + self._size >= LARGE:
            numbers = (self._count, self._count, self._size, self._at)
            end64 = END64.pack(b"PK\x06\x06", END64.size - 12, NEEDED64, NEEDED64, 0, 0, *numbers)
            end64 += END64_LOCATOR.pack(b"PK\x06\x07", 0, self._at + self._size, 1)
        count, size, at = min(self._count, MANY), min(self._size, LARGE), min(self._at, LARGE)
        end = END.pack(b"PK\x05\x06", 0, 0, count, count, size, at, 0)
        return end64 + end


def _moment(changed: datetime) -> tuple[int, int]:
    """Time and date in the format of MS-DOS, with a resolution of two seconds."""
    year = min(max(changed.year, FIRST_YEAR), LAST_YEAR) - FIRST_YEAR
    time = changed.hour << 11 | changed.minute << 5 | changed.second // 2
    return time, year << 9 | changed.month << 5 | changed.day
