"""Hypercorn's HTTP/1.1 and HTTP/2, with its own refusals as problem details, and safe from request smuggling."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import h2.events
import h11
from h2.errors import ErrorCodes
from hypercorn.asyncio.worker_context import EventWrapper
from hypercorn.events import Closed
from hypercorn.events import Event as ConnectionEvent
from hypercorn.protocol.events import Event as StreamEvent
from hypercorn.protocol.events import Response
from hypercorn.protocol.h2 import H2Protocol
from hypercorn.protocol.h11 import H11Protocol, H11WSConnection
from hypercorn.protocol.http_stream import HTTPStream
from hypercorn.protocol.ws_stream import WSStream

from quart_notes.errors import problem
from quart_notes.live.compact_event import CompactEvent
from quart_notes.schemas.strict_json import dump
from quart_notes.server.transport.problem_response import problem_headers
from quart_notes.web.request_ids import HEADER, single

VERSIONS = {b"1.0", b"1.1"}


class Readable(EventWrapper):
    """Whether more may be read from a connection; raises once it is closed."""

    closed = False

    def __init__(self) -> None:
        self._event = CompactEvent()

    async def clear(self) -> None:
        """Have readers wait."""
        if not self.closed:
            await super().clear()

    async def wait(self) -> None:
        """Wait until more may be read; ConnectionResetError when there will be nothing more."""
        await super().wait()
        if self.closed:
            raise ConnectionResetError


class EndingConnection(h11.Connection):
    """HTTP/1.1 that drops data after a client's last request: h11 takes it for an error of the request itself."""

    def receive_data(self, data: bytes) -> None:
        """Accept received data."""
        if self.their_state is not h11.MUST_CLOSE:
            super().receive_data(data)

    def next_event(self) -> Any:
        """The next event; RemoteProtocolError for an invalid request."""
        if self.their_state is h11.MUST_CLOSE:
            return h11.NEED_DATA
        event = super().next_event()
        if isinstance(event, h11.Request) and event.method != b"PRI" and event.http_version not in VERSIONS:
            raise h11.RemoteProtocolError("unknown version")
        return event


class ProblemH11Protocol(H11Protocol):
    """HTTP/1.1 whose own refusals (malformed requests, headers too large) are problem details too.

    It also ends with its connection: hypercorn reads nothing after a request in progress, and would wait for ever for a
    response to a client that sent something more and then left.
    """

    def __init__(self, *args: Any) -> None:
        # Not hypercorn's own, which makes h11's connection for each of ours: few use it.
        self.app, self.config, self.context, self.task_group, self.connection_state = args[:5]
        self.ssl, self.client, self.server, self.send = args[5:]
        self.keep_alive_requests = 0
        self.stream: HTTPStream | WSStream | None = None
        self.can_read = self._readable = Readable()
        self._connection: h11.Connection | H11WSConnection | None = None

    @property
    def connection(self) -> h11.Connection | H11WSConnection:
        """What reads and writes HTTP/1.1; made when it is first used."""
        if self._connection is None:
            limit = self.config.h11_max_incomplete_size
            self._connection = EndingConnection(h11.SERVER, max_incomplete_event_size=limit)
        return self._connection

    @connection.setter
    def connection(self, other: h11.Connection | H11WSConnection) -> None:
        self._connection = other

    def at_rest(self) -> bool:
        """Whether the next byte starts a request: no response is in progress, and no part of a request was received."""
        return self._connection is None or (
            self.stream is None
            and isinstance(self.connection, h11.Connection)
            and self.connection.our_state is self.connection.their_state is h11.IDLE
            and not self.connection.trailing_data[0]
        )

    async def handle(self, event: ConnectionEvent) -> None:
        """Handle received data, and the end."""
        await super().handle(event)
        if isinstance(event, Closed):
            self._readable.closed = True
            await self._readable.set()

    async def stream_send(self, event: StreamEvent) -> None:
        """Send an event of a stream; h11 has no further part in a websocket that was accepted."""
        await super().stream_send(event)
        if isinstance(event, Response) and event.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            websocket: Any = self.connection
            websocket.h11_connection = None

    async def _maybe_recycle(self) -> None:
        await super()._maybe_recycle()
        if self.connection.our_state is not h11.IDLE:
            # There is no next request. The task that reads after this one may not wait yet, and would then wait for
            # ever: seen when the server stops while a body has just arrived.
            self._readable.closed = True
            await self._readable.set()

    async def _check_protocol(self, event: h11.Request) -> None:
        # HTTP/2 from the first byte is accepted; an upgrade to it would carry requests past a proxy's rules.
        if event.method == b"PRI":
            await super()._check_protocol(event)

    async def _send_h11_event(self, event: Any) -> None:
        # After a body that was not read to its end nothing can be read, so the connection ends: say so in the response,
        # or the client's next request on it is lost.
        if isinstance(event, h11.Response):
            further = [] if self.connection.their_state is not h11.SEND_BODY else [(b"connection", b"close")]
            if all(name != HEADER for name, _ in event.headers):
                further.append((HEADER, single()))  # hypercorn's own, for an application that has sent nothing
            if further:
                headers = [*event.headers.raw_items(), *further]
                event = h11.Response(status_code=event.status_code, headers=headers)
        await super()._send_h11_event(event)

    async def _send_error_response(self, status_code: int) -> None:
        code, detail = (
            ("headers_too_large", "The request's headers are too large.")
            if status_code == 431
            else ("bad_request", "The request could not be understood.")
        )
        body = dump(problem(status_code, code, detail))
        await self._send_h11_event(
            h11.Response(
                status_code=status_code, headers=[*problem_headers(body), *self.config.response_headers("h11")]
            )
        )
        await self._send_h11_event(h11.Data(data=body))
        await self._send_h11_event(h11.EndOfMessage())


class CheckedH2Protocol(H2Protocol):
    """HTTP/2 that ends a connection where hypercorn would fail, and survives a body that nobody reads to its end."""

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
    """Whether there is a method and a path, in ASCII as in HTTP/1.1; a plain CONNECT has no path."""
    pseudo = {name: value for name, value in headers if name.startswith(b":")}
    return all(pseudo.get(name) and pseudo[name].isascii() for name in (b":method", b":path"))
