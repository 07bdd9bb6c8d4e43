"""How an event's bytes reach a connection: frames, chunks, and writing them straight to the transport.

Where the server shows its transport (see `transport/`) the broadcaster writes there itself; everywhere else the
same bytes go through the framework's `send`.
"""

import asyncio
import os
from typing import Any, Protocol

from quart_notes.live.broadcaster import DEAF
from quart_notes.live.channel import Message

PING = b"\x89\x00"  # an empty ping frame, RFC 6455, 5.5.2
COMMENT = b": \n\n"  # server-sent events ignore a line that begins with a colon


class Peer(Protocol):
    """What the server shows of a connection."""

    transport: asyncio.WriteTransport
    heard: float  # loop time of the last bytes that came in, seconds
    closing: bool  # a websocket's close frame has been sent

    async def write(self, data: bytes) -> None:
        """Send, and wait while too much waits to be taken; OSError when the connection has gone."""

    async def drained(self) -> None:
        """Return when all that was written has been taken; OSError when the connection has gone."""


def peer_of(scope: Any) -> Peer | None:
    """The connection behind an ASGI scope, when bytes may be written to it directly.

    Only HTTP/1.1 and its websockets: other versions share a connection between streams.
    """
    if scope.get("http_version") != "1.1":
        return None
    peer: Peer | None = (scope.get("state") or {}).get("peer")
    return peer


def text_frame(data: bytes) -> bytes:
    """UTF-8 text as an unmasked, unfragmented frame.

    source   RFC 6455, 5.2
    """
    size = len(data)
    if size < 126:
        return b"\x81" + size.to_bytes(1) + data
    if size < 1 << 16:
        return b"\x81\x7e" + size.to_bytes(2) + data
    return b"\x81\x7f" + size.to_bytes(8) + data


def websocket_frame(message: Message) -> bytes:
    """An event as a text frame."""
    return text_frame(message.data)


def sse(message: Message) -> bytes:
    """An event of an event stream, with its id when it is durable; its JSON never contains a line break.

    source   WHATWG HTML, "Server-sent events"
    """
    if message.number is None:
        return b"data: %s\n\n" % message.data
    return b"id: %s\ndata: %s\n\n" % (message.event_id.encode(), message.data)


def chunk(data: bytes) -> bytes:
    """A chunk of an HTTP/1.1 body.

    source   RFC 9112, 7.1
    """
    return b"%x\r\n%s\r\n" % (len(data), data)


def sse_chunk(message: Message) -> bytes:
    """An event of an event stream, in a chunk of its own."""
    return chunk(sse(message))


class TransportOutlet:
    """Writes straight to a connection's transport.

    A frame is never cut in two: whole frames only, registered after the last normal send and let go before the
    closing frame.
    """

    __slots__ = ("_peer", "_socket", "_transport")

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._transport = peer.transport
        # With TLS, what goes out is not what is written.
        encrypted = peer.transport.get_extra_info("sslcontext") is not None
        self._socket = -1 if encrypted else peer.transport.get_extra_info("socket").fileno()

    def offer(self, data: bytes) -> int:
        """Hand over past the transport, if nothing waits in it; returns how much was taken.

        The transport of uvloop writes when the loop's turn ends: the first of many readers would wait until the last
        has been written to. While the transport is open, so is its descriptor. What encrypts takes all.
        """
        transport = self._transport
        if self._peer.closing or transport.is_closing() or transport.get_write_buffer_size():
            return 0
        if self._socket < 0:
            transport.write(data)
            return len(data)
        try:
            return os.write(self._socket, data)
        except OSError:  # full, or gone: the transport finds out which
            return 0

    def write(self, data: bytes | memoryview) -> None:
        """Hand over to the transport; it leaves in order."""
        self._transport.write(data)

    def waiting(self) -> int:
        """Bytes in the transport that the kernel has not taken."""
        return self._transport.get_write_buffer_size()

    async def drained(self) -> None:
        """Return when nothing waits in the transport; OSError when the connection has gone."""
        await self._peer.drained()

    def closed(self) -> bool:
        """Whether the connection has gone, or is going."""
        return self._peer.closing or self._transport.is_closing()

    def abort(self) -> None:
        """Drop the connection and what waits for it."""
        self._transport.abort()


class WebsocketOutlet(TransportOutlet):
    """A websocket: kept alive by pings, which its peer must answer."""

    __slots__ = ()

    def beat(self, now: float) -> None:
        """Ping; drop a peer that has answered nothing for too long."""
        if now - self._peer.heard > DEAF:
            self.abort()
        else:
            self.write(PING)


class EventStreamOutlet(TransportOutlet):
    """An event stream: kept alive by comments; the kernel drops a peer that acknowledges nothing (TCP_USER_TIMEOUT)."""

    __slots__ = ()

    def beat(self, now: float) -> None:
        """Send a comment."""
        self.write(chunk(COMMENT))
