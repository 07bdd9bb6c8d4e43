"""The yardstick: canned bytes on asyncio's protocols.

Its responses are those of the notes apps. The notes are in a list, already encoded, and each event is written to each
transport at once. What this cannot do, sockets, event loop or load generator do not allow. It has no durability, no
validation, no resume.

Run:  python -m bench.peers.raw_app 8000
"""

import asyncio
import json
import sys
from datetime import UTC, datetime
from typing import cast

import uvloop

from bench import http1
from bench.streams import websocket

NOTES: list[bytes] = []
WEBSOCKETS: set[asyncio.Transport] = set()
STREAMS: set[asyncio.Transport] = set()
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


class Connection(asyncio.Protocol):
    """One client: one request at a time, then perhaps a stream."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's transport is not a subclass
        self.buffer = b""

    def connection_lost(self, error: Exception | None) -> None:
        WEBSOCKETS.discard(self.transport)
        STREAMS.discard(self.transport)

    def data_received(self, data: bytes) -> None:
        if self.transport in WEBSOCKETS:
            return
        self.buffer += data
        head, found, body = self.buffer.partition(http1.HEAD_END)
        length = http1.LENGTH.search(head)
        if found and (length is None or len(body) >= int(length[1])):
            self.buffer = b""
            method, path, _ = head.split(b" ", 2)
            self.answer(method, path, body)

    def answer(self, method: bytes, path: bytes, body: bytes) -> None:
        """Respond to one complete request."""
        if path == b"/ws":
            accept = b"Sec-WebSocket-Accept: " + websocket.ACCEPT
            self.transport.write(SWITCH + accept + http1.HEAD_END)
            WEBSOCKETS.add(self.transport)
        elif path == b"/events":
            self.transport.write(STREAM)
            STREAMS.add(self.transport)
        elif method == b"POST":
            note = create(body)
            self.reply(b"201 Created", note)
            publish(b'{"action":"create","note":' + note + b"}")
        elif b"?" in path:
            self.reply(b"200 OK", b"[" + b",".join(NOTES[-100:]) + b"]")
        else:
            self.reply(b"200 OK", NOTES[int(path.rpartition(b"/")[2]) - 1])

    def reply(self, status: bytes, body: bytes) -> None:
        """Write a JSON response."""
        head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self.transport.write(head % (status, len(body)) + body)


def create(body: bytes) -> bytes:
    """Store a note; returns it encoded."""
    at = datetime.now(UTC).isoformat()
    note = {"id": len(NOTES) + 1, **json.loads(body), "created_at": at, "updated_at": at}
    NOTES.append(json.dumps(note, separators=(",", ":")).encode())
    return NOTES[-1]


def publish(event: bytes) -> None:
    """Write an event to every reader."""
    frame = b"\x81\x7e" + len(event).to_bytes(2, "big") + event
    for transport in WEBSOCKETS:
        transport.write(frame)
    data = b"data: " + event + b"\n\n"
    chunk = b"%x\r\n%b\r\n" % (len(data), data)
    for transport in STREAMS:
        transport.write(chunk)


async def serve(port: int) -> None:
    """Serve until stopped."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
