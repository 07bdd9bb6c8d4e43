"""A connection: it shows its transport, counts, and ends with its client."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from hypercorn.asyncio.task_group import TaskGroup
from hypercorn.asyncio.tcp_server import MAX_RECV, TCPServer
from hypercorn.config import Config
from hypercorn.events import Closed, RawData
from hypercorn.typing import AppWrapper, ASGIReceiveEvent, ASGISendEvent, Scope

from quart_notes.transport.answers import whole_answer

REFUSAL = 2.0  # seconds a connection too many has to take its answer


class Peer:
    """What a connection shows to the routes, as `scope["state"]["peer"]`."""

    __slots__ = ("closing", "heard", "transport")

    def __init__(self, transport: asyncio.WriteTransport, heard: float) -> None:
        self.transport = transport
        self.closing = False  # a websocket's close frame has been sent: nothing may follow it
        self.heard = heard  # loop time of the last bytes that came in, seconds


class Connection(TCPServer):
    """A TCP connection that shows its transport, knows when its peer was last heard, and counts."""

    limit: ClassVar[int] = 0  # connections at once; 0: no limit
    open: ClassVar[set["Connection"]] = set()

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._peer = Peer(self.writer.transport, self.loop.time())
        self.state = {**self.state, "peer": self._peer}

    async def run(self) -> None:
        """Serve the connection, or say that there are too many."""
        cls = type(self)
        if cls.limit and len(cls.open) >= cls.limit:
            await self._refuse()
            return
        cls.open.add(self)
        try:
            await super().run()
        finally:
            cls.open.discard(self)

    @classmethod
    async def flushed(cls) -> None:
        """Return once every client has taken what was written to it."""
        while any(connection.writer.transport.get_write_buffer_size() for connection in cls.open):  # noqa: ASYNC110 - transports do not say when
            await asyncio.sleep(0.02)

    @classmethod
    def drop_stuck(cls) -> None:
        """Drop the clients that have not."""
        for connection in list(cls.open):
            if connection.writer.transport.get_write_buffer_size():
                connection.writer.transport.abort()

    async def _refuse(self) -> None:
        try:
            # Reading first: closing with unread bytes would reset the connection under the answer.
            async with asyncio.timeout(REFUSAL):
                await self.reader.read(MAX_RECV)
                self.writer.write(whole_answer(503, "overloaded", "There are too many connections; try again."))
                await self.writer.drain()
        except (OSError, TimeoutError):
            pass
        await self._close()

    async def _read_data(self) -> None:
        if self.config.read_timeout is not None:
            await super()._read_data()
            return
        while not self.reader.at_eof():
            try:
                data = await self.reader.read(MAX_RECV)
                self._peer.heard = self.loop.time()
                await self.protocol.handle(RawData(data))
            except OSError:
                break
        await self.protocol.handle(Closed())
        await self.idle_task.stop()  # or the connection would count until its keep-alive time-out


class UnblockedTaskGroup(TaskGroup):
    """Tells the application of a connection's end, however much else waits for it.

    Its queue is bounded, and hypercorn waits for room to say that the client has left: for ever, when an application
    that has answered reads no more of a flood.
    """

    async def spawn_app(
        self, app: AppWrapper, config: Config, scope: Scope, send: Callable[[ASGISendEvent | None], Awaitable[None]]
    ) -> Callable[[ASGIReceiveEvent], Awaitable[None]]:
        """Start the application; returns how to tell it something."""
        bound: Any = await super().spawn_app(app, config, scope, send)
        queue: asyncio.Queue[ASGIReceiveEvent] = bound.__self__
        gone = False

        async def put(event: ASGIReceiveEvent) -> None:
            nonlocal gone
            if gone:
                return
            if event["type"] in {"http.disconnect", "websocket.disconnect"}:
                gone = True
                if queue.full():
                    while not queue.empty():
                        queue.get_nowait()
            await queue.put(event)

        return put
