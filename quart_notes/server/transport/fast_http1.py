"""Reads and answers plain HTTP/1.1 requests, which are nearly all, without h11.

A plain request is received completely at once and has nothing unusual. The parser accepts a small subset of what h11
accepts; all other requests (chunks, upgrades, `Expect`, folded or unusual headers, partial requests) go to hypercorn
byte for byte, so that there is one place that judges them. This saves half of hypercorn's work for a small request: a
regular expression instead of a parser in Python, no task and no queue a request, one write a response.
source   RFC 9112
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple, Protocol
from urllib.parse import unquote

from hypercorn.asyncio.tcp_server import MAX_RECV
from hypercorn.utils import UnexpectedMessageError, suppress_body

from quart_notes.live.outlets import DetachedStream
from quart_notes.web.request_ids import HEADER
from quart_notes.web.security.headers import RAW_SECURITY

TOKEN = rb"[-!#$%&'*+.^_`|~0-9A-Za-z]++"
LINE = re.compile(rb"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (/[!-~]*+) HTTP/1\.1\r\n")
FIELDS = re.compile(rb"(?:%b:[\t -~]*+\r\n)++\r\n" % TOKEN)
FIELD = re.compile(rb"(%b):[\t ]*+([\t -~]*+)" % TOKEN)
UNUSUAL = frozenset({b"transfer-encoding", b"upgrade", b"expect", b"http2-settings", b"trailer"})
ONCE = frozenset({b"host", b"content-length", b"connection"})
FRAMING = frozenset({b"content-length", b"transfer-encoding", b"connection"})  # of a response: set by us only
MAX_LENGTH_DIGITS = 9
SECURITY_LINES = b"".join(b"\r\n%b: %b" % header for header in RAW_SECURITY)
CACHED_BLOCKS, LONG_BLOCK = 1024, 2048  # header blocks that are cached; bytes beyond which one is not
EXCHANGE = "quart_notes.exchange"  # extension of a scope: the exchange, which has the whole body

Header = tuple[bytes, bytes]


class Request(NamedTuple):
    """A whole request; header names in lower case, values trimmed."""

    method: str
    target: bytes
    headers: list[Header]
    body: bytes
    size: int  # bytes of the request
    last: bool  # the client asks to close the connection after the response


class ParsedHeaders(NamedTuple):
    """The headers of a plain request."""

    headers: tuple[Header, ...]
    length: int  # of the body, bytes
    last: bool


def parse_headers(block: bytes) -> ParsedHeaders | None:
    """Parse a block of header lines, with the empty line after it; None unless it is plain."""
    if FIELDS.fullmatch(block) is None:
        return None
    headers: list[Header] = []
    once: dict[bytes, bytes] = {}
    for given, spaced in FIELD.findall(block):
        name, value = given.lower(), spaced.rstrip(b"\t ")
        if name in UNUSUAL or name in once:
            return None
        if name in ONCE:
            once[name] = value
        headers.append((name, value))
    length = once.get(b"content-length", b"0")
    connection = once.get(b"connection", b"keep-alive").lower()
    if b"host" not in once or connection not in {b"keep-alive", b"close"}:
        return None
    if not length.isdigit() or len(length) > MAX_LENGTH_DIGITS:
        return None
    return ParsedHeaders(tuple(headers), int(length), connection == b"close")


@lru_cache(CACHED_BLOCKS)
def _cached_headers(block: bytes) -> ParsedHeaders | None:
    """The same, cached: clients send the same headers again and again."""
    return parse_headers(block)


def parse_request(data: bytes, limit: int) -> Request | None:
    """The plain request at the start of `data`; None when there is none.

    limit   bytes of request line and headers
    """
    line = LINE.match(data)
    end = data.find(b"\r\n\r\n") + 4
    if line is None or not 4 <= end <= limit:
        return None
    block = data[line.end() : end]
    fields = _cached_headers(block) if len(block) <= LONG_BLOCK else parse_headers(block)
    if fields is None or (size := end + fields.length) > len(data):
        return None
    return Request(line[1].decode(), line[2], list(fields.headers), data[end:size], size, fields.last)


def scope_of(request: Request, common: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
    """The ASGI scope of a request, as hypercorn would make it.

    common   the values that are the same for all requests of the connection
    """
    path, _, query = request.target.partition(b"?")
    return {
        **common,
        "method": request.method,
        "path": unquote(path.decode("ascii")),
        "raw_path": path,
        "query_string": query,
        "headers": request.headers,
        "state": state.copy(),
    }


def _joined(lines: Sequence[bytes]) -> bytes:
    """The head of a response, without its end; ValueError when a header would begin another one."""
    head = b"\r\n".join(lines)
    if head.count(b"\r") + head.count(b"\n") + head.count(b"\0") != 2 * len(lines) - 2:
        raise ValueError("A header holds a line break.")
    return head


class ClientStream(Protocol):
    """The connection of an exchange."""

    async def read(self) -> bytes:
        """The next bytes; empty at the end."""

    async def write(self, data: bytes) -> None:
        """Send; OSError or RuntimeError when the connection is closed."""

    async def ended(self) -> None:
        """Wait until it is closed."""


class Exchange:
    """One plain request and its response: the application's `receive` and `send`.

    1. A complete response leaves in one write; a stream in one write a message.
    2. A response ends where its Content-Length says, or with the last chunk, or with the connection (`last`).
    3. Nothing is read before the application asks: bytes after the request wait in the kernel.
    4. A detached stream is open after the application has returned, until `end` or `client_left`.

    rest       bytes received after the request
    common   headers of every response, and the end of its head
    scope    of the request, for the access log
    began    time of the request, seconds
    on_watched    called when the application starts to wait for the client's end
    """

    __slots__ = (
        "_bodiless",
        "_body",
        "_client",
        "_common",
        "_head",
        "_is_over",
        "_method",
        "_over",
        "_remaining",
        "_stream",
        "began",
        "detached",
        "done",
        "last",
        "on_watched",
        "rest",
        "scope",
        "start",
    )

    def __init__(self, request: Request, rest: bytes, client: ClientStream, common: bytes) -> None:
        self.rest = rest
        self.start: Any = None
        self.scope: Any = None
        self.began = 0.0
        self.last = request.last  # the connection ends with this response
        self.done = False
        self.detached = False
        self.on_watched: Callable[[], None] | None = None
        self._method, self._client, self._common = request.method, client, common
        self._body: bytes | None = request.body  # None: given to the application
        self._stream: DetachedStream | None = None
        self._is_over = False
        self._over: asyncio.Future[None] | None = None
        self._head = b""  # not written yet
        self._remaining: int | None = None  # bytes of the body still to come; None: in chunks
        self._bodiless = False

    async def receive(self) -> dict[str, Any]:
        """The request; then, when it happens, the message that its client has left."""
        if self._body is not None:
            return {"type": "http.request", "body": self.take_body(), "more_body": False}
        if self.on_watched is not None:
            self.on_watched()
        with suppress(OSError):
            while len(self.rest) < MAX_RECV:
                data = await self._client.read()
                if not data:
                    return {"type": "http.disconnect"}
                self.rest += data
        await self._client.ended()
        return {"type": "http.disconnect"}

    def take_body(self) -> bytes:
        """The body of the request, once, in place of the first message."""
        body, self._body = self._body, None
        return body or b""

    async def respond(self, status: int, headers: Sequence[Header], body: bytes | None) -> None:
        """Send a whole response, in place of its messages.

        headers   names in lower case; the length of the body and the security headers are added
        body      None for a response that has none
        """
        if body is not None:
            headers = [*headers, (b"content-length", b"%d" % len(body))]
        self.start, self.done = {"status": status, "headers": headers}, True
        lines = [b"HTTP/1.1 %d " % status, *[b"%b: %b" % header for header in headers]]
        if self.last:
            lines.append(b"connection: close")
        await self._write(b"".join((_joined(lines), SECURITY_LINES, self._common, body or b"")))

    async def send(self, message: Any) -> None:
        """Accept the start of a response, or a piece of its body."""
        kind = message["type"]
        if self.detached:
            return  # the application ends, its stream does not
        if kind == "http.response.start" and self.start is None:
            self._head = self._make_head(int(message["status"]), message.get("headers", ()))
            self.start = message
        elif kind == "http.response.body" and self.start is not None and not self.done:
            await self._send_body(bytes(message.get("body", b"")), last=not message.get("more_body", False))
        else:
            raise UnexpectedMessageError(self.start, kind)

    async def _send_body(self, body: bytes, *, last: bool) -> None:
        self.done = last
        data = self._head + self._framed(body)
        self._head = b""
        if data:
            await self._write(data)

    def detach(self, stream: DetachedStream) -> bool:
        """Keep the response open after the application has returned."""
        self.detached, self._stream = True, stream
        self._common = b""
        return True

    async def end(self, _: int) -> None:
        """Send the last chunk of a detached stream."""
        self._stream = None
        await self._send_body(b"", last=True)
        self.client_left()

    def client_left(self) -> None:
        """End the wait for a detached stream, also one that has not begun."""
        self._is_over = True
        if self._over is not None and not self._over.done():
            self._over.set_result(None)

    async def wait_over(self) -> None:
        """Wait until a detached stream has ended, or its client has left."""
        try:
            if not self._is_over:
                self._over = asyncio.get_running_loop().create_future()
                await self._over
        finally:
            self.drop()

    def drop(self) -> None:
        """Tell a detached stream that has not ended that its client has left."""
        if self._stream is not None:
            stream, self._stream = self._stream, None
            stream.left()

    async def _write(self, data: bytes) -> None:
        try:
            await self._client.write(data)
        except (OSError, RuntimeError):
            self.last = True  # the client has left; further output is dropped

    def _make_head(self, status: int, headers: Any) -> bytes:
        lines = [b"HTTP/1.1 %d " % status]
        length = None
        for name, value in headers:
            framing = name.lower()
            if framing in FRAMING:
                if framing == b"connection":
                    self.last = self.last or b"close" in value.lower()
                if framing != b"content-length":
                    continue
                length = int(value)
            lines.append(b": ".join((name, value)))
        self._bodiless = suppress_body(self._method, status)
        if length is not None:
            self._remaining = length
        elif not suppress_body("GET", status):
            lines.append(b"transfer-encoding: chunked")
        if self.last:
            lines.append(b"connection: close")
        return _joined(lines) + self._common

    def _framed(self, data: bytes) -> bytes:
        if self._bodiless:
            return b""
        if self._remaining is None:
            chunk = b"%x\r\n%b\r\n" % (len(data), data) if data else b""
            return chunk + b"0\r\n\r\n" if self.done else chunk
        self._remaining -= len(data)
        if self._remaining < 0 or (self.done and self._remaining):
            self.last = True
            raise ValueError("The body is not as long as its Content-Length says.")
        return data

    async def finish(self, name: bytes = b"") -> None:
        """Respond for an application that has sent nothing; end the connection when the response is incomplete.

        name   the request's id, if it has one
        """
        if self.start is None:
            headers = [(HEADER, name)] if name else []
            self.start = {"status": 500, "headers": headers}
            await self._write(self._make_head(500, [*headers, (b"content-length", b"0"), (b"connection", b"close")]))
        self.last = self.last or not self.done
