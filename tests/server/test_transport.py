"""The patches of hypercorn: the internals that they rely on, and what they add."""

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
    """The names that a function's code uses."""
    code = inspect.unwrap(callable_).__code__  # type: ignore[arg-type]
    return {*code.co_names, *code.co_varnames}


# The internals


@pytest.mark.parametrize("library", ["hypercorn", "h2", "wsproto"])
def test_each_patched_library_has_the_tested_version(library: str):
    docs = transport.__doc__ or ""
    pinned = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]

    assert f"{library} {version(library)}" in docs
    assert f"{library}=={version(library)}" in pinned


def test_the_internals_of_the_connection_are_unchanged():
    assert parameters(TCPServer.__init__) == ["self", "app", "loop", "config", "context", "state", "reader", "writer"]
    for method in (TCPServer.run, TCPServer._read_data, TCPServer._close, EventWrapper.wait, EventWrapper.clear):
        assert inspect.iscoroutinefunction(method)
        assert parameters(method) == ["self"]
    assert {"reader", "writer", "protocol", "idle_task", "_task_group"} <= names(TCPServer.run) | names(
        TCPServer.__init__
    )
    assert "TCPServer" in vars(run), "where it is replaced"
    assert MAX_RECV >= 1 << 14


def test_the_internals_of_the_protocol_are_unchanged():
    assert parameters(H11Protocol._send_error_response) == ["self", "status_code"]
    assert parameters(H11Protocol._send_h11_event) == ["self", "event"]
    assert parameters(H11Protocol.handle) == ["self", "event"]
    assert {"can_read", "clear", "wait"} <= names(H11Protocol._handle_events)
    assert {"can_read", "stream", "event_class"} <= names(H11Protocol.__init__)
    # `ProblemH11Protocol` takes the same arguments by position, and sets the same attributes.
    assert parameters(H11Protocol.__init__)[1:6] == ["app", "config", "context", "task_group", "connection_state"]
    assert parameters(H11Protocol.__init__)[6:] == ["ssl", "client", "server", "send"]
    own = {"can_read", "connection", "keep_alive_requests", "stream"}
    h11_names = {"event_class", "h11", "Connection", "SERVER", "h11_max_incomplete_size"}
    code = H11Protocol.__init__.__code__
    assert {*code.co_names} == {*parameters(H11Protocol.__init__)[1:], *own, *h11_names}
    assert WorkerContext.event_class is EventWrapper


def test_the_code_bypassed_by_the_fast_path_is_unchanged():
    """`transport.fast_http1` and `transport.idle_timer` replace it."""
    assert {"ssl", "client", "server", "keep_alive_requests", "connection", "stream"} <= names(H11Protocol.__init__)
    assert "start_next_cycle" in names(H11Protocol._maybe_recycle)
    assert parameters(AsyncioSingleTask.restart) == ["self", "task_group", "action"]
    assert parameters(AsyncioSingleTask.stop) == ["self"]
    assert {"restart", "stop"} <= names(TCPServer.protocol_send) and "stop" in names(TCPServer._close)
    assert {"terminated", "keep_alive_timeout"} <= names(TCPServer._idle_timeout)
    assert "protocol" in names(protocol.ProtocolWrapper.__init__)


def test_the_internals_of_the_websocket_stream_are_unchanged():
    for module in (h11_module, h2_module):
        assert vars(module)["WSStream"] is WSStream
    assert parameters(Handshake.__init__) == ["self", "headers", "http_version"]
    assert {"extensions", "upgrade", "version"} <= names(Handshake.__init__)
    assert parameters(WSStream._send_wsproto_event) == ["self", "event"]
    assert parameters(WSStream._handle_events) == ["self"]
    assert parameters(WSStream._accept) == ["self", "message"]
    assert {"app_put", "buffer", "closed", "task_group", "stream_id"} <= names(WSStream.__init__)


async def test_the_queue_to_the_application_is_bounded():
    async def app(*_: object) -> None:
        """Reads nothing."""

    async def send(_: object) -> None:
        """Discards everything."""

    async with TaskGroup(asyncio.get_running_loop()) as group:
        put = await group.spawn_app(app, Config(), {}, send)  # type: ignore[arg-type]

    assert parameters(TaskGroup.spawn_app) == ["self", "app", "config", "scope", "send"]
    assert isinstance(put.__self__, asyncio.Queue)  # type: ignore[attr-defined]
    assert "TaskGroup" in vars(tcp_server)


def test_the_patches_are_undone_afterwards():
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


# The behaviour


@pytest.fixture
def small(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server with a limit of eight connections."""
    with ServerProcess(tmp_path / "data", "--max-connections", "8") as server:
        yield server
        assert "Traceback" not in server.log


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Such a server for tests that release all connections."""
    with ServerProcess(tmp_path_factory.mktemp("crowded") / "data", "--max-connections", "8") as server:
        yield server
        assert "Traceback" not in server.log


async def test_a_connection_beyond_the_limit_gets_a_503_and_later_ones_work(small: ServerProcess):
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


async def test_a_closed_connection_frees_its_slot_at_once(tmp_path: Path):
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
async def test_an_unread_body_does_not_block_its_connection(crowded: ServerProcess, request_line: str):
    small = crowded
    async with small.client() as http:
        await http.get("/api/notes")  # the response is cached from now on
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
    """Whether this many connections are served at once."""
    connections = [await RawConnection(port).connect() for _ in range(count)]
    served = 0
    for connection in connections:
        await connection.send(GET)
        served += (await connection.head()).status == 200
    for connection in connections:
        connection.close()
    return served == count


async def test_a_silent_connection_beyond_the_limit_is_dropped(small: ServerProcess):
    held = [await RawConnection(small.port).connect() for _ in range(8)]
    for connection in held:
        await connection.send(GET)
        await connection.head()
    silent = await RawConnection(small.port).connect()

    assert await silent.rest() == b""

    for connection in (*held, silent):
        connection.close()


async def test_many_connections_leak_no_descriptors(server: ServerProcess):
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
async def test_a_response_before_the_end_of_the_body_closes_the_connection(crowded: ServerProcess, request_line: str):
    connection = await RawConnection(crowded.port).connect()

    await connection.send(f"{request_line} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\nabc".encode())
    answer = await connection.head()

    assert answer.status in {404, 405}
    assert answer.headers["connection"] == "close"
    connection.cut()
