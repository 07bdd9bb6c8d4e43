"""Shutdown: streams first, then requests, within two seconds, on every installed Python."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from quart_notes.server.serve import STREAM_SHUTDOWN_TIMEOUT
from tests.support.acknowledged_notes import check_rows_and_events, progress, writers
from tests.support.clients.feed_clients import EDGES, Edge, WebsocketClient, follow, named
from tests.support.clients.raw_connection import RawConnection, until
from tests.support.servers.server_fork import PYTHONS
from tests.support.servers.server_process import ROOT, ServerProcess

STREAMS = 100
ENDS = 2.0  # maximum seconds of a shutdown
LOOPS = ("uvloop", "asyncio")
# This interpreter with each event loop, and each other installed one with one of them.
RUNTIMES = [(sys.executable, loop) for loop in LOOPS]
RUNTIMES += [(python, LOOPS[number % 2]) for number, python in enumerate(PYTHONS[1:])]


def version(python: str) -> str:
    """The name of an interpreter in a test's id."""
    command = "import sys; print('{}.{}'.format(*sys.version_info))"
    return subprocess.run([python, "-c", command], check=True, capture_output=True, text=True).stdout.strip()


def serving(folder: Path, python: str, loop: str) -> ServerProcess:
    """A server on an interpreter and an event loop."""
    text = (ROOT / "hypercorn.toml").read_text()
    assert 'worker_class = "uvloop"' in text
    text = text.replace('worker_class = "uvloop"', f'worker_class = "{loop}"')
    (folder / "hypercorn.toml").write_text(text.replace("graceful_timeout = 3", "graceful_timeout = 1"))
    return ServerProcess(folder / "data", "--server-config", str(folder / "hypercorn.toml"), python=python)


@pytest.fixture(params=RUNTIMES, ids=[f"{version(python)}-{loop}" for python, loop in RUNTIMES])
def server_on_each_python(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerProcess]:
    """A server on each interpreter."""
    with serving(tmp_path, *request.param) as server:
        yield server


@pytest.fixture(params=LOOPS)
def server_on_each_loop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerProcess]:
    """A server on each event loop."""
    with serving(tmp_path, sys.executable, request.param) as server:
        yield server


async def ends(server: ServerProcess, number: signal.Signals = signal.SIGTERM, times: int = 1) -> float:
    """Send a signal to the server; returns the seconds until its process has ended."""
    assert server.process is not None
    began = time.monotonic()
    for _ in range(times):
        server.process.send_signal(number)
    code = await asyncio.to_thread(server.process.wait, 30)
    took = time.monotonic() - began
    assert code == 0, server.log
    assert "Traceback" not in server.log
    return took


async def test_a_hundred_streams_end_first_and_every_acknowledged_write_is_stored(server_on_each_python: ServerProcess):
    server = server_on_each_python
    clients = [await follow(EDGES[number % 2], server.port) for number in range(STREAMS)]
    reading = [asyncio.create_task(client.to_the_end()) for client in clients]
    async with writers(server, 4) as acknowledged:
        await progress(acknowledged, 20)
        took = await ends(server)
    await asyncio.wait_for(asyncio.gather(*reading), 20)
    assert took < ENDS
    for client in clients:
        assert client.properly
        if isinstance(client, WebsocketClient):
            assert client.close_code == 1012
        assert client.numbers == list(range(1, len(client.numbers) + 1))
        client.cut()
    check_rows_and_events(server, acknowledged)


async def test_idle_connections_do_not_delay_the_shutdown(server_on_each_python: ServerProcess):
    connections = [await RawConnection(server_on_each_python.port).connect() for _ in range(30)]
    for connection in connections[10:]:
        await connection.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (await connection.head()).status == 200
    for connection in connections[20:]:
        await connection.send(b"GET /healthz HTTP/1.1\r\nHo")

    took = await ends(server_on_each_python)

    assert took < ENDS
    for connection in connections:
        connection.close()


async def test_requests_in_flight_get_their_responses(server_on_each_loop: ServerProcess):
    server = server_on_each_loop
    body = b'{"title": "in flight"}'
    head = (
        b"POST /api/notes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 22\r\n\r\n"
    )
    connections = [await RawConnection(server.port).connect() for _ in range(20)]
    for connection in connections:
        await connection.send(head + body[:10])
    async with server.client() as http:
        await http.get("/healthz")  # the heads have been read
    ending = asyncio.create_task(ends(server))
    await until(lambda: "Stopping" in server.log, "the server is stopping")

    for connection in connections:
        await connection.send(body[10:])
    answers = [await connection.head() for connection in connections]

    assert {answer.status for answer in answers} == {201}
    assert await ending < ENDS
    assert server.stored("SELECT count(*) FROM note") == [(20,)]
    assert server.stored("SELECT newest FROM log_head") == [(20,)]
    for connection in connections:
        connection.close()


async def test_an_incomplete_request_delays_the_shutdown_by_the_grace_period_only(server_on_each_loop: ServerProcess):
    server = server_on_each_loop
    connection = await RawConnection(server.port).connect()
    await connection.send(b"POST /api/notes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 22\r\n\r\n{")
    async with server.client() as http:
        await http.get("/healthz")

    assert await ends(server) < ENDS + 1

    connection.close()


@pytest.mark.parametrize("edge", EDGES, ids=named)
async def test_stalled_readers_do_not_delay_the_shutdown(server_on_each_loop: ServerProcess, edge: Edge):
    server = server_on_each_loop
    stuck = [await follow(edge, server.port, receive_buffer=4096) for _ in range(10)]
    async with server.client() as http:
        for _ in range(30):
            answer = await http.post("/api/notes", json={"title": "x", "description": "🧀" * 10_000})
            assert answer.status_code == 201

    assert await ends(server) < ENDS + STREAM_SHUTDOWN_TIMEOUT  # within which it waits for them to read

    for client in stuck:
        client.cut()


@pytest.mark.parametrize(("number", "times"), [(signal.SIGINT, 1), (signal.SIGTERM, 2), (signal.SIGINT, 3)])
async def test_other_signals_stop_it_too(server: ServerProcess, number: signal.Signals, times: int):
    clients = [await follow(edge, server.port) for edge in EDGES]
    reading = [asyncio.create_task(client.to_the_end()) for client in clients]

    assert await ends(server, number, times) < ENDS

    await asyncio.gather(*reading)
    for client in clients:
        assert client.properly
        client.cut()


async def test_a_stream_opened_during_the_shutdown_ends_at_once(server: ServerProcess):
    request = b"GET /events HTTP/1.1\r\nHost: localhost\r\nX-Late: "
    late = await RawConnection(server.port).connect()
    await late.send(request)
    ending = asyncio.create_task(ends(server))
    await until(lambda: "Stopping" in server.log, "the server is stopping")
    with suppress(ConnectionError):
        await late.send(b"yes\r\n\r\n")

    assert await ending < ENDS
    late.close()
