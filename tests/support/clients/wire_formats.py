"""Wire formats of the feeds: chunks, events and frames, parsed from any pieces and written in any form."""

import struct
from typing import Any, NamedTuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
Json = dict[str, Any]


class Dechunker:
    """Decodes the chunked coding from pieces split anywhere. `done` after the last chunk."""

    def __init__(self) -> None:
        self.done = False
        self._raw = b""

    def feed(self, data: bytes) -> bytes:
        """The decoded bytes that `data` completes, in complete chunks."""
        assert not (self.done and data), f"bytes after the last chunk: {data!r}"
        self._raw += data
        decoded = b""
        while (line := self._raw.find(b"\r\n")) >= 0:
            size = int(self._raw[:line], 16)
            end = line + 2 + size
            if len(self._raw) < end + 2:
                break
            assert self._raw[end : end + 2] == b"\r\n", f"a chunk of {size} is not closed: {self._raw[end : end + 9]!r}"
            decoded += self._raw[line + 2 : end]
            self._raw = self._raw[end + 2 :]
            if size == 0:
                self.done = True
                assert not self._raw, f"bytes after the last chunk: {self._raw!r}"
        return decoded


class EventStreamParser:
    """Parses an event stream as a browser does, from pieces split anywhere.

    source   WHATWG HTML, "Server-sent events"
    """

    def __init__(self) -> None:
        self.retry: int | None = None
        self.comments = 0
        self.last_id: str | None = None
        self._raw = b""
        self._data: list[str] = []
        self._own_id: str | None = None

    def feed(self, data: bytes) -> list[tuple[str | None, str]]:
        """The events that `data` completes: (its own id, if it has one; data)."""
        self._raw += data
        complete = []
        while (end := self._raw.find(b"\n")) >= 0:
            line, self._raw = self._raw[:end].decode(), self._raw[end + 1 :]
            if not line:
                if self._data:
                    complete.append((self._own_id, "\n".join(self._data)))
                self._data, self._own_id = [], None
                continue
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if not name:
                self.comments += 1
            elif name == "retry":
                self.retry = int(value)
            elif name == "id":
                self.last_id = self._own_id = value
            elif name == "data":
                self._data.append(value)
            else:
                raise AssertionError(f"an unknown line in the stream: {line!r}")
        return complete


class Frame(NamedTuple):
    """A websocket frame of the server."""

    opcode: int
    fin: bool
    payload: bytes


class FrameParser:
    """Parses a server's websocket frames from pieces split anywhere; fails on frames that a server must not send."""

    def __init__(self) -> None:
        self._raw = b""

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes."""
        self._raw += data
        frames = []
        while (frame := self._next()) is not None:
            frames.append(frame)
        return frames

    def _next(self) -> Frame | None:
        raw = self._raw
        if len(raw) < 2:
            return None
        first, second = raw[0], raw[1]
        assert not first & 0x70, f"reserved bits are set: {raw[:9]!r}"
        assert not second & 0x80, f"a server masks nothing: {raw[:9]!r}"
        size, begin = second & 0x7F, 2
        if size >= 126:
            begin = 4 if size == 126 else 10
            if len(raw) < begin:
                return None
            size = int.from_bytes(raw[2:begin], "big")
        if len(raw) < begin + size:
            return None
        self._raw = raw[begin + size :]
        return Frame(first & 0x0F, bool(first & 0x80), raw[begin : begin + size])


def frame(
    payload: bytes = b"",
    opcode: int = TEXT,
    *,
    fin: bool = True,
    masked: bool = True,
    reserved: int = 0,
    declared: int | None = None,
) -> bytes:
    """A client's frame, also an invalid one; `declared` is the length in its header."""
    size = len(payload) if declared is None else declared
    first = (0x80 if fin else 0) | reserved << 4 | opcode
    bit = 0x80 if masked else 0
    if size < 126:
        head = bytes([first, bit | size])
    elif size < 1 << 16:
        head = bytes([first, bit | 126]) + struct.pack(">H", size)
    else:
        head = bytes([first, bit | 127]) + struct.pack(">Q", size)
    if not masked:
        return head + payload
    mask = b"\x3a\xf1\x05\xc7"  # any mask works; a fixed one gives test cases the same names each time
    pattern = (mask * (len(payload) // 4 + 1))[: len(payload)]
    number = int.from_bytes(payload, "big") ^ int.from_bytes(pattern, "big")
    return head + mask + number.to_bytes(len(payload), "big")


def close_frame(code: int | None = None, reason: bytes = b"") -> bytes:
    """A client's close frame."""
    return frame(b"" if code is None else struct.pack(">H", code) + reason, CLOSE)
