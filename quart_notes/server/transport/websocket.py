"""Websockets with limits: no extensions, bounded messages, a close code for each violation."""

import asyncio
from typing import Any, cast

from hypercorn.protocol.events import Event, Request, StreamClosed
from hypercorn.protocol.ws_stream import ASGIWebsocketState, FrameTooLargeError, Handshake, WSStream
from hypercorn.typing import WebsocketAcceptEvent
from wsproto.connection import ConnectionState
from wsproto.events import CloseConnection, Message, Ping
from wsproto.frame_protocol import CloseReason

from quart_notes.live.broadcaster import HEARTBEAT, PONG_TIMEOUT
from quart_notes.server.transport.connection import ClientConnection

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


class BoundedWSStream(WSStream):
    """A websocket that closes, with the right code, after a message that is too large or invalid, and reads no further.

    sends_pings   it sends pings itself, because nothing else does, and drops a client that does not answer
    """

    sends_pings = True
    refused = False
    fragments = 0

    async def handle(self, event: Event) -> None:
        """Handle received data; only the end once the client or its handshake was refused."""
        if isinstance(event, Request) and "peer" in event.state:
            event.state["peer"].lingers = False  # until it is accepted: nothing follows a refused handshake
        rejected = self.state in {ASGIWebsocketState.RESPONSE, ASGIWebsocketState.HTTPCLOSED}
        if not (self.refused or rejected) or isinstance(event, StreamClosed):
            await super().handle(event)

    @property
    def _peer(self) -> ClientConnection | None:
        state: Any = self.scope.get("state") or {}
        return cast(ClientConnection | None, state.get("peer"))

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
