"""Our corner of hypercorn: what its connections must show and refuse, beyond its settings.

Tested with hypercorn 0.18.0 (pinned). It leans on inner classes: `hypercorn.asyncio.run.TCPServer`,
`hypercorn.asyncio.tcp_server.TaskGroup`, `hypercorn.protocol.H11Protocol`, `hypercorn.protocol.H2Protocol`,
`hypercorn.protocol.h11.WSStream`, `hypercorn.protocol.h2.WSStream` and `hypercorn.protocol.ws_stream.Handshake`;
`tests/test_transport.py` fails when one of them moves. Without `installed()` (plain `hypercorn`, another server) the
application runs all the same: live events then go through `send`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, cast
from unittest.mock import patch

import h2.events
import h11
from h2.errors import ErrorCodes
from hypercorn.asyncio.task_group import TaskGroup
from hypercorn.asyncio.tcp_server import MAX_RECV, TCPServer
from hypercorn.asyncio.worker_context import EventWrapper
from hypercorn.config import Config
from hypercorn.events import Closed, RawData
from hypercorn.events import Event as ConnectionEvent
from hypercorn.protocol.events import Event, StreamClosed
from hypercorn.protocol.h2 import H2Protocol
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.ws_stream import ASGIWebsocketState, FrameTooLargeError, Handshake, WSStream
from hypercorn.typing import AppWrapper, ASGIReceiveEvent, ASGISendEvent, Scope, WebsocketAcceptEvent
from wsproto.connection import ConnectionState
from wsproto.events import CloseConnection, Message, Ping
from wsproto.frame_protocol import CloseReason

from quart_notes.broadcaster import DEAF, HEARTBEAT
from quart_notes.errors import problem
from quart_notes.jsonio import dump

MAX_FRAGMENTS = 1024  # of one websocket message: endless empty fragments never reach the size limit
LINGER = 2.0  # seconds a misbehaving websocket has to take its close frame before the connection is dropped


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
            async with asyncio.timeout(LINGER):
                await self.reader.read(MAX_RECV)
                self.writer.write(_whole_answer(503, "overloaded", "There are too many connections; try again."))
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


class Readable(EventWrapper):
    """Whether more may be read of a connection; raises once it is gone."""

    gone = False

    async def clear(self) -> None:
        """Have readers wait."""
        if not self.gone:
            await super().clear()

    async def wait(self) -> None:
        """Return when more may be read; ConnectionResetError when there will be nothing more."""
        await super().wait()
        if self.gone:
            raise ConnectionResetError


class ProblemH11Protocol(H11Protocol):
    """HTTP/1.1 whose own refusals (malformed requests, headers too large) are problem details too.

    It also ends with its connection: hypercorn reads nothing behind a request that is being answered, and would wait
    for ever for an answer whose client sent something more, then left.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.can_read = self._readable = Readable()

    async def handle(self, event: ConnectionEvent) -> None:
        """Take what comes in, and the end."""
        await super().handle(event)
        if isinstance(event, Closed):
            self._readable.gone = True
            await self._readable.set()

    async def _check_protocol(self, event: h11.Request) -> None:
        # HTTP/2 from the first byte is welcome; an upgrade to it would carry requests past a proxy's rules.
        if event.method == b"PRI":
            await super()._check_protocol(event)

    async def _send_error_response(self, status_code: int) -> None:
        code, detail = (
            ("headers_too_large", "The request's headers are too large.")
            if status_code == 431
            else ("bad_request", "The request could not be understood.")
        )
        body = dump(problem(status_code, code, detail))
        await self._send_h11_event(h11.Response(status_code=status_code, headers=[*_headers(body), *self._dated()]))
        await self._send_h11_event(h11.Data(data=body))
        await self._send_h11_event(h11.EndOfMessage())

    def _dated(self) -> list[tuple[bytes, bytes]]:
        return list(self.config.response_headers("h11"))


class CheckedH2Protocol(H2Protocol):
    """HTTP/2 that ends a connection on what hypercorn fails on, and outlives a body that nobody reads any more."""

    async def _handle_events(self, events: list[h2.events.Event]) -> None:
        for event in events:
            if isinstance(event, h2.events.RequestReceived) and not _is_request(event.headers):
                self.connection.close_connection(ErrorCodes.PROTOCOL_ERROR)
                await self._flush()
                await self.send(Closed())
                return
            if isinstance(event, h2.events.DataReceived) and event.stream_id not in self.streams:
                # Its stream was answered early, e.g. 413; hypercorn would fail and end the others too.
                self.connection.acknowledge_received_data(event.flow_controlled_length or 0, event.stream_id)
                await self._flush()
            else:
                await super()._handle_events([event])


def _is_request(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether there is a method and a path, in ASCII as HTTP/1.1 has them; a plain CONNECT has no path."""
    pseudo = {name: value for name, value in headers if name.startswith(b":")}
    return all(pseudo.get(name) and pseudo[name].isascii() for name in (b":method", b":path"))


def _headers(body: bytes) -> list[tuple[bytes, bytes]]:
    return [
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(body)),
        (b"x-content-type-options", b"nosniff"),
        (b"connection", b"close"),
    ]


def _whole_answer(status: int, code: str, detail: str) -> bytes:
    body = dump(problem(status, code, detail))
    head = [b"HTTP/1.1 %d Service Unavailable" % status, b"retry-after: 2"]
    head += [name + b": " + value for name, value in _headers(body)]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


class PlainHandshake(Handshake):
    """A handshake without extensions: deflate turns 300 KB on the wire into 800 MB in memory."""

    def __init__(self, headers: list[tuple[bytes, bytes]], http_version: str) -> None:
        super().__init__(headers, http_version)
        self.extensions = None

    def is_valid(self) -> bool:
        """Whether the client may upgrade; hypercorn fails on an upgrade without its header."""
        return (self.http_version != "1.1" or self.upgrade is not None) and super().is_valid()


class BoundedWSStream(WSStream):
    """A websocket that closes, with the right code, on a message too large or too broken, and reads no further.

    beats   it pings by itself, because nobody else does, and drops a peer that answers nothing
    """

    beats = True
    refused = False
    fragments = 0

    async def handle(self, event: Event) -> None:
        """Take what comes in; nothing but the end once the client has been refused, or its handshake has."""
        turned_away = self.state in {ASGIWebsocketState.RESPONSE, ASGIWebsocketState.HTTPCLOSED}
        if not (self.refused or turned_away) or isinstance(event, StreamClosed):
            await super().handle(event)

    @property
    def _peer(self) -> Peer | None:
        state: Any = self.scope.get("state") or {}
        return cast(Peer | None, state.get("peer"))

    async def _accept(self, message: WebsocketAcceptEvent) -> None:
        await super()._accept(message)
        if self.beats:
            asyncio.get_running_loop().call_later(HEARTBEAT, self._beat)

    def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        if self.closed:
            return
        if self._peer is not None and loop.time() - self._peer.heard > DEAF:
            self._peer.transport.abort()
            return
        self.task_group.spawn(self._send_wsproto_event, Ping())
        loop.call_later(HEARTBEAT, self._beat)

    async def _handle_events(self) -> None:
        for event in self.connection.events():
            if isinstance(event, Message):
                await self._take(event)
            elif isinstance(event, Ping):
                await self._send_wsproto_event(event.response())
            elif isinstance(event, CloseConnection):
                if self.connection.state is ConnectionState.OPEN:  # not a close frame: wsproto's verdict on a bad one
                    await self._refuse(CloseReason(event.code))
                else:
                    if self.connection.state is ConnectionState.REMOTE_CLOSING:
                        await self._send_wsproto_event(event.response())
                    await self.send(StreamClosed(stream_id=self.stream_id))
            if self.refused:
                return

    async def _take(self, event: Message[Any]) -> None:
        self.fragments += 1
        try:
            self.buffer.extend(event)
        except FrameTooLargeError:
            await self._refuse(CloseReason.MESSAGE_TOO_BIG)
            return
        if event.message_finished:
            message = self.buffer.to_message()
            self.buffer.clear()
            self.fragments = 0
            if self.app_put is not None:
                await self.app_put(message)
        elif self.fragments > MAX_FRAGMENTS:
            await self._refuse(CloseReason.POLICY_VIOLATION)

    async def _send_error_response(self, status_code: int) -> None:
        await super()._send_error_response(status_code)
        await self.send(StreamClosed(stream_id=self.stream_id))  # hypercorn leaves the connection open

    async def _refuse(self, code: CloseReason) -> None:
        self.refused = True
        if self._peer is not None:
            self._peer.closing = True
        self.buffer.clear()
        await self._send_wsproto_event(CloseConnection(code=code))
        self.task_group.spawn(self._drop)

    async def _drop(self) -> None:
        await asyncio.sleep(LINGER)
        if not self.closed:
            await self.send(StreamClosed(stream_id=self.stream_id))


@contextmanager
def installed(limit: int, *, direct: bool) -> Iterator[type[Connection]]:
    """Have hypercorn use these classes; gives the one of its connections.

    limit    the number of connections it serves at once
    direct   the broadcaster writes to the transports of HTTP/1.1 websockets and pings them too
    """

    class LimitedConnection(Connection):
        open: ClassVar[set[Connection]] = set()

    class H11WSStream(BoundedWSStream):
        beats = not direct

    LimitedConnection.limit = limit
    with (
        patch("hypercorn.asyncio.run.TCPServer", LimitedConnection),
        patch("hypercorn.asyncio.tcp_server.TaskGroup", UnblockedTaskGroup),
        patch("hypercorn.protocol.H11Protocol", ProblemH11Protocol),
        patch("hypercorn.protocol.H2Protocol", CheckedH2Protocol),
        patch("hypercorn.protocol.h11.WSStream", H11WSStream),
        patch("hypercorn.protocol.h2.WSStream", BoundedWSStream),
        patch("hypercorn.protocol.ws_stream.Handshake", PlainHandshake),
    ):
        yield LimitedConnection
