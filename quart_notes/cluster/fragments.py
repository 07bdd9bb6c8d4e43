"""Words cut into data that are no longer than a wire takes, and put together again, in bounded memory."""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

MAX_WORDS = 4 << 20  # bytes that can be said at once
MAX_PARTED = 16 << 20  # bytes of words of which something is missing; the oldest are given up
MAX_PARTED_WORDS = 1000
NAME = "[0-9a-f]{16}"
HEAD = re.compile(rf"({NAME}) ([0-9]{{1,15}}) ([0-9]{{1,6}}) ([0-9]{{1,6}}) ".encode())
HEAD_MAX = 64  # bytes


class Parcel(NamedTuple):
    """One datum: a piece of what somebody says."""

    peer: str
    number: int  # of the words, among all that this peer says
    piece: int
    of: int
    text: bytes


def cut(peer: str, number: int, text: bytes, limit: int) -> list[bytes]:
    """The data that say a text, each of at most `limit` bytes."""
    step = limit - HEAD_MAX
    pieces = [text[begin : begin + step] for begin in range(0, len(text), step)]
    return [f"{peer} {number} {n} {len(pieces)} ".encode() + piece for n, piece in enumerate(pieces)]


def read(datum: bytes) -> Parcel | None:
    """What is in a datum; None when it is none of ours."""
    head = HEAD.match(datum)
    return head and Parcel(head[1].decode(), int(head[2]), int(head[3]), int(head[4]), datum[head.end() :])


@dataclass(slots=True)
class _Parted:
    of: int
    since: float
    pieces: dict[int, bytes] = field(default_factory=dict)
    size: int = 0


class Parcels:
    """Words of which something is missing."""

    def __init__(self) -> None:
        self._parted: dict[tuple[str, int], _Parted] = {}
        self._size = 0

    def __len__(self) -> int:
        return len(self._parted)

    def put(self, parcel: Parcel, now: float) -> bytes | None:
        """The whole text, when this was the last piece that was missing."""
        if parcel.of == 1:
            return parcel.text
        key = parcel.peer, parcel.number
        parted = self._parted.setdefault(key, _Parted(parcel.of, now))
        if parcel.piece < parcel.of == parted.of and parcel.piece not in parted.pieces:
            parted.pieces[parcel.piece] = parcel.text
            parted.size += len(parcel.text)
            self._size += len(parcel.text)
        whole = len(parted.pieces) == parted.of
        if whole or parted.size > MAX_WORDS:
            self._give_up(key)
        while self._size > MAX_PARTED or len(self._parted) > MAX_PARTED_WORDS:
            self._give_up(next(iter(self._parted)))
        return b"".join(parted.pieces[n] for n in range(parted.of)) if whole else None

    def forget(self, peer: str) -> None:
        """Give up what somebody said."""
        for key in [key for key in self._parted if key[0] == peer]:
            self._give_up(key)

    def forget_before(self, moment: float) -> None:
        """Give up what began before a moment."""
        for key in [key for key, parted in self._parted.items() if parted.since <= moment]:
            self._give_up(key)

    def _give_up(self, key: tuple[str, int]) -> None:
        self._size -= self._parted.pop(key).size
