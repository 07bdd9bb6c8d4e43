"""Writes events directly to the transports of connections.

If the server exposes its transport (see `transport/`), the broadcaster writes to it directly; otherwise the same bytes
go through the framework's `send`.
"""

import asyncio
import os
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from quart_notes.live.broadcaster import PONG_TIMEOUT
from quart_notes.live.frames import COMMENT, PING, chunk


class DetachedStream(Protocol):
    """A stream that goes on after its route has returned: the connection tells it what its client does."""

    def received(self) -> None:
        """The client has sent a message on the websocket."""

    def left(self) -> None:
        """The client has left, or the connection is closed. It is the last call."""


class OutletConnection(Protocol):
    """The server's view of a connection."""

    transport: asyncio.WriteTransport
    last_received_at: float  # loop time of the last bytes received, seconds
    closing: bool  # a websocket's close frame has been sent

    async def write(self, data: bytes) -> None:
        """Send, and wait while the buffer is full; OSError when the connection is closed."""

    async def drained(self) -> None:
        """Wait until all written bytes are sent; OSError when the connection is closed."""

    def detach(self, stream: DetachedStream) -> bool:
        """Keep the response or websocket open after the route has returned, until `end` or until the client has left.

        returns   False when the connection cannot: then the route has to wait
        """

    def spawn(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a coroutine in a task of the connection."""

    async def end(self, code: int) -> None:
        """End a detached stream: an event stream with its last chunk, a websocket with this close code."""


def connection_of(scope: Any) -> OutletConnection | None:
    """The connection behind an ASGI scope, if bytes may be written to it directly.

    Only HTTP/1.1 and its websockets: other versions share a connection between streams.
    """
    if scope.get("http_version") != "1.1":
        return None
    peer: OutletConnection | None = (scope.get("state") or {}).get("peer")
    return peer


class TransportOutlet:
    """Writes directly to a connection's transport.

    A frame is never split: the outlet writes whole frames, is registered after the last normal send and released before
    the closing frame.
    """

    __slots__ = ("_connection", "_socket", "_transport")

    def __init__(self, connection: OutletConnection) -> None:
        self._connection = connection
        self._transport = connection.transport
        # With TLS, the bytes on the wire are not the bytes that are written.
        encrypted = self._transport.get_extra_info("sslcontext") is not None
        self._socket = -1 if encrypted else self._transport.get_extra_info("socket").fileno()

    def write_now(self, data: bytes) -> int:
        """Write to the socket directly if the transport's buffer is empty; returns the number of bytes accepted.

        The transport of uvloop writes at the end of the loop's turn: the first of many subscribers would wait until all
        others are written to. While the transport is open, so is its descriptor. An encrypted transport accepts all.
        """
        transport = self._transport
        if self._connection.closing or transport.is_closing() or transport.get_write_buffer_size():
            return 0
        if self._socket < 0:
            transport.write(data)
            return len(data)
        try:
            return os.write(self._socket, data)
        except OSError:  # full, or closed: the transport finds out which
            return 0

    def write(self, data: bytes | memoryview) -> None:
        """Write to the transport, in order."""
        self._transport.write(data)

    def buffered_bytes(self) -> int:
        """Bytes in the transport's buffer."""
        return self._transport.get_write_buffer_size()

    async def drained(self) -> None:
        """Wait until the transport's buffer is empty; OSError when the connection is closed."""
        await self._connection.drained()

    def closed(self) -> bool:
        """Whether the connection is closed or closing."""
        return self._connection.closing or self._transport.is_closing()

    def abort(self) -> None:
        """Close the connection and drop its buffer."""
        self._transport.abort()


class WebsocketOutlet(TransportOutlet):
    """A websocket, kept alive by pings, which the client must answer."""

    __slots__ = ()

    def heartbeat(self, now: float) -> None:
        """Send a ping; drop a client that has not answered for too long."""
        if now - self._connection.last_received_at > PONG_TIMEOUT:
            self.abort()
        else:
            self.write(PING)


class EventStreamOutlet(TransportOutlet):
    """An event stream, kept alive by comments; the kernel drops a silent client (TCP_USER_TIMEOUT)."""

    __slots__ = ()

    def heartbeat(self, now: float) -> None:
        """Send a comment."""
        self.write(chunk(COMMENT))
