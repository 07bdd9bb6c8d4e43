"""Websockets with limits: no extensions, bounded messages, a close code for each violation."""

import asyncio
from collections.abc import Iterable
from types import MappingProxyType
from typing import Any

from hypercorn.protocol.events import Event, Request, StreamClosed
from hypercorn.protocol.ws_stream import ASGIWebsocketState, FrameTooLargeError, Handshake, WSStream
from hypercorn.typing import ASGISendEvent, WebsocketAcceptEvent
from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import CloseConnection, Message, Ping
from wsproto.frame_protocol import CloseReason

from quart_notes.live.broadcaster import HEARTBEAT, PONG_TIMEOUT
from quart_notes.live.outlets import DetachedStream
from quart_notes.server.transport.client_connection import ClientConnection

MAX_FRAGMENTS = 1024  # fragments of one message: endless empty fragments never reach the size limit


class NoExtensionsHandshake(Handshake):
    """A handshake without extensions: deflate turns 300 KB on the wire into 800 MB in memory.

    A header with a byte that is not ASCII is ignored: wsproto fails on it.
    """

    def __init__(self, headers: list[tuple[bytes, bytes]], http_version: str) -> None:
        super().__init__([(name, value) for name, value in headers if value.isascii()], http_version)
        self.extensions = None

    def is_valid(self) -> bool:
        """Whether the client may upgrade; hypercorn fails on an upgrade without its header."""
        return (self.http_version != "1.1" or self.upgrade is not None) and super().is_valid()

    def accept(
        self, subprotocol: str | None, additional_headers: Iterable[tuple[bytes, bytes]]
    ) -> tuple[int, list[tuple[bytes, bytes]], Connection]:
        """Accept it, without the objects of an extension that was declined."""
        status, headers, _ = super().accept(subprotocol, additional_headers)
        return status, headers, Connection(ConnectionType.SERVER)


class _AcceptedHandshake:
    """All that a detached websocket needs of its handshake."""

    accepted = True


ACCEPTED: Any = _AcceptedHandshake()
NO_SCOPE: Any = MappingProxyType({})


class BoundedWSStream(WSStream):
    """A websocket that closes, with the right code, after a message that is too large or invalid, and reads no further.

    sends_pings   it sends pings itself, because nothing else does, and drops a client that does not answer
    detached      the application has returned and its stream goes on: nobody else sends messages or waits for any
    """

    sends_pings = True
    refused = False
    detached = False
    fragments = 0
    _has_received = False  # a message of the client
    _peer: ClientConnection | None = None
    _stream: DetachedStream | None = None

    async def handle(self, event: Event) -> None:
        """Handle received data; only the end once the client or its handshake was refused."""
        if isinstance(event, Request) and "peer" in event.state:
            peer: Any = event.state["peer"]
            self._peer = peer
            peer.lingers = False  # until it is accepted: nothing follows a refused handshake
            if event.http_version == "1.1":
                peer.carrier = self
        rejected = self.state in {ASGIWebsocketState.RESPONSE, ASGIWebsocketState.HTTPCLOSED}
        if not (self.refused or rejected) or isinstance(event, StreamClosed):
            await super().handle(event)

    def detach(self, stream: DetachedStream) -> bool:
        """Keep the websocket open after the application has returned.

        Not after a message of the client: it, and what follows, may wait in the queue of the application.
        """
        if self.closed or self.refused or self._has_received:
            return False
        self.detached, self._stream = True, stream
        self.app_put = self._deliver
        self.handshake, self.scope = ACCEPTED, NO_SCOPE  # only an answer to the handshake needs them
        return True

    async def _deliver(self, message: Any) -> None:
        """Tell the detached stream what the application would have received."""
        if self._stream is None:
            return
        if message["type"] == "websocket.receive":
            self._stream.received()
        else:
            self.drop()

    def drop(self) -> None:
        """Tell a detached stream that has not ended that its client has left."""
        if self._stream is not None:
            stream, self._stream = self._stream, None
            stream.left()

    async def app_send(self, message: ASGISendEvent | None) -> None:
        """Accept a message of the application, or its end (None)."""
        if not self.detached:
            await super().app_send(message)

    async def end(self, code: int) -> None:
        """Close a detached websocket."""
        self._stream = None
        await super().app_send({"type": "websocket.close", "code": code, "reason": None})
        await super().app_send(None)

    async def _accept(self, message: WebsocketAcceptEvent) -> None:
        if self._peer is not None:
            self._peer.lingers = True
        await super()._accept(message)
        if self.sends_pings:
            asyncio.get_running_loop().call_later(HEARTBEAT, self._ping_while_open)

    def _ping_while_open(self) -> None:
        loop = asyncio.get_running_loop()
        if self.closed:
            return
        if self._peer is not None and loop.time() - self._peer.last_received_at > PONG_TIMEOUT:
            self._peer.transport.abort()
            return
        self.task_group.spawn(self._send_wsproto_event, Ping())
        loop.call_later(HEARTBEAT, self._ping_while_open)

    async def _handle_events(self) -> None:
        for event in self.connection.events():
            if isinstance(event, Message):
                await self._accept_message(event)
            elif isinstance(event, Ping):
                await self._send_wsproto_event(event.response())
            elif isinstance(event, CloseConnection):
                if self.connection.state is ConnectionState.OPEN:  # no close frame: wsproto's verdict on an invalid one
                    await self._refuse(CloseReason(event.code))
                else:
                    if self.connection.state is ConnectionState.REMOTE_CLOSING:
                        await self._send_wsproto_event(event.response())
                    await self.send(StreamClosed(stream_id=self.stream_id))
            if self.refused:
                return

    async def _accept_message(self, event: Message[Any]) -> None:
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
            self._has_received = True
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
        if not self.closed:
            await self.send(StreamClosed(stream_id=self.stream_id))
