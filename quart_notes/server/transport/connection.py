"""A connection that exposes its transport, is counted, and ends with its client."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from time import time
from typing import Any, ClassVar

from hypercorn.asyncio.tcp_server import MAX_RECV, TCPServer
from hypercorn.events import Closed, Event, RawData
from hypercorn.typing import WorkerContext

from quart_notes.server.transport.client_connection import ClientConnection
from quart_notes.server.transport.fast_http1 import EXCHANGE, Exchange, Request, parse_request, scope_of
from quart_notes.server.transport.idle_timer import IdleTimer
from quart_notes.server.transport.problem_response import raw_problem_response
from quart_notes.server.transport.protocols import ProblemH11Protocol
from quart_notes.web.request_ids import SCOPE_NAME

FIRST_REQUEST_GRACE = 0.2  # seconds within which a new connection's first request arrives, also while the server stops
REFUSAL_TIMEOUT = 2.0  # seconds in which a refused connection has to send its request
MAX_DOUBTED = 8  # requests in progress whose clients send nothing more: most have left, few wait for their response
LINGER_TIMEOUT = 1.0  # seconds for a client to read the last response and close; what it sends in that time is dropped


class Connection(TCPServer):
    """A TCP connection that exposes its transport, is counted, and serves plain requests.

    A plain request that arrives while hypercorn's protocol is idle never reaches it; all other requests do. Work for a
    client that has left is cancelled; a change that the writer has accepted goes on in its own task.

    doubted   connections whose clients have stopped sending, and may have left, while a response is in progress
    """

    limit: ClassVar[int] = 0  # connections at once; 0: no limit
    open: ClassVar[set["Connection"]] = set()
    doubted: ClassVar[set["Connection"]] = set()
    date_headers: ClassVar[tuple[int, bytes]] = (0, b"")  # the second, and the headers that all of its responses carry
    ending: ClassVar[asyncio.Task[None] | None] = None

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._began = self.loop.time()
        self._client = ClientConnection(self.writer, self._began, self)
        self.write = self._client.write
        self.state = {**self.state, "peer": self._client}
        self._base_scope: dict[str, Any] = {}
        self._app_task: asyncio.Task[Any] | None = None  # for a client whose end nobody else watches
        self._left = False
        self._silent = False  # the client sends nothing more
        self._detached: Exchange | None = None  # a response that goes on after the application has returned
        self.reader.feed_eof = self._feed_eof  # type: ignore[method-assign]
        self.reader.set_exception = self._set_exception  # type: ignore[method-assign]
        self._reading = False
        self._fresh = True  # hypercorn's protocol has received nothing yet
        self._task: asyncio.Task[Any] | None = None  # the task that reads and answers
        self._linger_timer: asyncio.TimerHandle | None = None
        self._idle = IdleTimer(
            self.config.keep_alive_timeout, self._end_idle, self.context.terminated.is_set, self._idle_grace
        )
        self.idle_task: Any = self._idle

    async def run(self) -> None:
        """Serve the connection, or refuse it if there are too many."""
        cls = type(self)
        if cls.limit and len(cls.open) >= cls.limit:
            await self._refuse()
            return
        cls.open.add(self)
        if cls.ending is None or cls.ending.done():
            cls.ending = self.loop.create_task(cls._end_idle_ones(self.context))
        try:
            await super().run()
        finally:
            cls.open.discard(self)
            self._idle.cancel()

    @classmethod
    async def _end_idle_ones(cls, context: WorkerContext) -> None:
        await context.terminated.wait()
        for connection in list(cls.open):
            connection._idle.close_when_idle()
            if connection._linger_timer is not None:
                connection._linger(FIRST_REQUEST_GRACE)

    def _idle_grace(self) -> float:
        """Seconds until a new connection without a request counts as idle."""
        has_requested = self._client.last_received_at > self._began
        return 0.0 if has_requested else max(self._began + FIRST_REQUEST_GRACE - self.loop.time(), 0.0)

    def _end_idle(self) -> None:
        self.spawn(self._initiate_server_close)

    def spawn(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a coroutine in a task of the connection."""
        self._task_group.spawn(work)

    @classmethod
    async def flushed(cls) -> None:
        """Wait until every client has received what was written to it."""
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
            # Read first: closing with unread bytes would reset the connection under the response.
            async with asyncio.timeout(REFUSAL_TIMEOUT):
                await self.reader.read(MAX_RECV)
                self.writer.write(raw_problem_response(503, "overloaded", "There are too many connections; try again."))
                await self.writer.drain()
        except (OSError, TimeoutError):
            pass
        await self._close()

    async def _read_data(self) -> None:
        try:
            if self.config.read_timeout is None:
                await self._read_requests()
            else:
                await super()._read_data()
        finally:
            if self._client.carrier is not None:
                self._client.carrier.drop()  # also when the task is cancelled

    async def _read_requests(self) -> None:
        self._reading, last, self._task = True, False, asyncio.current_task()
        while not (last or self.reader.at_eof()):
            try:
                data = await self.reader.read(MAX_RECV)
                self._client.last_received_at = self.loop.time()
                if self._linger_timer is not None:
                    continue
                data, last = await self._serve_fast(data)
                while self._detached is not None:
                    del data
                    data, last = await self._finish_detached(self._detached)
                if data:
                    self._fresh = False
                    await self.protocol.handle(RawData(data))
            except OSError:
                break
        self._reading = False
        await self.protocol.handle(Closed())
        self._idle.cancel()

    async def protocol_send(self, event: Event) -> None:
        """Send for hypercorn's protocols; hypercorn itself knows fewer of the errors that mean a client has left."""
        try:
            await super().protocol_send(event)
        except OSError:
            await self.protocol.handle(Closed())

    async def _close(self) -> None:
        """Close the connection after its last bytes, without a reset, which would discard them.

        The kernel answers a client that goes on sending with a reset. So: shut down the writing side, read until the
        client closes, for LINGER_TIMEOUT at most, then close. Over TLS the transport itself waits for the client.
        source   RFC 9112, section 9.6
        """
        if self._client.lingers and self.writer.can_write_eof() and not self.reader.at_eof():
            self._client.closing = True  # no event may follow
            with suppress(OSError, RuntimeError):
                self.writer.write_eof()
                if self._linger_timer is None:
                    self._linger(FIRST_REQUEST_GRACE if self.context.terminated.is_set() else LINGER_TIMEOUT)
                if self._reading:
                    return  # the reader closes it at the end
                while await self.reader.read(MAX_RECV):
                    pass
        if self._linger_timer is not None:
            self._linger_timer.cancel()
        abort_timer = self._abort_later()
        with suppress(OSError):  # the client has left
            await super()._close()
        if abort_timer is not None:
            abort_timer.cancel()

    def _abort_later(self) -> asyncio.TimerHandle | None:
        """Over TLS, closing waits up to half a minute for the client's close: wait less."""
        if self.writer.can_write_eof():
            return None
        seconds = FIRST_REQUEST_GRACE if self.context.terminated.is_set() else LINGER_TIMEOUT
        return self.loop.call_later(seconds, self.writer.transport.abort)

    async def _initiate_server_close(self) -> None:
        self._abort_later()
        await super()._initiate_server_close()

    def _linger(self, seconds: float) -> None:
        if self._linger_timer is not None:
            self._linger_timer.cancel()
        self._linger_timer = self.loop.call_later(seconds, self.writer.close)

    async def read(self) -> bytes:
        """The next bytes from the client; empty at the end."""
        data = await self.reader.read(MAX_RECV)
        self._client.last_received_at = self.loop.time()
        return data

    async def _serve_fast(self, data: bytes) -> tuple[bytes, bool]:
        """Serve the plain requests at the start of `data`.

        returns   the bytes for hypercorn, and whether the connection must end
        """
        inner: Any = self.protocol.protocol
        while data and isinstance(inner, ProblemH11Protocol) and (self._fresh or inner.at_rest()):
            request = parse_request(data, self.config.h11_max_incomplete_size)
            if request is None or self.config.server_names:
                break
            if self._silent and self._has_left():
                return b"", True
            exchange = await self._exchange(request, data[request.size :], inner)
            if exchange.detached:
                self._detached = exchange
                return b"", False
            if exchange.last or self.context.terminated.is_set():
                return b"", True
            data = exchange.rest
            if data:
                await asyncio.sleep(0)  # a client that sends many at once must not block others
        return data, False

    async def _finish_detached(self, exchange: Exchange) -> tuple[bytes, bool]:
        """Finish the exchange of a detached stream when that is over, and serve what follows; returns as `_serve_fast`.

        Until then no other coroutine or task waits for the stream, and nothing is read: the end of the client's data is
        noted in `_on_end`.
        """
        if self.config.log.access_logger is None:
            exchange.scope = None
            exchange.start = True
        if self._silent:
            exchange.client_left()
        await exchange.wait_over()
        self._detached = None
        await self._finish(exchange)
        if exchange.last or self.context.terminated.is_set():
            return b"", True
        return await self._serve_fast(exchange.rest)

    def _feed_eof(self) -> None:
        asyncio.StreamReader.feed_eof(self.reader)
        self._on_end(surely=False)

    def _set_exception(self, exc: Exception) -> None:
        asyncio.StreamReader.set_exception(self.reader, exc)
        self._on_end(surely=True)

    def _on_end(self, *, surely: bool) -> None:
        """Cancel the work for a client that sends nothing more.

        surely   the client has left; otherwise it may have closed its sending side only, as few do
        """
        self._silent = True
        if self._detached is not None:
            self._detached.client_left()
        if self._app_task is None or self._left:
            return
        if surely or len(self.doubted) >= MAX_DOUBTED:
            self._left = self._app_task.cancel()
        else:
            self.doubted.add(self)

    def _has_left(self) -> bool:
        """Whether the client seems to have left before its request was started."""
        return self.reader.exception() is not None or (self.reader.at_eof() and len(self.doubted) >= MAX_DOUBTED)

    async def _run_app(self, scope: Any, exchange: Exchange) -> None:
        """Run the application, as long as the client is there."""
        self._app_task = self._task
        exchange.on_watched = self._on_watched
        if self._silent:
            self.doubted.add(self)
        try:
            await self.app(scope, exchange.receive, exchange.send, self.loop.run_in_executor, self.loop.call_soon)  # type: ignore[arg-type]
        except asyncio.CancelledError:
            if not self._left:
                raise
        finally:
            self._app_task = None
            if self._silent:
                self.doubted.discard(self)
        if self._left and self._task is not None and self._task.uncancel():
            raise asyncio.CancelledError  # the server stops, too

    def _on_watched(self) -> None:
        self._app_task = None  # the application itself waits for the client's end

    async def _exchange(self, request: Request, rest: bytes, inner: ProblemH11Protocol) -> Exchange:
        self._idle.busy()
        began = time()
        exchange = Exchange(request, rest, self, self._date_headers(int(began)))
        exchange.began = began
        inner.keep_alive_requests += 1
        exchange.last |= inner.keep_alive_requests > self.config.keep_alive_max_requests
        scope: Any = scope_of(request, self._base_scope or self._make_base_scope(inner), self.state)
        scope["extensions"] = {EXCHANGE: exchange}
        exchange.scope = scope
        self._client.carrier = exchange
        try:
            await self._run_app(scope, exchange)
        except Exception:
            name = scope.get(SCOPE_NAME, b"").decode()
            await self.config.log.exception("Error in ASGI Framework", extra={"request_id": name})
        if not exchange.detached:
            await self._finish(exchange)
        return exchange

    async def _finish(self, exchange: Exchange) -> None:
        self._client.carrier = None
        if self._left:
            exchange.last = True
        elif not exchange.done:
            await exchange.finish(b"" if exchange.start else exchange.scope.get(SCOPE_NAME, b""))
        if self.config.log.access_logger is not None:
            await self.config.log.access(exchange.scope, exchange.start, time() - exchange.began)
        exchange.scope = None  # which refers to the exchange
        if self.context.max_requests is not None:
            await self.context.mark_request()
        self._idle.start()

    def _make_base_scope(self, inner: ProblemH11Protocol) -> dict[str, Any]:
        self._base_scope = {
            "type": "http",
            "http_version": "1.1",
            "asgi": {"spec_version": "2.1", "version": "3.0"},
            "scheme": "https" if inner.ssl else "http",
            "root_path": self.config.root_path,
            "client": inner.client,
            "server": inner.server,
        }
        return self._base_scope

    def _date_headers(self, second: int) -> bytes:
        """The headers of every response, with the date, and the end of the head: made once a second."""
        cls = type(self)
        if cls.date_headers[0] != second:
            lines = [b"\r\n%b: %b" % field for field in self.config.response_headers("h11")]
            cls.date_headers = second, b"".join(lines) + b"\r\n\r\n"
        return cls.date_headers[1]

    async def ended(self) -> None:
        """Wait until the connection is closed."""
        with suppress(OSError):
            await self.writer.wait_closed()
