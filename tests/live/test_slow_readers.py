"""Readers that stop reading: disconnected with bounded memory, resumed without a gap, without affecting others."""

import asyncio
import socket
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from quart_notes.live.channel import MAX_WAITING, MAX_WAITING_BYTES
from quart_notes.server.sockets import SEND_BUFFER
from tests.support.clients.delivery_paths import DELIVERY_PATHS
from tests.support.clients.feed_clients import EDGES, EventStreamClient, WebsocketClient, follow
from tests.support.clients.raw_connection import until
from tests.support.servers.server_process import PATIENCE, ServerProcess, wait_for

SLOW = 6
RECEIVE_BUFFER = 4096  # bytes of a slow reader's buffer
SLACK = 16 << 10  # KiB by which a Python process may grow for other reasons


async def write(http: httpx.AsyncClient, count: int, description: str, at_once: int = 8) -> str:
    """Add notes; returns the last event's id."""

    async def some() -> list[str]:
        ids = []
        for _ in range(count // at_once):
            answer = await http.post("/api/notes", json={"title": "x", "description": description})
            assert answer.status_code == 201, answer.text
            ids.append(answer.headers["last-event-id"])
        return ids

    batches = await asyncio.gather(*(some() for _ in range(at_once)))
    return max((event_id for ids in batches for event_id in ids), key=lambda event_id: int(event_id.partition("-")[2]))


@pytest.mark.parametrize(
    ("road", "count", "description"),
    [("send", 640, "x" * 900), ("direct", 160, "🧀" * 10_000)],
    ids=["by number", "by size"],
)
async def test_readers_that_stop_reading_are_cut_off_and_resume_without_a_gap(
    tmp_path: Path, road: str, count: int, description: str
):
    with ServerProcess(tmp_path / "data", "--stream-road", road) as server:
        await _some_stop_reading(server, count, description)


async def _some_stop_reading(server: ServerProcess, count: int, description: str) -> None:
    async with server.client() as http:
        await write(http, 80, description)
        begin = (await http.get("/api/notes?limit=1")).headers["last-event-id"]
        fast = [await follow(each, server.port) for each in (*EDGES, *EDGES)]
        reading = [asyncio.create_task(client.count(count)) for client in fast]
        slow = [await follow(edge, server.port, receive_buffer=RECEIVE_BUFFER) for edge in EDGES * (SLOW // 2)]
        before = server.rss_kib()

        end = await write(http, count, description)

        for task in reading:
            await asyncio.wait_for(task, PATIENCE)
        grown = server.rss_kib() - before
        assert grown < SLOW * (MAX_WAITING_BYTES + SEND_BUFFER) // 1024 + SLACK
        expected = fast[0].events
        assert expected[-1]["id"] == end
        for client in fast:
            assert client.ids == [event["id"] for event in expected]
            client.cut()

        for client in slow:
            await client.to_the_end()
            assert client.ids == [event["id"] for event in expected[: len(client.ids)]]
            assert len(client.ids) < count, "it was cut off"
            assert client.properly
            if isinstance(client, WebsocketClient):
                assert client.close_code == 1013
            client.cut()
            async with await follow(type(client), server.port, client.ids[-1] if client.ids else begin) as back:
                await back.until(lambda c: c.ids and c.ids[-1] == end)
                assert client.ids + back.ids == [event["id"] for event in expected]
        assert "Traceback" not in server.log


async def test_readers_behind_by_less_than_the_limit_are_not_cut_off(server_on_each_path: ServerProcess):
    async with server_on_each_path.client() as http:
        clients = [await follow(edge, server_on_each_path.port) for edge in EDGES]

        await write(http, MAX_WAITING // 2, "x")

        for client in clients:
            await client.count(MAX_WAITING // 2)
            assert not client.ended
        await write(http, 8, "x")
        for client in clients:
            await client.count(MAX_WAITING // 2 + 8)
            client.cut()


async def test_readers_with_a_slow_long_history_cost_one_page_of_memory(server: ServerProcess):
    async with server.client() as http:
        begin = (await http.get("/api/notes?limit=1")).headers["last-event-id"]
        end = await write(http, 320, "🧀" * 5000)
        before = server.rss_kib()
        slow: list[Any] = [edge(server.port, RECEIVE_BUFFER) for edge in EDGES * 2]
        for client in slow:
            await client.open(begin)
        await write(http, 8, "x")
        assert server.rss_kib() - before < 4 * 128 * 20 * 1.5 * 2 + SLACK  # KiB: a page of 128 events, read and sent
        for client in slow:
            await client.until(lambda c: end in c.ids, PATIENCE)
            assert client.numbers == list(range(1, len(client.numbers) + 1))
            client.cut()


async def test_cut_off_readers_that_never_read_again_are_dropped(tmp_path: Path):
    constants = {"quart_notes.web.streams.CLOSE_GRACE": 0.3}
    with ServerProcess(tmp_path / "data", constants=constants) as server:
        async with server.client() as http:
            await write(http, 8, "x")
            before = server.descriptors()
            dead = [await follow(edge, server.port, receive_buffer=RECEIVE_BUFFER) for edge in EDGES * 3]
            await until(lambda: server.descriptors() >= before + len(dead), "they are connected")
            await write(http, 320, "🧀" * 5000)

            await until(lambda: server.descriptors() <= before, "their connections are gone")
            for client in dead:
                client.cut()


@pytest.mark.parametrize("road", DELIVERY_PATHS)
@pytest.mark.parametrize("more", [b"x", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\x00" * 60_000])
async def test_a_stream_is_released_when_its_client_sends_more_and_disconnects(tmp_path: Path, more: bytes, road: str):
    """Hypercorn does not read during a response, not even the end of the connection."""
    constants = {"quart_notes.live.broadcaster.HEARTBEAT": 0.2}
    flags = ("--max-connections", "8", "--stream-road", road)
    with ServerProcess(tmp_path / "data", *flags, constants=constants) as server:
        async with asyncio.timeout(30):
            for _ in range(5):  # 30 connections, of which 8 may be open at once
                clients = [await _when_there_is_room(server.port) for _ in range(6)]
                for client in clients:
                    await client.connection.send(more)
                    client.cut()
        assert "Traceback" not in server.log


async def _when_there_is_room(port: int) -> EventStreamClient:
    while True:
        client = EventStreamClient(port)
        await client.open()
        if client.head.status == 200:
            return client
        assert client.head.status == 503
        client.cut()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("road", DELIVERY_PATHS)
def test_readers_timed_out_by_the_kernel_cause_no_traceback(tmp_path: Path, road: str):
    """They stop reading silently: the kernel ends their connections with ETIMEDOUT, which is not a reset."""
    constants: dict[str, float] = {"quart_notes.server.sockets.USER_TIMEOUT_MS": 500}
    with ServerProcess(tmp_path / "data", "--stream-road", road, constants=constants) as server, ExitStack() as stack:
        before = server.descriptors()
        for head in (
            "GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
            "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        ):
            for _ in range(3):
                silent = stack.enter_context(closing(socket.socket()))
                silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                silent.connect(("127.0.0.1", server.port))
                silent.sendall(head.encode())
                assert silent.recv(10).startswith(b"HTTP/1.1 ")
        with httpx.Client(base_url=server.base, verify=False) as http:
            for _ in range(20):
                http.post("/api/notes", json={"title": "x", "description": "x" * 19_000}).raise_for_status()
        wait_for(lambda: server.descriptors() <= before, "they are gone", 30)
        assert "Traceback" not in server.log
        assert server.log.count("\n") <= 8
