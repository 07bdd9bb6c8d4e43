"""Messages split into datagrams that are no longer than their transport allows, and put together again."""

import re
from typing import NamedTuple

HEADER = re.compile(rb"presence3 ([0-9a-f]{16}) ([0-9]{1,15}) ([0-9]{1,6}) ([0-9]{1,6}) ")
HEADER_MAX = 64  # bytes


class Fragment(NamedTuple):
    """A piece of a message."""

    sender: str
    number: int  # of the message; grows with each that the sender sends
    part: int  # from 0
    parts: int
    data: bytes


def split(sender: str, number: int, message: bytes, limit: int) -> list[bytes]:
    """The datagrams of a message, each of at most `limit` bytes."""
    size = limit - HEADER_MAX
    parts = [message[start : start + size] for start in range(0, len(message), size)]
    return [f"presence3 {sender} {number} {part} {len(parts)} ".encode() + data for part, data in enumerate(parts)]


def parse(datagram: bytes) -> Fragment | None:
    """The fragment in a datagram; None if it is something else, such as that of another version."""
    header = HEADER.match(datagram)
    if header is None:
        return None
    number, part, parts = map(int, header.groups()[1:])
    return Fragment(header[1].decode(), number, part, parts, datagram[header.end() :])


class Reassembler:
    """Puts the newest message of one sender together. An incomplete older one is dropped."""

    def __init__(self) -> None:
        self._number = 0  # of the message that is expected; older ones are ignored
        self._parts: dict[int, bytes] = {}

    def add(self, fragment: Fragment) -> bytes | None:
        """The whole message, if this was its last missing piece."""
        if fragment.number < self._number:
            return None
        if fragment.number > self._number:
            self._number, self._parts = fragment.number, {}
        self._parts[fragment.part] = fragment.data
        if not all(part in self._parts for part in range(fragment.parts)):
            return None
        message = b"".join(self._parts[part] for part in range(fragment.parts))
        self._number, self._parts = fragment.number + 1, {}
        return message
