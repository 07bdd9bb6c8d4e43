"""Reads zip archives a member at a time: nothing is extracted, and the memory does not depend on their content.

The standard library reads the whole directory first, 700 bytes of memory a member, and does not detect zip bombs.
source   PKWARE's APPNOTE.TXT 6.3.10: 4.3.7 local header, 4.3.12 central directory, 4.3.14 to 4.3.16 its end
"""

import struct
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import NamedTuple

from quart_notes.transfer.errors import BadFileError, UnreadableError

MEMBERS_MAX = 200_000
TOTAL_MAX = 1 << 30  # bytes of all members, unpacked
FREE = 1 << 20  # bytes that a member may have unpacked, whatever its ratio
RATIO_MAX = 200  # unpacked bytes for each packed byte, of a larger member
END = struct.Struct("<4s4H2LH")
END_SEARCH = END.size + 0xFFFF  # bytes: the end may be followed by a comment
END64_LOCATOR = struct.Struct("<4sLQL")
END64 = struct.Struct("<4sQ2H2L4Q")
DIRECTORY = struct.Struct("<4s6H3L5H2L")
LOCAL = struct.Struct("<4s5H3L2H")
UNICODE_PATH = struct.Struct("<BL")  # version, checksum of the plain name; the name follows
PIECE = 64 * 1024
ENCRYPTED, UTF8 = 1 << 0, 1 << 11  # flags
STORED, DEFLATED = 0, 8  # methods


class Member(NamedTuple):
    """A file in the archive; `bad` is the reason when it cannot be read."""

    name: str
    bad: str | None
    method: int
    crc: int
    packed: int  # bytes
    start: int  # of its local header


class Archive:
    """An open archive.

    1. Its directory is read as a stream, and no number in it is trusted: members, sizes, positions.
    2. The unpacked size is limited in total, and by the ratio; beyond the total the whole archive is refused.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._file = path.open("rb")
        self._name = name
        self._size = path.stat().st_size
        self._unpacked = 0  # bytes

    def close(self) -> None:
        """Close it."""
        self._file.close()

    def members(self) -> Iterator[Member]:
        """The files, in the order of the directory; UnreadableError when it is damaged or too large."""
        at, count, end = self._directory()
        seen: set[int] = set()
        for _ in range(count):
            head = self.read(at, DIRECTORY.size)
            fields = DIRECTORY.unpack(head)
            lengths: tuple[int, int, int] = fields[10:13]
            if fields[0] != b"PK\x01\x02" or at + DIRECTORY.size + sum(lengths) > end:
                raise self._damaged()
            raw = self.read(at + DIRECTORY.size, lengths[0])
            extra = self.read(at + DIRECTORY.size + lengths[0], lengths[1])
            at += DIRECTORY.size + sum(lengths)
            if not raw.endswith((b"/", b"\\")):
                yield self._member(fields, raw, extra, seen)

    def _directory(self) -> tuple[int, int, int]:
        """The start of the directory, the number of its members, and its end."""
        tail_at = max(0, self._size - END_SEARCH)
        tail = self.read(tail_at, self._size - tail_at)
        found = tail.rfind(b"PK\x05\x06")
        if found < 0 or found + END.size > len(tail):
            raise UnreadableError(f"{self._name}: it ends too soon: perhaps it did not arrive completely")
        _, disk, _, _, count, size, start, _ = END.unpack_from(tail, found)
        end_at = tail_at + found
        if 0xFFFF in {count, disk} or 0xFFFFFFFF in {size, start}:
            count, size, start, end_at = self._directory64(end_at)
        elif disk:
            raise UnreadableError(f"{self._name}: it is one of several parts")
        if count > MEMBERS_MAX:
            raise UnreadableError(f"{self._name}: there are {count:,} files in it, more than {MEMBERS_MAX:,}")
        if start + size > end_at or count * DIRECTORY.size > size:
            raise self._damaged()
        return start, count, start + size

    def _directory64(self, end_at: int) -> tuple[int, int, int, int]:
        mark, _, position, _ = END64_LOCATOR.unpack(self.read(end_at - END64_LOCATOR.size, END64_LOCATOR.size))
        if mark != b"PK\x06\x07":
            raise self._damaged()
        fields = END64.unpack(self.read(position, END64.size))
        if fields[0] != b"PK\x06\x06":
            raise self._damaged()
        return fields[7], fields[8], fields[9], position

    def _member(self, fields: tuple[int, ...], raw: bytes, extra: bytes, seen: set[int]) -> Member:
        flags, method, crc, packed, size, start = (fields[number] for number in (3, 4, 7, 8, 9, 16))
        name = _name(raw, extra, utf8=bool(flags & UTF8)).replace("\\", "/")
        bad = None
        try:
            packed, start = _wide(extra, size, packed, start)
        except struct.error:
            bad = "its entry in the zip is damaged"
        if name.startswith("/") or ".." in name.split("/") or "\0" in name or name[1:2] == ":":
            bad = "its name leads out of the zip"
        elif hash(name) in seen:
            bad = "there is another of this name in the zip"
        elif flags & ENCRYPTED:
            bad = "it is encrypted"
        elif method not in {STORED, DEFLATED}:
            bad = "it is packed in a way that is not known here; pack it again, with deflate"
        elif start + packed > self._size:
            bad = "its entry in the zip is damaged"
        seen.add(hash(name))
        return Member(name, bad, method, crc, packed, start)

    def open(self, member: Member) -> AbstractContextManager["Unpacked"]:
        """Read a member; BadFileError when it is not at its position."""
        if member.bad is not None:
            raise BadFileError(member.bad)
        if member.start + LOCAL.size > self._size:
            raise BadFileError("its entry in the zip is damaged")
        head = LOCAL.unpack(self.read(member.start, LOCAL.size))
        begin = member.start + LOCAL.size + head[9] + head[10]
        if head[0] != b"PK\x03\x04" or begin + member.packed > self._size:
            raise BadFileError("its entry in the zip is damaged")
        return closing(Unpacked(self, member, begin))

    def read(self, at: int, length: int) -> bytes:
        """Bytes of the archive itself."""
        if at < 0 or at + length > self._size:
            raise self._damaged()
        self._file.seek(at)
        return self._file.read(length)

    def _damaged(self) -> UnreadableError:
        return UnreadableError(f"{self._name}: its directory is damaged")

    def add_unpacked(self, length: int) -> None:
        """Count unpacked bytes; UnreadableError when they are too many."""
        self._unpacked += length
        if self._unpacked > TOTAL_MAX:
            raise UnreadableError(f"{self._name}: its files come to more than {TOTAL_MAX >> 20:,} MiB")


def _name(raw: bytes, extra: bytes, *, utf8: bool) -> str:
    """The name of a member: UTF-8 if the flag says so or it is valid (macOS sets no flag), else from its field (4.6.9).

    Otherwise it is in the original encoding of the format, code page 437.
    """
    try:
        if utf8 or not raw.isascii():
            return raw.decode()
    except UnicodeDecodeError:
        if utf8:
            return raw.decode(errors="replace")
    field = _field(extra, 0x7075)
    if len(field) > UNICODE_PATH.size and UNICODE_PATH.unpack_from(field) == (1, zlib.crc32(raw)):
        return field[UNICODE_PATH.size :].decode(errors="replace")
    return raw.decode("cp437")


def _field(extra: bytes, kind: int) -> bytes:
    """The content of an extra field (4.5.1); empty when it is missing."""
    at = 0
    while at + 4 <= len(extra):
        found, length = struct.unpack_from("<2H", extra, at)
        if found == kind:
            return extra[at + 4 : at + 4 + length]
        at += 4 + length
    return b""


def _wide(extra: bytes, size: int, packed: int, start: int) -> tuple[int, int]:
    """The packed size and the position of a member, with 64 bits where 32 are not enough (4.5.3)."""
    field = _field(extra, 1)
    values = list(struct.unpack_from(f"<{len(field) // 8}Q", field))
    if size == 0xFFFFFFFF and values:
        values.pop(0)
    if packed == 0xFFFFFFFF and values:
        packed = values.pop(0)
    if start == 0xFFFFFFFF and values:
        start = values.pop(0)
    return packed, start


class Unpacked:
    """The unpacked content of a member, read in pieces.

    raises   BadFileError when it is damaged, or a zip bomb; UnreadableError when the whole archive is too large
    """

    def __init__(self, archive: Archive, member: Member, begin: int) -> None:
        self._archive = archive
        self._member = member
        self._at = begin
        self._end = begin + member.packed
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS) if member.method == DEFLATED else None
        self._unpacked = 0  # bytes
        self._crc = 0

    def close(self) -> None:
        """Stop reading."""
        self._at = self._end

    def read(self, size: int) -> bytes:
        """At most `size` bytes, fewer only at the end."""
        pieces: list[bytes] = []
        while size > 0 and (piece := self._next(size)):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def _next(self, size: int) -> bytes:
        data = self._packed(size) if self._inflate is None else self._unpack(size)
        if data:
            self._count(data)
        elif self._crc != self._member.crc:
            raise BadFileError("it is damaged: its checksum does not match")
        return data

    def _packed(self, size: int) -> bytes:
        data = self._archive.read(self._at, min(size, PIECE, self._end - self._at))
        self._at += len(data)
        return data

    def _unpack(self, size: int) -> bytes:
        assert self._inflate is not None  # noqa: S101 - `_next` has checked it
        try:
            while not self._inflate.eof:
                data = self._inflate.unconsumed_tail or self._packed(PIECE)
                out = self._inflate.decompress(data, size)
                if out:
                    return out
                if not data:
                    raise BadFileError("it is damaged: it ends too soon")
        except zlib.error:
            raise BadFileError("it is damaged") from None
        return b""

    def _count(self, data: bytes) -> None:
        self._crc = zlib.crc32(data, self._crc)
        self._unpacked += len(data)
        self._archive.add_unpacked(len(data))
        if self._unpacked > FREE and self._unpacked > RATIO_MAX * self._member.packed:
            raise BadFileError(f"it unpacks to more than {RATIO_MAX} times its size")
