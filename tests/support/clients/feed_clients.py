"""Small feed clients on raw sockets: they can disconnect at any byte, stop reading, and violate the protocol."""

import asyncio
import base64
import json
import os
import re
from collections.abc import Callable
from typing import Any, Self

from tests.support.clients.raw_connection import PATIENCE, Head, RawConnection
from tests.support.clients.wire_formats import (
    CLOSE,
    PING,
    PONG,
    TEXT,
    Dechunker,
    EventStreamParser,
    Frame,
    FrameParser,
    Json,
    close_frame,
    frame,
)


class FeedClient:
    """The common part of both transports' clients.

    events   every event so far, as JSON; `ids` are those of the durable ones
    ended    the server has ended the stream; `properly`: as its protocol requires, not by a reset
    """

    path = ""

    def __init__(self, port: int, receive_buffer: int = 0) -> None:
        self.connection = RawConnection(port, receive_buffer)
        self.head: Head
        self.events: list[Json] = []
        self.ended = False
        self.properly = False

    @property
    def ids(self) -> list[str]:
        """The ids of the events so far; volatile ones have none."""
        return [event["id"] for event in self.events if "id" in event]

    @property
    def numbers(self) -> list[int]:
        """The numbers in those ids."""
        return [int(event_id.partition("-")[2]) for event_id in self.ids]

    async def open(
        self,
        after: str | None = None,
        topics: str | None = None,
        person: object = None,
        headers: dict[str, str] | None = None,
    ) -> Self:
        """Connect and subscribe; returns once the stream has started, or was refused (see `head`)."""
        asked = (("after", after), ("topics", topics), ("person", person))
        query = "&".join(f"{name}={value}" for name, value in asked if value is not None)
        await self.connection.connect()
        lines = [f"GET {self.path}?{query} HTTP/1.1" if query else f"GET {self.path} HTTP/1.1"]
        fields = {"Host": f"127.0.0.1:{self.connection.port}", **self.request_headers(), **(headers or {})}
        lines += [f"{name}: {value}" for name, value in fields.items()]
        await self.connection.send("\r\n".join([*lines, "", ""]).encode())
        self.head = await self.connection.head()
        return self

    def request_headers(self) -> dict[str, str]:
        """The headers of this transport's request."""
        return {}

    def feed(self, data: bytes) -> None:
        """Handle received bytes."""
        raise NotImplementedError

    async def read(self, size: int = 1 << 16) -> bool:
        """Read once; False when the stream has ended."""
        if self.ended:
            return False
        data = await self.connection.receive(size)
        if data:
            self.feed(data)
        else:
            self.ended = True
        return bool(data)

    async def until(self, condition: Callable[["FeedClient"], object], seconds: float = PATIENCE) -> Self:
        """Read until `condition` holds for this client."""
        try:
            async with asyncio.timeout(seconds):
                while not condition(self):
                    assert await self.read(), f"the stream ended after {len(self.events)} events: {self.events[-3:]}"
        except TimeoutError:
            raise AssertionError(f"not within {seconds} s; {len(self.events)} events: {self.events[-3:]}") from None
        return self

    async def count(self, number: int) -> list[Json]:
        """Read until there are `number` events; returns all."""
        await self.until(lambda client: len(client.events) >= number)
        return self.events

    async def to_the_end(self, seconds: float = PATIENCE) -> Self:
        """Read until the server ends the stream."""
        try:
            async with asyncio.timeout(seconds):
                while await self.read():
                    pass
        except TimeoutError:
            raise AssertionError(f"the stream did not end within {seconds} s") from None
        return self

    def cut(self) -> None:
        """Disconnect abruptly."""
        self.connection.cut()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.connection.close()


class EventStreamClient(FeedClient):
    """Reads `/events`."""

    path = "/events"

    def __init__(self, port: int, receive_buffer: int = 0) -> None:
        super().__init__(port, receive_buffer)
        self.parser = EventStreamParser()
        self.body = b""
        self._dechunker = Dechunker()

    def feed(self, data: bytes) -> None:
        """Handle received bytes."""
        if self.head.headers.get("transfer-encoding") == "chunked":
            data = self._dechunker.feed(data)
            self.properly = self.ended = self._dechunker.done
        self.body += data
        for event_id, text in self.parser.feed(data):
            event = json.loads(text)
            assert event.get("id") == event_id, (event_id, event)
            self.events.append(event)

    async def beaten(self, times: int) -> None:
        """Read until this many comments came after the first one."""
        await self.until(lambda _: self.parser.comments > times)


class WebsocketClient(FeedClient):
    """Reads `/ws`; answers pings and a close unless it is `deaf`."""

    path = "/ws"

    def __init__(self, port: int, receive_buffer: int = 0, *, deaf: bool = False) -> None:
        super().__init__(port, receive_buffer)
        self.deaf = deaf
        self.pings = 0
        self.pongs: list[bytes] = []
        self.close_code: int | None = None
        self.after_close = 0  # frames after the close frame
        self._parser = FrameParser()
        self._answers = b""

    def request_headers(self) -> dict[str, str]:
        """The opening handshake."""
        key = base64.b64encode(os.urandom(16)).decode()
        return {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": key,
            "Sec-WebSocket-Version": "13",
        }

    def feed(self, data: bytes) -> None:
        """Handle received bytes."""
        for received in self._parser.feed(data):
            if self.close_code is not None:
                self.after_close += 1
            self._take(received)

    def _take(self, received: Frame) -> None:
        assert received.fin, "the feed fragments nothing"
        if received.opcode == TEXT:
            self.take_text(received.payload)
        elif received.opcode == PING:
            self.pings += 1
            self._answers += frame(received.payload, PONG)
        elif received.opcode == PONG:
            self.pongs.append(received.payload)
        elif received.opcode == CLOSE:
            self.close_code = int.from_bytes(received.payload[:2], "big") if received.payload else 1005
            self.properly = True
            self._answers += close_frame(self.close_code if received.payload else None)
        else:
            raise AssertionError(f"an unexpected frame: {received}")

    async def pinged(self, times: int) -> None:
        """Read until this many pings came."""
        await self.until(lambda _: self.pings >= times)

    def take_text(self, payload: bytes) -> None:
        """Handle a text frame: an event."""
        self.events.append(json.loads(payload))

    async def read(self, size: int = 1 << 16) -> bool:
        """Read once, and respond to pings and a close."""
        alive = await super().read(size)
        if self._answers and not self.deaf:
            answers, self._answers = self._answers, b""
            await self.say(answers)  # the server may have closed already; its last bytes are still to be read
        return alive

    async def say(self, data: bytes) -> bool:
        """Send raw bytes; returns whether the connection was still open."""
        try:
            await self.connection.send(data)
        except ConnectionError:
            return False
        return True


class LineClient(WebsocketClient):
    """A client of the plain-text websocket: `lines` are the received ones."""

    def __init__(self, port: int, client_id: object, receive_buffer: int = 0, *, deaf: bool = False) -> None:
        super().__init__(port, receive_buffer, deaf=deaf)
        self.path = f"/ws/{client_id}"
        self.lines: list[str] = []

    def take_text(self, payload: bytes) -> None:
        """Handle a text frame: a line."""
        self.lines.append(payload.decode())

    async def speak(self, *texts: str) -> None:
        """Send text frames in sequence."""
        for text in texts:
            assert await self.say(frame(text.encode())), "the server has left"

    async def hears(self, *lines: str) -> None:
        """Read until there are as many lines as these, which must be equal."""
        assert await self.heard(len(lines)) == list(lines)

    async def heard(self, number: int) -> list[str]:
        """Read until there are `number` lines; returns all."""
        await self.until(lambda _: len(self.lines) >= number)
        return self.lines


Edge = type[EventStreamClient] | type[WebsocketClient]
EDGES: list[Edge] = [WebsocketClient, EventStreamClient]


def named(edge: Any) -> str:
    """The name of a transport in a test's id."""
    return re.sub(r"Client$", "", edge.__name__)


async def follow(edge: Edge, port: int, after: str | None = None, **options: Any) -> Any:
    """A client of that transport whose stream has started; without `after`, from now on."""
    client = edge(port, options.pop("receive_buffer", 0))
    await client.open(after, **options)
    assert client.head.status == (101 if edge is WebsocketClient else 200), client.head
    if isinstance(client, EventStreamClient):
        await client.until(lambda _: client.parser.comments)
    return client
