"""Requests on the fast path and others on one connection."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator

import pytest
from quart import Quart, Response, request, websocket

from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.response_cache import ResponseCache
from quart_notes.server.transport import fast_http1
from quart_notes.web.asgi_connections import EXCHANGE, HTTPConnection
from quart_notes.web.request_body import StrictRequest, choose_body_mode
from quart_notes.web.request_ids import RequestIds
from quart_notes.web.security.allowed_hosts import HOST_CHECK
from quart_notes.web.security.headers import REQUEST_IDS
from tests.support.clients.raw_connection import RawConnection, until
from tests.support.clients.raw_http import Answer
from tests.support.servers.served import served


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
        assert EXCHANGE in request.scope["extensions"] or request.headers.get("X-Slow")
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


@pytest.fixture
async def connection(app: Quart, unused_tcp_port: int) -> AsyncIterator[RawConnection]:
    """An open connection to a server of `app`."""
    async with served(app, unused_tcp_port):
        connection = await RawConnection(unused_tcp_port).connect()
        yield connection
        connection.close()


class NoCore:
    """Caches no responses, and never has to catch up."""

    class follower:
        """Always up to date."""

        @staticmethod
        def may_be_behind() -> bool:
            """Never."""
            return False

    response_cache = ResponseCache(Broadcaster())

    class settings:
        """Accounts mode, so that no caller is known without a cookie, and no cached response applies."""

        access = "accounts"


def echo(data: bytes, *headers: bytes) -> bytes:
    lines = [b"POST /echo HTTP/1.1", b"Host: x", b"Content-Length: %d" % len(data), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + data


async def test_requests_in_one_packet_get_responses_in_order(connection: RawConnection):
    odd = b"POST /echo HTTP/1.1\r\nHost: x\r\nX-Slow: 1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nodd\r\n0\r\n\r\n"

    ends = echo(b"two", b"X-Slow: 1") + echo(b"three", b"X-Slow: 1", b"Connection: close")
    await connection.send(echo(b"zero") + echo(b"one") + odd + ends)
    raw = await connection.rest()

    assert re.findall(rb"\r\n\r\n(\w+?)(?=HTTP|$)", raw) == [b"zero", b"one", b"odd", b"two", b"three"]
    assert raw.count(b"HTTP/1.1 200 ") == 5


async def test_a_request_in_pieces_leaves_the_fast_path_and_the_next_one_uses_it(connection: RawConnection):
    whole = echo(b"slowly", b"X-Slow: 1")
    for cut in (3, 30, len(whole) - 2):
        await connection.send(whole[:cut])
        await asyncio.sleep(0.02)
        await connection.send(whole[cut:])
        assert (await connection.head()).status == 200
        assert await connection.receive() == b"slowly"
        await connection.send(echo(b"at once"))  # the route checks that it is on the fast path
        assert (await connection.head()).status == 200
        assert await connection.receive() == b"at once"


async def test_a_websocket_directly_behind_a_fast_request_opens(connection: RawConnection):
    upgrade = (
        b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    await connection.send(echo(b"first") + upgrade)
    raw = await connection.rest()

    assert b"first" in raw
    assert b"HTTP/1.1 101 " in raw
    assert b"\x81\x05hello" in raw


async def test_a_stream_is_complete_and_its_connection_stays_open(connection: RawConnection):
    await connection.send(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n" + echo(b"next", b"Connection: close"))
    raw = await connection.rest()

    chunked, _, second = raw.partition(b"\r\n0\r\n\r\n")
    assert b"HTTP/1.1 200 " in second
    assert second.endswith(b"next")
    text = Answer.parse(chunked).body
    assert b"".join(re.findall(rb"(?:^|\r\n)\w+\r\n([\d;]+)", text)) == b"".join(b"%d;" % n for n in range(1000))


@pytest.mark.parametrize("more", [b"", b"x", b"x" * 200_000])
async def test_a_stream_ends_when_its_client_disconnects(app: Quart, connection: RawConnection, more: bytes):
    await connection.send(b"GET /stream?slow=1 HTTP/1.1\r\nHost: x\r\n\r\n")
    await connection.head()
    await connection.send(more)
    connection.cut()

    await until(lambda: app.config["ended"], "the stream has ended", 5)


async def test_a_half_closed_client_gets_its_response(app: Quart, unused_tcp_port: int):
    async with served(app, unused_tcp_port):
        reader, writer = await asyncio.open_connection("127.0.0.1", unused_tcp_port)
        writer.write(echo(b"half"))
        writer.write_eof()

        assert (await asyncio.wait_for(reader.read(), 5)).endswith(b"half")
        writer.close()


async def test_an_error_gets_a_response_and_the_connection_stays_open(connection: RawConnection):
    await connection.send(b"GET /fail HTTP/1.1\r\nHost: x\r\n\r\n" + echo(b"next", b"Connection: close"))
    raw = await connection.rest()

    assert [int(status) for status in re.findall(rb"HTTP/1.1 (\d+)", raw)] == [500, 200]


def test_both_modules_use_the_same_name_of_the_extension():
    assert fast_http1.EXCHANGE == EXCHANGE
