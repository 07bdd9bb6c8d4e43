"""Decodes text, whatever its encoding."""

import codecs
import io
import re
from typing import Any

from quart_notes.transfer.source_files import Bytes

HEAD = 4096  # bytes by which an encoding or format is detected
NOT_UTF8 = re.compile("[\udc80-\udcff]+")  # bytes that are not UTF-8, after decoding with `surrogateescape`


def encoding_of(head: bytes) -> str:
    """The encoding of a file, by its beginning: UTF-8 unless a byte order mark or every other byte indicates UTF-16."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > len(head) // 4 and not even:
        return "utf-16-le"
    return "utf-16-be" if even > len(head) // 4 and not odd else "utf-8-sig"


def decoded(data: bytes) -> str:
    """A whole file as text; bytes that are not UTF-8 become lone surrogates."""
    encoding = encoding_of(data[:HEAD])
    return data.decode(encoding, "replace" if encoding.startswith("utf-16") else "surrogateescape")


def readable(text: str) -> str:
    """The text, with bytes that were not UTF-8 (now lone surrogates) decoded as Windows-1252."""
    return NOT_UTF8.sub(lambda found: found[0].encode("utf-8", "surrogateescape").decode("cp1252", "replace"), text)


def beginning(file: Bytes) -> str:
    """The beginning of a file."""
    data = file.read(HEAD)
    return data[: len(data) & ~1 or 1].decode(encoding_of(data), "replace").removeprefix("\ufeff")


def lines_of(file: Bytes) -> io.TextIOWrapper:
    """A file, to be read line by line."""
    buffered = io.BufferedReader(_Raw(file), HEAD)
    encoding = encoding_of(buffered.peek(HEAD)[:HEAD])
    errors = "replace" if encoding.startswith("utf-16") else "surrogateescape"
    return io.TextIOWrapper(buffered, encoding=encoding, errors=errors, newline="")


class _Raw(io.RawIOBase):
    """Adapts `Bytes` to Python's own readers."""

    def __init__(self, file: Bytes) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
