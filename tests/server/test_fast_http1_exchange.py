"""The response to a fast request, equal to h11's; and the timer of an idle connection."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypercorn.utils import UnexpectedMessageError

from quart_notes.server.transport.fast_http1 import Exchange, parse_request
from quart_notes.server.transport.idle_timer import IdleTimer

LIMIT = 16384
GET = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"


class FakeLine:
    """A connection that records writes and returns given data."""

    def __init__(self, *coming: bytes) -> None:
        self.writes: list[bytes] = []
        self.coming = [*coming, b""]
        self.lost = False

    async def read(self) -> bytes:
        return self.coming.pop(0)

    async def write(self, data: bytes) -> None:
        if self.lost:
            raise ConnectionResetError
        self.writes.append(data)

    async def ended(self) -> None:
        """It has."""


class Clock:
    """An event loop with a fake clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self._timers: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[[], None]) -> None:
        self._timers.append((self.now + delay, callback))

    def advance(self, seconds: float) -> None:
        """Advance the clock, and run the callbacks that are due."""
        end = self.now + seconds
        while self._timers and min(self._timers)[0] <= end:
            due = min(self._timers)
            self._timers.remove(due)
            self.now, callback = due
            callback()
        self.now = end


def exchange(data: bytes = GET, *coming: bytes) -> tuple[Exchange, FakeLine]:
    line = FakeLine(*coming)
    found = parse_request(data, LIMIT)
    assert found
    return Exchange(found, data[found.size :], line, b"\r\nd: t\r\n\r\n"), line


def start(status: int = 200, *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body(data: bytes = b"", more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}


TWO = (b"content-length", b"2")


async def test_a_response_is_one_write():
    one, line = exchange()

    await one.send(start(200, TWO))
    await one.send(body(b"ok"))
    await one.finish()

    assert line.writes == [b"HTTP/1.1 200 \r\ncontent-length: 2\r\nd: t\r\n\r\nok"]
    assert not one.last


async def test_a_stream_is_chunked_with_one_write_for_each_message():
    one, line = exchange()

    await one.send(start())
    for message in (body(b"one", True), body(b"", True), body(b"two", True), body()):
        await one.send(message)
    await one.finish()

    head = b"HTTP/1.1 200 \r\ntransfer-encoding: chunked\r\nd: t\r\n\r\n"
    assert line.writes == [head + b"3\r\none\r\n", b"3\r\ntwo\r\n", b"0\r\n\r\n"]
    assert not one.last


@pytest.mark.parametrize(
    ("method", "status", "headers", "head"),
    [
        (b"HEAD", 200, [TWO], b"content-length: 2\r\n"),
        (b"HEAD", 200, [], b"transfer-encoding: chunked\r\n"),
        (b"GET", 304, [(b"etag", b'"1"')], b'etag: "1"\r\n'),
        (b"GET", 204, [], b""),
    ],
)
async def test_a_response_without_a_body_has_no_bytes_after_its_head(
    method: bytes, status: int, headers: Any, head: bytes
):
    one, line = exchange(GET.replace(b"GET", method))

    await one.send(start(status, *headers))
    await one.send(body(b"ok"))

    assert b"".join(line.writes) == b"HTTP/1.1 %d \r\n%bd: t\r\n\r\n" % (status, head)


async def test_the_response_announces_the_end_of_the_connection():
    asked, line = exchange(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    said, other = exchange()

    await asked.send(start(200, TWO))
    await asked.send(body(b"ok"))
    await said.send(start(200, TWO, (b"Connection", b"close")))
    await said.send(body(b"ok"))

    assert asked.last
    assert said.last
    assert line.writes == other.writes == [b"HTTP/1.1 200 \r\ncontent-length: 2\r\nconnection: close\r\nd: t\r\n\r\nok"]


@pytest.mark.parametrize("header", [(b"x", b"a\r\nb: c"), (b"x", b"a\nb"), (b"x\r", b"a"), (b"x", b"\0")])
async def test_a_line_break_cannot_inject_a_header(header: tuple[bytes, bytes]):
    one, line = exchange()

    with pytest.raises(ValueError, match="line break"):
        await one.send(start(200, header))
    await one.finish()

    assert line.writes == [b"HTTP/1.1 500 \r\ncontent-length: 0\r\nconnection: close\r\nd: t\r\n\r\n"]
    assert one.last


@pytest.mark.parametrize("pieces", [[b"o"], [b"okk"], [b"o", b"kk"]])
async def test_a_body_with_a_wrong_length_ends_the_connection(pieces: list[bytes]):
    one, line = exchange()

    await one.send(start(200, TWO))
    with pytest.raises(ValueError, match="Content-Length"):
        for left, piece in enumerate(pieces, 1 - len(pieces)):
            await one.send(body(piece, more=bool(left)))
    await one.finish()

    assert one.last
    assert b"okk" not in b"".join(line.writes)


async def test_messages_out_of_order_are_refused():
    one, _ = exchange()

    with pytest.raises(UnexpectedMessageError):
        await one.send(body(b"ok"))
    await one.send(start())
    with pytest.raises(UnexpectedMessageError):
        await one.send(start())
    await one.send(body(b"ok"))
    with pytest.raises(UnexpectedMessageError):
        await one.send(body(b"more"))


async def test_a_disconnect_is_reported_and_further_bytes_are_buffered():
    one, line = exchange(POST + b"GE", b"T /", b" HT")

    assert await one.receive() == {"type": "http.request", "body": b"{}", "more_body": False}
    assert await one.receive() == {"type": "http.disconnect"}
    line.lost = True
    await one.send(start())
    await one.send(body(b"ok"))

    assert one.rest == b"GET / HT"
    assert one.last


async def test_an_idle_connection_is_closed_and_a_busy_one_is_not(monkeypatch: pytest.MonkeyPatch):
    clock = Clock()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: clock)
    ended: list[float] = []
    timer = IdleTimer(10, lambda: ended.append(clock.now), lambda: False)

    timer.start()
    timer.busy()
    clock.advance(25)
    assert not ended
    timer.start()
    clock.advance(7)
    timer.start()
    clock.advance(20)

    assert ended == [25 + 7 + 10]


async def test_a_connection_that_becomes_idle_during_the_shutdown_is_closed_at_once():
    ended = asyncio.Event()
    timer = IdleTimer(3600, ended.set, lambda: True)

    timer.start()

    await asyncio.wait_for(ended.wait(), 10)
