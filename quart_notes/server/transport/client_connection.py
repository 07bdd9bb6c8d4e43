"""A connection as routes see it: they write to it, and may keep a response or websocket open without a task."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from quart_notes.live.outlets import DetachedStream


class Carrier(Protocol):
    """What carries a stream on a connection: a response or a websocket."""

    def detach(self, stream: DetachedStream) -> bool:
        """Keep it open after the application has returned; False when that is not possible."""

    async def end(self, code: int) -> None:
        """End the detached stream."""

    def drop(self) -> None:
        """Tell a detached stream that has not ended that its client has left."""


class Spawner(Protocol):
    """The connection that reads and answers."""

    def spawn(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a coroutine in a task of the connection."""


class ClientConnection:
    """The routes' view of a connection, as `scope["state"]["peer"]`."""

    __slots__ = ("_connection", "_writer", "carrier", "closing", "last_received_at", "lingers", "transport")

    def __init__(self, writer: asyncio.StreamWriter, received_at: float, connection: "Spawner | None" = None) -> None:
        self._writer = writer
        self._connection = connection
        self.transport = writer.transport
        self.carrier: Carrier | None = None  # of the response or websocket in progress, where it can be detached
        self.closing = False  # a websocket's close frame was sent: nothing may follow it
        self.lingers = True  # its client gets time to read the last response
        self.last_received_at = received_at  # loop time of the last bytes received, seconds

    async def write(self, data: bytes) -> None:
        """Write, and wait while the buffer is full; OSError when the connection is closed."""
        if self.transport.is_closing():
            raise ConnectionResetError  # uvloop would raise a RuntimeError
        self.transport.write(data)
        if self.transport.get_write_buffer_size() or self.transport.is_closing():
            await self._writer.drain()

    async def drained(self) -> None:
        """Wait until all written bytes are sent; OSError when the connection is closed."""
        if self.transport.is_closing():
            raise ConnectionResetError
        # With TLS a high mark of 0 pauses for ever: there it means 0 bytes or more, elsewhere more than 0.
        self.transport.set_write_buffer_limits(0 if self._writer.can_write_eof() else 1, 0)
        await self._writer.drain()

    def detach(self, stream: DetachedStream) -> bool:
        """Keep the response or websocket open after the route has returned; False when that is not possible."""
        return self.carrier is not None and self.carrier.detach(stream)

    def spawn(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a coroutine in a task of the connection."""
        assert self._connection is not None  # noqa: S101 - it has streams
        self._connection.spawn(work)

    async def end(self, code: int) -> None:
        """End a detached stream, a websocket with this close code."""
        if self.carrier is not None:
            await self.carrier.end(code)
