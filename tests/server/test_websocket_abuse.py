"""Malformed websockets: closed with the right code, without affecting others."""

import asyncio
import os
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from tests.support.clients.feed_clients import EventStreamClient as Bystander
from tests.support.clients.feed_clients import WebsocketClient, follow
from tests.support.clients.raw_connection import RawConnection, exchange, until
from tests.support.clients.raw_http import handshake as send_handshake
from tests.support.clients.wire_formats import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, close_frame, frame
from tests.support.servers.server_process import ServerProcess

KIB = 1024
SLACK = 12 * KIB  # KiB by which a Python process may grow for other reasons
HANDSHAKE = {
    "Host": "localhost",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server for all tests here, with a shorter timeout for refused clients."""
    constants = {"quart_notes.server.transport.connection.LINGER_TIMEOUT": 0.3}
    with ServerProcess(tmp_path_factory.mktemp("abused") / "data", constants=constants) as server:
        yield server


@pytest.fixture(autouse=True)
async def others(shared_server: ServerProcess) -> AsyncIterator[None]:
    """Two readers that must be unaffected; afterwards the server has released all connections and descriptors."""
    server = shared_server
    async with server.client() as http:
        await http.get("/healthz")
    await until(lambda: server.descriptors() <= baseline(server), "the server is at rest")
    bystanders = [await follow(edge, server.port) for edge in (WebsocketClient, Bystander)]
    memory, errors = server.rss_kib(), server.log.count("Traceback")

    yield

    async with server.client() as http:
        answer = await http.post("/api/notes", json={"title": "still here"})
    for bystander in bystanders:
        await bystander.until(lambda c, last=answer.headers["last-event-id"]: c.ids and c.ids[-1] == last)
        assert bystander.numbers == list(range(bystander.numbers[0], bystander.numbers[-1] + 1))
        bystander.cut()
    assert server.log.count("Traceback") == errors, server.log
    assert server.rss_kib() - memory < SLACK
    await until(lambda: server.descriptors() <= baseline(server), "the descriptors are back")


BASELINES: dict[int, int] = {}


def baseline(server: ServerProcess) -> int:
    """Descriptors of the server without connections."""
    return BASELINES.setdefault(server.pid, server.descriptors())


async def opened(server: ServerProcess, *, deaf: bool = False) -> WebsocketClient:
    client = WebsocketClient(server.port, deaf=deaf)
    await client.open()
    assert client.head.status == 101
    return client


async def flood(client: WebsocketClient, data: Callable[[], bytes]) -> None:
    """Send `data` repeatedly until the server closes."""

    async def send() -> None:
        while await client.say(data()):
            pass

    sending = asyncio.create_task(send())
    await client.to_the_end()
    await asyncio.wait_for(sending, 20)
    client.cut()


async def refused(server: ServerProcess, code: int, *pieces: bytes) -> WebsocketClient:
    """Send bytes and check the close frame that follows."""
    client = await opened(server)
    for piece in pieces:
        await client.say(piece)
    await client.to_the_end()
    assert client.close_code == code
    assert client.after_close == 0
    client.cut()
    return client


# Limits


async def test_a_flood_of_messages_is_refused(shared_server: ServerProcess):
    await refused(shared_server, 1008, *[frame(b"hello")] * 256)


@pytest.mark.parametrize(
    ("first", "more"),
    [
        (b"", lambda: frame(b"x" * 1000) * 50),
        (frame(b"x", fin=False), lambda: frame(b"x" * 1000, CONTINUATION, fin=False) * 50),
        (frame(b"", fin=False), lambda: frame(b"", CONTINUATION, fin=False) * 1000),
        (frame(b"", declared=1 << 62), lambda: os.urandom(1 << 16)),
    ],
    ids=["messages", "fragments", "empty fragments", "a huge declared length"],
)
async def test_an_endless_flood_is_cut_off(shared_server: ServerProcess, first: bytes, more: Callable[[], bytes]):
    client = await opened(shared_server)
    await client.say(first)

    await flood(client, more)


async def test_a_few_messages_are_read_and_ignored(shared_server: ServerProcess):
    client = await opened(shared_server)
    for payload in (b"{}", b"hello", b"\xf0\x9f\xa7\x80", b""):
        await client.say(frame(payload))
        await client.say(frame(payload, BINARY))
    await client.say(frame(b"are you there?", PING))

    await client.until(lambda _: client.pongs)

    assert client.pongs == [b"are you there?"]
    assert client.close_code is None
    client.cut()


@pytest.mark.parametrize("size", [64 * KIB, 64 * KIB + 1])
@pytest.mark.parametrize("kind", [TEXT, BINARY])
async def test_a_message_may_have_64_kib(shared_server: ServerProcess, size: int, kind: int):
    client = await opened(shared_server)

    await client.say(frame(b"x" * size, kind) + frame(b"", PING))

    if size > 64 * KIB:
        await client.to_the_end()
        assert client.close_code == 1009
    else:
        await client.until(lambda _: client.pongs)
        assert client.close_code is None
    client.cut()


async def test_a_too_large_message_in_fragments_is_refused_too(shared_server: ServerProcess):
    half = b"x" * (40 * KIB)

    await refused(shared_server, 1009, frame(half, fin=False), frame(half, CONTINUATION))


async def test_endless_pings_without_reading_cost_no_memory(shared_server: ServerProcess):
    client = await opened(shared_server, deaf=True)
    before = shared_server.rss_kib()
    try:
        async with asyncio.timeout(1):  # the duration of the attempt; no race depends on it
            for _ in range(20_000):
                await client.say(frame(b"x" * 125, PING) * 100)
    except TimeoutError:
        pass
    assert shared_server.rss_kib() - before < SLACK
    client.cut()


# Invalid frames


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (1007, frame(b"\xff\xfe")),
        (1007, frame(b"\xed\xa0\x80")),
        (1007, frame(b"caf\xc3", fin=False) + frame(b"", CONTINUATION)),
        (1002, frame(b"x", 0x3)),
        (1002, frame(b"x", 0xB)),
        (1002, frame(b"x", reserved=4)),
        (1002, frame(b"x", reserved=1)),
        (1002, frame(b"x", masked=False)),
        (1002, frame(b"x", CONTINUATION)),
        (1002, frame(b"x", fin=False) + frame(b"y")),
        (1002, frame(b"x" * 126, PING)),
        (1002, frame(b"x", PING, fin=False)),
        (1002, close_frame(999)),
        (1002, close_frame(1005)),
        (1002, close_frame(1006)),
        (1002, close_frame(1015)),
        (1002, frame(b"\x03", CLOSE)),
        (1007, close_frame(1000, b"\xff")),
        (1002, b"GET /api/notes HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ],
    ids=lambda value: value[:12].hex() if isinstance(value, bytes) else str(value),
)
async def test_invalid_frames_are_refused_with_their_code(shared_server: ServerProcess, code: int, said: bytes):
    await refused(shared_server, code, said)


@pytest.mark.parametrize("code", [None, 1000, 1001, 3000, 4999])
async def test_a_close_frame_is_echoed(shared_server: ServerProcess, code: int | None):
    client = await opened(shared_server)
    await client.say(close_frame(code))

    await client.to_the_end()

    assert client.close_code == (1005 if code is None else code)
    client.cut()


async def test_frames_after_a_close_are_ignored(shared_server: ServerProcess):
    client = await opened(shared_server)
    await client.say(close_frame(1000) + frame(b"more") * 100 + b"GET / HTTP/1.1\r\n\r\n")

    await client.to_the_end()

    assert client.close_code in {1000, None}  # None: reset, because of unread bytes
    client.cut()


async def test_unsolicited_pongs_are_ignored(shared_server: ServerProcess):
    client = await opened(shared_server)
    await client.say(frame(b"unasked", PONG) * 100 + frame(b"x", PING))

    await client.until(lambda _: client.pongs)

    client.cut()


async def test_no_event_follows_the_close_frame_on_a_busy_board(shared_server: ServerProcess):
    async with shared_server.client() as http, await follow(WebsocketClient, shared_server.port) as quiet:
        client = await opened(shared_server)
        await client.say(frame(b"x" * (64 * KIB + 1)))
        await client.until(lambda c: client.close_code)
        for _ in range(5):
            await http.post("/api/notes", json={"title": "x"})
        await quiet.count(5)

        await client.to_the_end()

        assert client.close_code == 1009
        assert client.after_close == 0
        client.cut()
    bystander = await opened(shared_server)
    bystander.cut()


# Compression


@pytest.mark.parametrize(
    "offer",
    ["permessage-deflate", "permessage-deflate; client_max_window_bits", "x-webkit-deflate-frame, permessage-deflate"],
)
async def test_compression_is_declined(shared_server: ServerProcess, offer: str):
    client = WebsocketClient(shared_server.port)
    await client.open(headers={"Sec-WebSocket-Extensions": offer})

    assert client.head.status == 101
    assert "sec-websocket-extensions" not in client.head.headers
    client.cut()


async def test_a_compression_bomb_is_refused_without_decompressing_it(shared_server: ServerProcess):
    pack = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = (pack.compress(b"\0" * (256 << 20)) + pack.flush(zlib.Z_SYNC_FLUSH))[:-4]
    client = WebsocketClient(shared_server.port)
    await client.open(headers={"Sec-WebSocket-Extensions": "permessage-deflate"})

    await client.say(frame(bomb, reserved=4))
    await client.to_the_end()

    assert client.close_code in {1002, None}  # None: reset, because of unread bytes
    client.cut()


# Handshakes


def handshake(**changes: str | None) -> bytes:
    """A websocket handshake with some headers changed or left out."""
    fields = {**HANDSHAKE, **{name.replace("_", "-"): value for name, value in changes.items()}}
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return "\r\n".join(["GET /ws HTTP/1.1", *lines, "", ""]).encode()


async def test_the_unmodified_handshake_is_accepted(shared_server: ServerProcess):
    head = send_handshake(shared_server.port, handshake())

    assert head.status == 101
    assert head.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize(
    "changes",
    [
        {"Upgrade": None},
        {"Connection": None},
        {"Upgrade": "h2c"},
        {"Connection": "keep-alive"},
        {"Upgrade": None, "Connection": "close"},
        {"Sec_WebSocket_Key": None, "Connection": "Upgrade, close"},
        {"Sec_WebSocket_Version": None},
        {"Sec_WebSocket_Version": "12"},
        {"Sec_WebSocket_Version": "13, 8"},
    ],
    ids=str,
)
async def test_an_invalid_handshake_is_refused(shared_server: ServerProcess, changes: dict[str, str | None]):
    head = send_handshake(shared_server.port, handshake(**changes))

    assert 400 <= head.status < 500 or (head.status, changes.get("Upgrade")) == (101, "h2c")


async def test_a_body_on_an_upgrade_is_harmless(shared_server: ServerProcess):
    head, _ = await exchange(shared_server.port, handshake(Content_Length="3", Sec_WebSocket_Version="9") + b"abc")

    assert head.status == 400


@pytest.mark.parametrize("where", ["/ws", "/ws?after=%ff", "/ws?topics=%00", "/ws/", "/WS", "/api/notes", "/"])
async def test_a_websocket_at_another_path_or_with_an_invalid_query_is_refused(
    shared_server: ServerProcess, where: str
):
    connection = await RawConnection(shared_server.port).connect()
    await connection.send(handshake().replace(b"/ws", where.encode(), 1))
    head = await connection.head()
    connection.cut()

    assert head.status == 101 if where == "/ws" else head.status >= 400


@pytest.mark.parametrize("query", [b"?topics=board:2", b"?after=garbage", b""])
async def test_a_client_that_sends_before_the_handshake_response_is_harmless(
    shared_server: ServerProcess, query: bytes
):
    async def hasty() -> None:
        connection = await RawConnection(shared_server.port).connect()
        try:
            await connection.send(handshake().replace(b"/ws", b"/ws" + query, 1))
            for _ in range(10):
                await connection.send(frame(b"early"))
                await asyncio.sleep(0.0003)
        except ConnectionError:
            pass  # refused already
        connection.close()

    for _ in range(20):
        await asyncio.gather(*(hasty() for _ in range(10)))


async def test_an_incomplete_handshake_is_harmless(shared_server: ServerProcess):
    halves = []
    for end in range(1, len(handshake()), 7):
        connection = await RawConnection(shared_server.port).connect()
        await connection.send(handshake()[:end])
        halves.append(connection)
    for number, connection in enumerate(halves):
        connection.cut() if number % 2 else connection.close()


async def test_websockets_disconnected_at_any_byte_are_released(shared_server: ServerProcess):
    said = frame(b"hello", fin=False) + frame(b"x" * 200, CONTINUATION) + frame(b"?", PING) + close_frame(1000)

    async def leave(end: int) -> None:
        client = await opened(shared_server)
        await client.say(said[:end])
        client.cut() if end % 2 else client.connection.close()

    async with shared_server.client() as http:
        leaving: list[Awaitable[object]] = [leave(end) for end in range(0, len(said), 3)]
        writing = [http.post("/api/notes", json={"title": "during it"}) for _ in range(20)]
        await asyncio.gather(*leaving, *writing)
        bystander = await http.get("/healthz")
    assert bystander.status_code == 200
