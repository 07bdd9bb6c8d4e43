"""Our corner of hypercorn: fails when it moves, and when what it promises does not hold."""

import asyncio
import inspect
import json
import socket
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from hypercorn import protocol
from hypercorn.asyncio import run, serve, tcp_server
from hypercorn.asyncio.task_group import TaskGroup
from hypercorn.asyncio.tcp_server import MAX_RECV, TCPServer
from hypercorn.asyncio.worker_context import AsyncioSingleTask, EventWrapper, WorkerContext
from hypercorn.config import Config
from hypercorn.protocol import h2 as h2_module
from hypercorn.protocol import h11 as h11_module
from hypercorn.protocol import ws_stream
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.ws_stream import Handshake, WSStream
from quart import Quart, request, websocket

from quart_notes.live.outlets import OutletConnection, connection_of
from quart_notes.server import transport
from tests.support.clients.feed_clients import WebsocketClient, follow
from tests.support.clients.raw_connection import RawConnection, exchange, until
from tests.support.servers.server_process import ROOT, ServerProcess, wait_for

GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
CLOSE = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def parameters(callable_: object) -> list[str]:
    return list(inspect.signature(callable_).parameters)  # type: ignore[arg-type]


def names(callable_: object) -> set[str]:
    """The names that a function's code speaks of."""
    code = inspect.unwrap(callable_).__code__  # type: ignore[arg-type]
    return {*code.co_names, *code.co_varnames}


# The corner


@pytest.mark.parametrize("library", ["hypercorn", "h2", "wsproto"])
def test_a_library_is_the_very_version_that_the_corner_was_tested_with(library: str):
    docs = transport.__doc__ or ""
    pinned = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]

    assert f"{library} {version(library)}" in docs
    assert f"{library}=={version(library)}" in pinned


def test_the_connection_is_made_and_run_as_we_expect():
    assert parameters(TCPServer.__init__) == ["self", "app", "loop", "config", "context", "state", "reader", "writer"]
    for method in (TCPServer.run, TCPServer._read_data, TCPServer._close, EventWrapper.wait, EventWrapper.clear):
        assert inspect.iscoroutinefunction(method)
        assert parameters(method) == ["self"]
    assert {"reader", "writer", "protocol", "idle_task", "_task_group"} <= names(TCPServer.run) | names(
        TCPServer.__init__
    )
    assert "TCPServer" in vars(run), "where it is replaced"
    assert MAX_RECV >= 1 << 14


def test_the_protocol_refuses_and_waits_as_we_expect():
    assert parameters(H11Protocol._send_error_response) == ["self", "status_code"]
    assert parameters(H11Protocol._send_h11_event) == ["self", "event"]
    assert parameters(H11Protocol.handle) == ["self", "event"]
    assert {"can_read", "clear", "wait"} <= names(H11Protocol._handle_events)
    assert {"can_read", "stream", "event_class"} <= names(H11Protocol.__init__)
    assert WorkerContext.event_class is EventWrapper


def test_the_code_that_a_plain_request_bypasses_is_as_we_expect():
    """`transport.plain` and `transport.idle` do the same in their own way."""
    assert {"ssl", "client", "server", "keep_alive_requests", "connection", "stream"} <= names(H11Protocol.__init__)
    assert "start_next_cycle" in names(H11Protocol._maybe_recycle)
    assert parameters(AsyncioSingleTask.restart) == ["self", "task_group", "action"]
    assert parameters(AsyncioSingleTask.stop) == ["self"]
    assert {"restart", "stop"} <= names(TCPServer.protocol_send) and "stop" in names(TCPServer._close)
    assert {"terminated", "keep_alive_timeout"} <= names(TCPServer._idle_timeout)
    assert "protocol" in names(protocol.ProtocolWrapper.__init__)


def test_the_websocket_stream_is_built_as_we_expect():
    for module in (h11_module, h2_module):
        assert vars(module)["WSStream"] is WSStream
    assert parameters(Handshake.__init__) == ["self", "headers", "http_version"]
    assert {"extensions", "upgrade", "version"} <= names(Handshake.__init__)
    assert parameters(WSStream._send_wsproto_event) == ["self", "event"]
    assert parameters(WSStream._handle_events) == ["self"]
    assert parameters(WSStream._accept) == ["self", "message"]
    assert {"app_put", "buffer", "closed", "task_group", "stream_id"} <= names(WSStream.__init__)


async def test_the_application_is_told_things_through_a_bounded_queue():
    async def app(*_: object) -> None:
        """Reads nothing."""

    async def send(_: object) -> None:
        """Takes everything."""

    async with TaskGroup(asyncio.get_running_loop()) as group:
        put = await group.spawn_app(app, Config(), {}, send)  # type: ignore[arg-type]

    assert parameters(TaskGroup.spawn_app) == ["self", "app", "config", "scope", "send"]
    assert isinstance(put.__self__, asyncio.Queue)  # type: ignore[attr-defined]
    assert "TaskGroup" in vars(tcp_server)


def test_everything_is_back_in_its_place_afterwards():
    def corner() -> list[object]:
        modules = [vars(module) for module in (run, tcp_server, protocol, h11_module, h2_module, ws_stream)]
        classes = ("TCPServer", "TaskGroup", "H11Protocol", "WSStream", "WSStream", "Handshake")
        return [module[name] for module, name in zip(modules, classes, strict=True)]

    before = corner()
    with transport.patched_hypercorn(10, direct=True):
        assert not set(corner()) & set(before)
    assert corner() == before


@pytest.mark.parametrize("ours", [True, False], ids=["our server", "plain hypercorn"])
async def test_a_route_sees_the_connection_only_on_our_server(ours: bool, unused_tcp_port: int):
    app = Quart(__name__)
    peers: list[OutletConnection | None] = []

    @app.get("/")
    async def look() -> str:
        peers.append(connection_of(request.scope))
        return "seen"

    @app.websocket("/ws")
    async def look_too() -> None:
        peers.append(connection_of(websocket.scope))
        await websocket.accept()

    config = Config()
    config.bind = [f"127.0.0.1:{unused_tcp_port}"]
    stop = asyncio.Event()
    with transport.patched_hypercorn(10, direct=True) if ours else pytest.MonkeyPatch.context():
        serving = asyncio.create_task(serve(app, config, shutdown_trigger=stop.wait))
        await until(lambda: _answers(unused_tcp_port), "it serves")
        head, _ = await exchange(unused_tcp_port, b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert head.status == 200
        old, _ = await exchange(unused_tcp_port, b"GET / HTTP/1.0\r\n\r\n")
        assert old.status == 200
        async with await follow(WebsocketClient, unused_tcp_port) as client:
            await client.to_the_end()
        stop.set()
        await asyncio.wait_for(serving, 10)

    modern, ancient, websocket_peer = peers
    assert ancient is None, "HTTP/1.0 has no chunks to write"
    for peer in (modern, websocket_peer):
        assert (peer is not None) is ours
        if peer is not None:
            assert peer.transport.is_closing()
            assert peer.last_received_at > 0


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


# What it promises


@pytest.fixture
def small(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that takes eight connections."""
    with ServerProcess(tmp_path / "data", "--max-connections", "8") as server:
        yield server
        assert "Traceback" not in server.log


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Such a server for tests after which all connections are free again."""
    with ServerProcess(tmp_path_factory.mktemp("crowded") / "data", "--max-connections", "8") as server:
        yield server
        assert "Traceback" not in server.log


async def test_one_connection_too_many_gets_a_whole_answer_and_later_ones_work(small: ServerProcess):
    held = [await RawConnection(small.port).connect() for _ in range(8)]
    for connection in held:
        await connection.send(GET)
        assert (await connection.head()).status == 200

    for _ in range(20):
        head, body = await exchange(small.port, GET)
        assert head.status == 503
        assert head.headers["content-type"] == "application/problem+json"
        assert int(head.headers["retry-after"]) > 0
        assert int(head.headers["content-length"]) == len(body)
        assert json.loads(body)["code"] == "overloaded"

    await held[0].send(CLOSE)
    held[0].pending = b""
    assert b"HTTP/1.1 200" in await held[0].rest(), "those inside are served"
    for connection in held:
        connection.close()

    async with asyncio.timeout(20):
        while (await exchange(small.port, CLOSE))[0].status != 200:
            pass


async def test_a_connection_that_its_client_closes_makes_room_at_once(tmp_path: Path):
    (tmp_path / "hypercorn.toml").write_text("keep_alive_timeout = 600\n")
    config = str(tmp_path / "hypercorn.toml")
    with ServerProcess(tmp_path / "data", "--max-connections", "8", "--server-config", config) as server:
        served = 0
        async with asyncio.timeout(20):
            while served < 40:
                connection = await RawConnection(server.port).connect()
                await connection.send(GET)
                served += (await connection.head()).status == 200
                connection.close()


@pytest.mark.parametrize(
    "request_line",
    ["GET /api/notes", "GET /healthz", "POST /nowhere", "POST /api/notes", "POST /events", "GET ?x", "HEAD /events"],
)
async def test_a_body_that_nobody_reads_does_not_hold_its_connection(crowded: ServerProcess, request_line: str):
    small = crowded
    async with small.client() as http:
        await http.get("/api/notes")  # from now on it comes from the cache
    head = f"{request_line} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    async with asyncio.timeout(20):
        for number in range(16):
            connection = await RawConnection(small.port).connect()
            try:
                await connection.send(head)
                for _ in range(100):
                    await connection.send(b"400\r\n" + b"x" * 1024 + b"\r\n")
            except ConnectionError:
                pass  # refused already
            connection.cut() if number % 2 else connection.close()

        while not await _fit(small.port, 7):
            pass


async def _fit(port: int, count: int) -> bool:
    """Whether so many connections are served at once."""
    connections = [await RawConnection(port).connect() for _ in range(count)]
    served = 0
    for connection in connections:
        await connection.send(GET)
        served += (await connection.head()).status == 200
    for connection in connections:
        connection.close()
    return served == count


async def test_one_connection_too_many_that_says_nothing_is_dropped(small: ServerProcess):
    held = [await RawConnection(small.port).connect() for _ in range(8)]
    for connection in held:
        await connection.send(GET)
        await connection.head()
    silent = await RawConnection(small.port).connect()

    assert await silent.rest() == b""

    for connection in (*held, silent):
        connection.close()


async def test_many_connections_leave_no_descriptor_behind(server: ServerProcess):
    async def come_and_go(number: int) -> None:
        connection = await RawConnection(server.port).connect()
        kind = number % 5
        if kind == 0:
            await connection.send(GET[:10])
        elif kind == 1:
            await connection.send(GET)
            await connection.head()
        elif kind == 2:
            await connection.send(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await connection.head()
        elif kind == 3:
            connection.close()
            websocket_client = WebsocketClient(server.port)
            await websocket_client.open()
            connection = websocket_client.connection
        if number % 2:
            connection.cut()
        else:
            connection.close()

    await exchange(server.port, CLOSE)
    before = server.descriptors()
    for _ in range(8):
        await asyncio.gather(*(come_and_go(number) for number in range(50)))

    wait_for(lambda: server.descriptors() <= before, "descriptors are back")
    head, _ = await exchange(server.port, CLOSE)
    assert head.status == 200
    assert "Traceback" not in server.log


@pytest.mark.parametrize("request_line", ["POST /nowhere", "PUT /api/notes", "DELETE /healthz"])
async def test_an_answer_ahead_of_the_body_says_that_the_connection_ends(crowded: ServerProcess, request_line: str):
    connection = await RawConnection(crowded.port).connect()

    await connection.send(f"{request_line} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\nabc".encode())
    answer = await connection.head()

    assert answer.status in {404, 405}
    assert answer.headers["connection"] == "close"
    connection.cut()
