"""A websocket from its reader's side: RFC 6455, the server's frames only."""

from bench import http1
from bench.streams.stream import Piece, StreamEnded, nothing_more

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
UPGRADE = f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n"
ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # Sec-WebSocket-Accept for KEY, RFC 6455 section 1.3
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
FINAL = MASKED = 0x80
SHORT, MIDDLE = 126, 127  # lengths of 126 and more follow in 2, or 8, bytes of their own

enter = nothing_more


def handshake(path: str, headers: str = "") -> bytes:
    """Request a websocket, without compression."""
    return http1.get(path, headers + UPGRADE)


def accepted(status: int, head: bytes) -> bool:
    """Whether the server accepted this handshake."""
    return status == 101 and ACCEPT in head


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """A client's frame of fewer than 126 bytes, with a mask of zeros."""
    return bytes((FINAL | opcode, MASKED | len(payload), 0, 0, 0, 0)) + payload


def parse(data: bytes) -> Piece:
    """The messages in `data`; raises StreamEnded at a close frame, ValueError at a fragment."""
    payloads = []
    reply = b""
    at = 0
    while (start_end := _frame(data, at)) is not None:
        start, end = start_end
        opcode = data[at] & 0x0F
        if not data[at] & FINAL:
            raise ValueError("a fragmented message: no system under test should send one")
        payload = data[start:end]
        at = end
        if opcode in (TEXT, BINARY):
            payloads.append(payload)
        elif opcode == PING:
            reply += frame(payload, PONG)
        elif opcode == CLOSE:
            raise StreamEnded(f"close frame, code {int.from_bytes(payload[:2], 'big')}")
    return Piece(tuple(payloads), data[at:], reply)


def first(data: bytes) -> tuple[bytes, bytes] | None:
    """The payload of the first frame, and the bytes behind it; None while the frame is incomplete."""
    if (start_end := _frame(data, 0)) is None:
        return None
    start, end = start_end
    return data[start:end], data[end:]


def _frame(data: bytes, at: int) -> tuple[int, int] | None:
    """Start and end of the payload of the frame at `at`; None while the frame is incomplete."""
    if len(data) < at + 2:
        return None
    size = data[at + 1]
    if size < SHORT:
        start = at + 2
    else:
        start = at + (4 if size < MIDDLE else 10)
        if len(data) < start:
            return None
        size = int.from_bytes(data[at + 2 : start], "big")
    return (start, start + size) if len(data) >= start + size else None
