"""Plain requests: what is taken past h11 is what h11 would have taken, and is answered as it would have been."""

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator
from typing import Any

import h11
import pytest
from hypercorn.utils import UnexpectedMessageError
from hypothesis import example, given
from hypothesis import strategies as st
from quart import Quart, Response, request, websocket

from quart_notes.server.transport import fast_http1
from quart_notes.server.transport.fast_http1 import Exchange, Request, parse_request
from quart_notes.server.transport.idle_timer import IdleTimer
from quart_notes.web.asgi_connections import BODY_COMPLETE, HTTPConnection
from quart_notes.web.request_body import StrictRequest, choose_body_mode
from quart_notes.web.request_ids import RequestIds
from quart_notes.web.security.allowed_hosts import HOST_CHECK
from quart_notes.web.security.headers import REQUEST_IDS
from tests.support.clients.raw_connection import RawConnection, until
from tests.support.clients.raw_http import Answer
from tests.support.servers.served import served

LIMIT = 16384
GET = b"GET /a?b=%20c HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"

# What is accepted

PIECES = [
    b"GET", b"POST", b"CONNECT", b"get", b" ", b"  ", b"\t", b"/", b"/a?b", b"*", b"http://x/", b"HTTP/1.1",
    b"HTTP/1.0",
    b"\r\n", b"\n", b"\r", b"\x00", b"\x0b", b"\x7f", b"\xff", b":", b": ", b"Host: x", b"Host", b"Content-Length: 2",
    b"content-length:2 ", b"Content-Length: 02", b"Content-Length: +2", b"Content-Length: 2, 2", b"Content-Length : 2",
    b"Transfer-Encoding: chunked", b"Connection: close", b"Connection: keep-alive", b"Connection: Upgrade", b"X: y",
    b"Expect: 100-continue", b"X:", b"X: \ty\t ", b"{}", b"X(: y", b" folded",
]  # fmt: skip
BENT = st.builds(
    lambda whole, at, cut, pieces: whole[: at % len(whole)] + b"".join(pieces) + whole[at % len(whole) + cut :],
    st.sampled_from([GET, POST, POST + GET]),
    st.integers(0, 200),
    st.integers(0, 6),
    st.lists(st.sampled_from(PIECES), max_size=5),
)
LINED = st.builds(
    lambda lines, end: b"\r\n".join([b"POST /a HTTP/1.1", b"Host: x", *lines]) + b"\r\n\r\n" + end,
    st.lists(st.sampled_from([piece for piece in PIECES if len(piece) > 1] + [b"Host: y"]), max_size=5),
    st.sampled_from([b"", b"{}", b"{}GET"]),
)


@given(st.one_of(BENT, LINED))
@example(GET)
@example(POST + GET)
def test_what_is_taken_is_what_h11_takes(data: bytes):
    found = parse_request(data, LIMIT)

    if found is None:
        return
    peer = h11.Connection(h11.SERVER)
    peer.receive_data(data)
    head = peer.next_event()
    assert isinstance(head, h11.Request)
    assert head.http_version == b"1.1"
    assert (head.method.decode(), head.target, list(head.headers)) == (found.method, found.target, found.headers)
    body = b""
    while isinstance(event := peer.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage)
    assert body == found.body
    assert peer.trailing_data[0] == data[found.size :]
    assert found.last is (peer.their_state is h11.MUST_CLOSE)


@pytest.mark.parametrize("size", [1, fast_http1.LONG_BLOCK], ids=["remembered", "too long to be"])
def test_the_same_headers_are_read_alike_each_time_and_belong_to_one_request(size: int):
    data = GET[:-2] + b"X: " + b"y" * size + b"\r\n\r\n"
    first = parse_request(data, LIMIT)
    assert first is not None
    assert first.headers == [(b"host", b"x"), (b"x", b"y" * size)]

    first.headers.clear()

    again = parse_request(data.replace(b"/a", b"/b"), LIMIT)
    assert again is not None
    assert again.headers == [(b"host", b"x"), (b"x", b"y" * size)]
    assert again.target == b"/b?b=%20c"


def test_a_plain_request_is_taken_as_it_stands():
    data = b"PATCH /n?q=1 HTTP/1.1\r\nHOST:h \r\nX-Y:\t a b \r\ncontent-length: 3\r\nEmpty:\r\n\r\nabcGET"

    assert parse_request(data, LIMIT) == Request(
        "PATCH",
        b"/n?q=1",
        [(b"host", b"h"), (b"x-y", b"a b"), (b"content-length", b"3"), (b"empty", b"")],
        b"abc",
        len(data) - 3,
        False,
    )


@pytest.mark.parametrize(
    "data",
    [
        GET[:-1],
        POST[:-1],
        GET.replace(b"Host", b"Hast"),
        GET.replace(b"Host: x", b"Host: x\r\nHost: x"),
        GET.replace(b"1.1", b"1.0"),
        GET.replace(b"GET", b"BREW"),
        GET.replace(b"GET /a", b"GET http://x/a"),
        GET.replace(b"\r\n\r\n", b"\r\nUpgrade: websocket\r\n\r\n"),
        GET.replace(b"\r\n\r\n", b"\r\nConnection: Upgrade\r\n\r\n"),
        GET.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"),
        GET.replace(b"\r\n\r\n", b"\r\nX: \xff\r\n\r\n"),
        POST.replace(b": 2", b": 2\r\nContent-Length: 2"),
        POST.replace(b": 2", b": 2\r\nExpect: 100-continue"),
        POST.replace(b": 2", b": 0000000002"),
        GET.replace(b": x", b": x\r\nX: " + b"x" * LIMIT),
    ],
)
def test_what_is_not_plain_is_left_to_h11(data: bytes):
    assert parse_request(data, LIMIT) is None


# How it is answered


class FakeLine:
    """A connection that notes what is written and gives what it is told to."""

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


async def test_an_answer_is_one_write():
    one, line = exchange()

    await one.send(start(200, TWO))
    await one.send(body(b"ok"))
    await one.finish()

    assert line.writes == [b"HTTP/1.1 200 \r\ncontent-length: 2\r\nd: t\r\n\r\nok"]
    assert not one.last


async def test_a_stream_is_a_write_a_message_in_chunks():
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
async def test_an_answer_without_a_body_has_none(method: bytes, status: int, headers: Any, head: bytes):
    one, line = exchange(GET.replace(b"GET", method))

    await one.send(start(status, *headers))
    await one.send(body(b"ok"))

    assert b"".join(line.writes) == b"HTTP/1.1 %d \r\n%bd: t\r\n\r\n" % (status, head)


async def test_the_end_of_the_connection_is_said():
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
async def test_no_header_is_put_in_by_a_line_break(header: tuple[bytes, bytes]):
    one, line = exchange()

    with pytest.raises(ValueError, match="line break"):
        await one.send(start(200, header))
    await one.finish()

    assert line.writes == [b"HTTP/1.1 500 \r\ncontent-length: 0\r\nconnection: close\r\nd: t\r\n\r\n"]
    assert one.last


@pytest.mark.parametrize("pieces", [[b"o"], [b"okk"], [b"o", b"kk"]])
async def test_a_body_of_another_length_ends_the_connection(pieces: list[bytes]):
    one, line = exchange()

    await one.send(start(200, TWO))
    with pytest.raises(ValueError, match="Content-Length"):
        for left, piece in enumerate(pieces, 1 - len(pieces)):
            await one.send(body(piece, more=bool(left)))
    await one.finish()

    assert one.last
    assert b"okk" not in b"".join(line.writes)


async def test_what_is_said_out_of_turn_is_refused():
    one, _ = exchange()

    with pytest.raises(UnexpectedMessageError):
        await one.send(body(b"ok"))
    await one.send(start())
    with pytest.raises(UnexpectedMessageError):
        await one.send(start())
    await one.send(body(b"ok"))
    with pytest.raises(UnexpectedMessageError):
        await one.send(body(b"more"))


async def test_a_client_that_leaves_is_told_of_and_what_it_sent_more_is_kept():
    one, line = exchange(POST + b"GE", b"T /", b" HT")

    assert await one.receive() == {"type": "http.request", "body": b"{}", "more_body": False}
    assert await one.receive() == {"type": "http.disconnect"}
    line.lost = True
    await one.send(start())
    await one.send(body(b"ok"))

    assert one.rest == b"GET / HT"
    assert one.last


async def test_an_idle_connection_ends_and_a_busy_one_does_not():
    ended = asyncio.Event()
    timer = IdleTimer(0.1, ended.set, lambda: False)

    timer.start()
    timer.busy()
    await asyncio.sleep(0.25)
    assert not ended.is_set()
    began = asyncio.get_running_loop().time()
    timer.start()
    await asyncio.sleep(0.07)
    timer.start()
    await asyncio.wait_for(ended.wait(), 5)

    assert asyncio.get_running_loop().time() - began > 0.16


async def test_what_becomes_idle_while_the_server_stops_is_not_waited_for():
    ended = asyncio.Event()
    timer = IdleTimer(3600, ended.set, lambda: True)

    timer.start()

    await asyncio.wait_for(ended.wait(), 10)


# In a server


@pytest.fixture
def app() -> Iterator[Quart]:
    app = Quart(__name__)
    app.asgi_http_class = HTTPConnection
    app.request_class = StrictRequest
    app.before_request(choose_body_mode)
    app.extensions["quart_notes"] = NoCore()
    app.extensions[REQUEST_IDS] = RequestIds()
    app.extensions[HOST_CHECK] = lambda host: True
    app.config["ended"] = []

    @app.post("/echo")
    async def echo() -> Response:
        assert BODY_COMPLETE in request.scope["extensions"] or request.headers.get("X-Slow")
        return Response(await request.get_data(as_text=False))

    @app.get("/fail")
    async def fail() -> Response:
        raise RuntimeError

    @app.get("/stream")
    async def stream() -> Response:
        async def pieces() -> AsyncGenerator[bytes, None]:
            try:
                for number in range(1000):
                    yield b"%d;" % number
                    await asyncio.sleep(pause)
            finally:
                app.config["ended"].append(True)

        pause = 0.01 if request.args else 0
        response = Response(pieces())
        response.timeout = None
        return response

    @app.websocket("/ws")
    async def ws() -> None:
        await websocket.accept()
        await websocket.send("hello")

    yield app


class NoCore:
    """Keeps no answers, and has nobody to wait for."""

    class follower:
        """Is where it should be."""

        @staticmethod
        def may_be_behind() -> bool:
            """Never."""
            return False

    class settings:
        """Have people sign in, so that nobody is known without a cookie, and nothing kept is for them."""

        access = "accounts"


def echo(data: bytes, *headers: bytes) -> bytes:
    lines = [b"POST /echo HTTP/1.1", b"Host: x", b"Content-Length: %d" % len(data), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + data


async def test_requests_in_one_packet_are_answered_in_order(app: Quart, unused_tcp_port: int):
    async with served(app, unused_tcp_port):
        connection = await RawConnection(unused_tcp_port).connect()
        odd = b"POST /echo HTTP/1.1\r\nHost: x\r\nX-Slow: 1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nodd\r\n0\r\n\r\n"

        ends = echo(b"two", b"X-Slow: 1") + echo(b"three", b"X-Slow: 1", b"Connection: close")
        await connection.send(echo(b"zero") + echo(b"one") + odd + ends)
        raw = await connection.rest()

        assert re.findall(rb"\r\n\r\n(\w+?)(?=HTTP|$)", raw) == [b"zero", b"one", b"odd", b"two", b"three"]
        assert raw.count(b"HTTP/1.1 200 ") == 5
        connection.close()


async def test_a_request_in_pieces_goes_round_and_the_next_is_plain_again(app: Quart, unused_tcp_port: int):
    async with served(app, unused_tcp_port):
        connection = await RawConnection(unused_tcp_port).connect()
        whole = echo(b"slowly", b"X-Slow: 1")
        for cut in (3, 30, len(whole) - 2):
            await connection.send(whole[:cut])
            await asyncio.sleep(0.02)
            await connection.send(whole[cut:])
            assert (await connection.head()).status == 200
            assert await connection.receive() == b"slowly"
            await connection.send(echo(b"at once"))  # the route checks that it is plain
            assert (await connection.head()).status == 200
            assert await connection.receive() == b"at once"
        connection.close()


async def test_a_websocket_right_behind_a_plain_request_opens(app: Quart, unused_tcp_port: int):
    async with served(app, unused_tcp_port):
        connection = await RawConnection(unused_tcp_port).connect()
        upgrade = (
            b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        await connection.send(echo(b"first") + upgrade)
        raw = await connection.rest()

        assert b"first" in raw
        assert b"HTTP/1.1 101 " in raw
        assert b"\x81\x05hello" in raw
        connection.close()


async def test_a_stream_comes_whole_and_its_connection_goes_on(app: Quart, unused_tcp_port: int):
    async with served(app, unused_tcp_port):
        connection = await RawConnection(unused_tcp_port).connect()
        await connection.send(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n" + echo(b"next", b"Connection: close"))
        raw = await connection.rest()

        chunked, _, second = raw.partition(b"\r\n0\r\n\r\n")
        assert b"HTTP/1.1 200 " in second
        assert second.endswith(b"next")
        text = Answer.parse(chunked).body
        assert b"".join(re.findall(rb"(?:^|\r\n)\w+\r\n([\d;]+)", text)) == b"".join(b"%d;" % n for n in range(1000))
        connection.close()


@pytest.mark.parametrize("more", [b"", b"x", b"x" * 200_000])
async def test_a_stream_ends_with_its_client(app: Quart, unused_tcp_port: int, more: bytes):
    async with served(app, unused_tcp_port):
        connection = await RawConnection(unused_tcp_port).connect()
        await connection.send(b"GET /stream?slow=1 HTTP/1.1\r\nHost: x\r\n\r\n")
        await connection.head()
        await connection.send(more)
        connection.cut()

        await until(lambda: app.config["ended"], "the stream has ended", 5)


async def test_a_client_that_only_stops_sending_gets_its_answer(app: Quart, unused_tcp_port: int):
    async with served(app, unused_tcp_port):
        reader, writer = await asyncio.open_connection("127.0.0.1", unused_tcp_port)
        writer.write(echo(b"half"))
        writer.write_eof()

        assert (await asyncio.wait_for(reader.read(), 5)).endswith(b"half")
        writer.close()


async def test_an_error_is_answered_and_the_connection_goes_on(app: Quart, unused_tcp_port: int):
    async with served(app, unused_tcp_port):
        connection = await RawConnection(unused_tcp_port).connect()
        await connection.send(b"GET /fail HTTP/1.1\r\nHost: x\r\n\r\n" + echo(b"next", b"Connection: close"))
        raw = await connection.rest()

        assert [int(status) for status in re.findall(rb"HTTP/1.1 (\d+)", raw)] == [500, 200]
        connection.close()


def test_both_sides_know_the_extension_by_the_same_name():
    assert fast_http1.BODY_COMPLETE == BODY_COMPLETE
