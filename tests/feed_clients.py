"""Small clients of the feed on raw sockets: they can be cut at any byte, stop reading, and say what no client says."""

import asyncio
import base64
import json
import os
import re
import socket
import struct
import time
import weakref
from collections.abc import Callable
from typing import Any, NamedTuple, Self

PATIENCE = 20.0  # seconds for what must happen, on a busy machine
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
Json = dict[str, Any]


async def until(condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Return once `condition` holds; fail when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        await asyncio.sleep(0.01)


LEFT_OPEN: "weakref.WeakSet[RawConnection]" = weakref.WeakSet()  # of a test that failed; conftest closes them


class RawConnection:
    """A TCP connection that reads only when asked to.

    receive_buffer   bytes the kernel keeps for us; small ones make a slow reader
    """

    def __init__(self, port: int, receive_buffer: int = 0) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.setblocking(False)
        self.port = port
        self.pending = b""
        self._sending = asyncio.Lock()  # the loop loses one of two who wait to send on the same socket
        LEFT_OPEN.add(self)

    async def connect(self) -> "RawConnection":
        """Reach the server on loopback."""
        await asyncio.get_running_loop().sock_connect(self.socket, ("127.0.0.1", self.port))
        return self

    async def send(self, data: bytes) -> None:
        """Send all of `data`."""
        async with asyncio.timeout(PATIENCE), self._sending:
            await asyncio.get_running_loop().sock_sendall(self.socket, data)

    async def receive(self, size: int = 1 << 16) -> bytes:
        """Up to `size` bytes; b"" at the end, however it came."""
        if self.pending:
            data, self.pending = self.pending[:size], self.pending[size:]
            return data
        try:
            return await asyncio.get_running_loop().sock_recv(self.socket, size)
        except ConnectionError:
            return b""

    async def head(self) -> "Head":
        """The head of a response; what follows stays to be read."""
        data = b""
        async with asyncio.timeout(PATIENCE):
            while b"\r\n\r\n" not in data:
                more = await self.receive()
                assert more, f"the connection ended in the head of the response: {data!r}"
                data += more
        head, _, self.pending = data.partition(b"\r\n\r\n")
        return Head.parse(head)

    async def rest(self) -> bytes:
        """Everything up to the end of the connection."""
        data = b""
        async with asyncio.timeout(PATIENCE):
            while more := await self.receive():
                data += more
        return data

    def cut(self) -> None:
        """End it abruptly: a reset, nothing said."""
        if self.socket.fileno() != -1:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        """Close our end."""
        self.socket.close()


class Head(NamedTuple):
    """The status and headers (lower-case names) of a response."""

    status: int
    version: str
    headers: dict[str, str]

    @classmethod
    def parse(cls, data: bytes) -> "Head":
        """From the bytes before the blank line."""
        first, *lines = data.decode("latin-1").split("\r\n")
        version, status, *_ = first.split(" ")
        return cls(int(status), version, {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)})


async def exchange(port: int, request: bytes) -> tuple[Head, bytes]:
    """Send raw bytes on a connection of their own; the answer's head, and everything after it."""
    connection = await RawConnection(port).connect()
    try:
        await connection.send(request)
        return await connection.head(), await connection.rest()
    finally:
        connection.close()


class Dechunker:
    """Decodes the chunked coding, fed in pieces cut anywhere. `done` after the last chunk."""

    def __init__(self) -> None:
        self.done = False
        self._raw = b""

    def feed(self, data: bytes) -> bytes:
        """The decoded bytes that `data` completes, whole chunks at a time."""
        assert not (self.done and data), f"bytes after the last chunk: {data!r}"
        self._raw += data
        decoded = b""
        while (line := self._raw.find(b"\r\n")) >= 0:
            size = int(self._raw[:line], 16)
            end = line + 2 + size
            if len(self._raw) < end + 2:
                break
            assert self._raw[end : end + 2] == b"\r\n", f"a chunk of {size} is not closed: {self._raw[end : end + 9]!r}"
            decoded += self._raw[line + 2 : end]
            self._raw = self._raw[end + 2 :]
            if size == 0:
                self.done = True
                assert not self._raw, f"bytes after the last chunk: {self._raw!r}"
        return decoded


class EventStreamParser:
    """Reads an event stream as a browser does, fed in pieces cut anywhere.

    source   WHATWG HTML, "Server-sent events"
    """

    def __init__(self) -> None:
        self.retry: int | None = None
        self.comments = 0
        self.last_id: str | None = None
        self._raw = b""
        self._data: list[str] = []
        self._own_id: str | None = None

    def feed(self, data: bytes) -> list[tuple[str | None, str]]:
        """The events that `data` completes: (its own id, if it has one; data)."""
        self._raw += data
        complete = []
        while (end := self._raw.find(b"\n")) >= 0:
            line, self._raw = self._raw[:end].decode(), self._raw[end + 1 :]
            if not line:
                if self._data:
                    complete.append((self._own_id, "\n".join(self._data)))
                self._data, self._own_id = [], None
                continue
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if not name:
                self.comments += 1
            elif name == "retry":
                self.retry = int(value)
            elif name == "id":
                self.last_id = self._own_id = value
            elif name == "data":
                self._data.append(value)
            else:
                raise AssertionError(f"an unknown line in the stream: {line!r}")
        return complete


class Frame(NamedTuple):
    """A websocket frame as the server sent it."""

    opcode: int
    fin: bool
    payload: bytes


class FrameParser:
    """Reads a server's websocket frames, fed in pieces cut anywhere; fails on what a server must not send."""

    def __init__(self) -> None:
        self._raw = b""

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes."""
        self._raw += data
        frames = []
        while (frame := self._next()) is not None:
            frames.append(frame)
        return frames

    def _next(self) -> Frame | None:
        raw = self._raw
        if len(raw) < 2:
            return None
        first, second = raw[0], raw[1]
        assert not first & 0x70, f"reserved bits are set: {raw[:9]!r}"
        assert not second & 0x80, f"a server masks nothing: {raw[:9]!r}"
        size, begin = second & 0x7F, 2
        if size >= 126:
            begin = 4 if size == 126 else 10
            if len(raw) < begin:
                return None
            size = int.from_bytes(raw[2:begin], "big")
        if len(raw) < begin + size:
            return None
        self._raw = raw[begin + size :]
        return Frame(first & 0x0F, bool(first & 0x80), raw[begin : begin + size])


def frame(
    payload: bytes = b"",
    opcode: int = TEXT,
    *,
    fin: bool = True,
    masked: bool = True,
    reserved: int = 0,
    declared: int | None = None,
) -> bytes:
    """A client's frame, also such as no client should send; `declared` is the length it claims to have."""
    size = len(payload) if declared is None else declared
    first = (0x80 if fin else 0) | reserved << 4 | opcode
    bit = 0x80 if masked else 0
    if size < 126:
        head = bytes([first, bit | size])
    elif size < 1 << 16:
        head = bytes([first, bit | 126]) + struct.pack(">H", size)
    else:
        head = bytes([first, bit | 127]) + struct.pack(">Q", size)
    if not masked:
        return head + payload
    mask = b"\x3a\xf1\x05\xc7"  # any will do, and cases made of frames have the same names each time
    pattern = (mask * (len(payload) // 4 + 1))[: len(payload)]
    number = int.from_bytes(payload, "big") ^ int.from_bytes(pattern, "big")
    return head + mask + number.to_bytes(len(payload), "big")


def close_frame(code: int | None = None, reason: bytes = b"") -> bytes:
    """A client's close frame."""
    return frame(b"" if code is None else struct.pack(">H", code) + reason, CLOSE)


class FeedClient:
    """What both edges' clients share.

    events   every event so far, as JSON; `ids` are those of the durable ones
    ended    the server has ended the stream; `properly`: as its protocol has it, not by a cut
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
        """Connect and subscribe; returns once the stream has begun, or was refused (see `head`)."""
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
        """What makes it a request of this edge."""
        return {}

    def feed(self, data: bytes) -> None:
        """Take bytes that came in."""
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
        """Leave without a word."""
        self.connection.cut()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.connection.close()


class EventStreamClient(FeedClient):
    """Follows `/events`."""

    path = "/events"

    def __init__(self, port: int, receive_buffer: int = 0) -> None:
        super().__init__(port, receive_buffer)
        self.parser = EventStreamParser()
        self.body = b""
        self._dechunker = Dechunker()

    def feed(self, data: bytes) -> None:
        """Take bytes that came in."""
        if self.head.headers.get("transfer-encoding") == "chunked":
            data = self._dechunker.feed(data)
            self.properly = self.ended = self._dechunker.done
        self.body += data
        for event_id, text in self.parser.feed(data):
            event = json.loads(text)
            assert event.get("id") == event_id, (event_id, event)
            self.events.append(event)

    async def beaten(self, times: int) -> None:
        """Read until that many comments came after the first one."""
        await self.until(lambda _: self.parser.comments > times)


class WebsocketClient(FeedClient):
    """Follows `/ws`; answers pings and a close unless it is `deaf`."""

    path = "/ws"

    def __init__(self, port: int, receive_buffer: int = 0, *, deaf: bool = False) -> None:
        super().__init__(port, receive_buffer)
        self.deaf = deaf
        self.pings = 0
        self.pongs: list[bytes] = []
        self.close_code: int | None = None
        self.after_close = 0  # frames that came after the close frame
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
        """Take bytes that came in."""
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
        """Read until so many pings came."""
        await self.until(lambda _: self.pings >= times)

    def take_text(self, payload: bytes) -> None:
        """A text frame is an event."""
        self.events.append(json.loads(payload))

    async def read(self, size: int = 1 << 16) -> bool:
        """Read once, and answer what asks for an answer."""
        alive = await super().read(size)
        if self._answers and not self.deaf:
            answers, self._answers = self._answers, b""
            await self.say(answers)  # the server may have closed already; what it sent is still to be read
        return alive

    async def say(self, data: bytes) -> bool:
        """Send raw bytes; whether the server still took them."""
        try:
            await self.connection.send(data)
        except ConnectionError:
            return False
        return True


class LineClient(WebsocketClient):
    """Talks at the plain-text door: `lines` is what it has heard."""

    def __init__(self, port: int, client_id: object, receive_buffer: int = 0, *, deaf: bool = False) -> None:
        super().__init__(port, receive_buffer, deaf=deaf)
        self.path = f"/ws/{client_id}"
        self.lines: list[str] = []

    def take_text(self, payload: bytes) -> None:
        """A text frame is a line."""
        self.lines.append(payload.decode())

    async def speak(self, *texts: str) -> None:
        """Say one text frame after the other."""
        for text in texts:
            assert await self.say(frame(text.encode())), "the server has left"

    async def hears(self, *lines: str) -> None:
        """Read until there are as many lines as these, which must be these and no others."""
        assert await self.heard(len(lines)) == list(lines)

    async def heard(self, number: int) -> list[str]:
        """Read until there are `number` lines; returns all."""
        await self.until(lambda _: len(self.lines) >= number)
        return self.lines


Edge = type[EventStreamClient] | type[WebsocketClient]
EDGES: list[Edge] = [WebsocketClient, EventStreamClient]


def named(edge: Any) -> str:
    """An edge's name in a test's id."""
    return re.sub(r"Client$", "", edge.__name__)


async def follow(edge: Edge, port: int, after: str | None = None, **options: Any) -> Any:
    """A client of that edge whose stream has begun; without `after`, from now on."""
    client = edge(port, options.pop("receive_buffer", 0))
    await client.open(after, **options)
    assert client.head.status == (101 if edge is WebsocketClient else 200), client.head
    if isinstance(client, EventStreamClient):
        await client.until(lambda _: client.parser.comments)
    return client
