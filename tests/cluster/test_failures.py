"""Failures: the database, the network, a suspended process, a disk, a clock."""

import asyncio
import os
import signal
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from quart_notes.storage.sqlite.write_lock import WRITING
from tests.support.clients.feed_clients import WebsocketClient, follow
from tests.support.clients.signing_in import WRONG, sign_in
from tests.support.servers.network_namespaces import MachineServer, machines
from tests.support.servers.populated_server import furnish
from tests.support.servers.postgres import Databases
from tests.support.servers.recovery import Ask, Traffic, observed
from tests.support.servers.server_process import ServerProcess, wait_for
from tests.support.servers.worker_processes import WorkerServer
from tests.support.shifted_clock import Clock

IN_EARNEST = "FAILURES_IN_EARNEST" in os.environ  # as long as in production
AWAY = 10.0 if IN_EARNEST else 0.5  # seconds of a server's downtime
CUTTING = 60.0 if IN_EARNEST else 2.0  # seconds during which connections are cut
EVERY = 1.0  # seconds between two cuts
STOPPED = 15.0 if IN_EARNEST else 1.5  # seconds of a process's suspension
CUT_OFF = 30.0 if IN_EARNEST else 0.0  # minimum seconds of a network partition
EACH = 0.05  # seconds between two requests of a client that waits for a 503
BOUND = 20.0  # seconds until a partitioned machine reports it, in the response to any request
POOL = ("--database-pool", "2")  # database connections for reading: soon all of them are open
LOCKS = Path("/proc/locks")


@pytest.fixture
def ask(databases: Databases, url: str) -> Ask:
    """The rows of a query."""
    name = url.partition("?")[0].rpartition("/")[2]
    return lambda query: databases.server.ask(name, query)


@pytest.fixture
async def pair(url: str, tmp_path: Path) -> AsyncIterator[list[ServerProcess]]:
    """Two servers on one PostgreSQL database."""
    async with started(
        *(ServerProcess(tmp_path / name / "data", "--database-url", url, *POOL) for name in "ab")
    ) as two:
        yield two


@asynccontextmanager
async def started(*servers: ServerProcess) -> AsyncIterator[list[ServerProcess]]:
    """Servers that start concurrently and report their resources."""
    try:
        for server in servers:
            observed(server)
        await asyncio.gather(*(asyncio.to_thread(server.start) for server in servers))
        yield list(servers)
    finally:
        for server in servers:
            server.__exit__()


# PostgreSQL


async def test_the_servers_recover_from_a_killed_postgresql(databases: Databases, pair: list[ServerProcess], ask: Ask):
    async with Traffic(pair, ask) as traffic:
        for how in (signal.SIGKILL, signal.SIGINT):
            await traffic.progress(pair[0])
            await asyncio.to_thread(databases.server.stop, how)
            await asyncio.sleep(AWAY)
            await asyncio.to_thread(databases.server.start)
            await traffic.recovered()
    assert traffic.refused


async def test_the_servers_recover_from_cut_postgresql_connections(pair: list[ServerProcess], ask: Ask):
    async with Traffic(pair, ask) as traffic:
        for _ in range(int(CUTTING / EVERY)):
            assert await asyncio.to_thread(cut, ask, "listener") == 2
            await asyncio.sleep(EVERY)
        await traffic.recovered()
        assert not traffic.refused, "by the loss of the connection that listens"
        for which in ("shared", "leader", "reader", ""):
            await traffic.progress(pair[0])
            await asyncio.to_thread(wait_for, partial(cut, ask, which), "there is such a connection")
            await traffic.recovered()


def cut(ask: Ask, which: str) -> int:
    """Close the servers' connections of that name; returns their number."""
    return len(
        ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            f" AND application_name LIKE 'quart-notes {which}%'"
        )
    )


async def test_partitioned_machines_respond_503_and_recover(databases: Databases, url: str, ask: Ask, tmp_path: Path):
    with machines(3, databases.server) as (near, swallowed, unplugged):
        name = url.partition("?")[0].rpartition("/")[2]
        servers = [
            MachineServer(
                machine, tmp_path / machine.name / "data", "--database-url", machine.url(databases.server, name), *POOL
            )
            for machine in (near, swallowed, unplugged)
        ]
        async with started(*servers), Traffic(servers, ask) as traffic:
            for server in servers[1:]:
                await traffic.progress(server)
            began = time.monotonic()
            swallowed.swallow()
            unplugged.unplug()
            await asyncio.gather(*(says_503(server, *request) for server in servers[1:] for request in REQUESTS))
            await traffic.progress(servers[0])
            await asyncio.sleep(began + CUT_OFF - time.monotonic())
            swallowed.pass_on()
            unplugged.plug_in()
            await traffic.recovered()


REQUESTS = [("GET", "/readyz"), ("GET", "/api/notes?q=1"), ("POST", "/api/notes"), ("GET", "/events")]


async def says_503(server: ServerProcess, method: str, path: str) -> None:
    """Return once a request got 503, within an acceptable time."""
    began = time.monotonic()
    async with server.client() as http:
        status = 0
        while status != 503:
            body = {"title": "never"} if method == "POST" else None
            asked = time.monotonic()
            async with http.stream(method, path, json=body) as answer:
                status = answer.status_code
            assert time.monotonic() - asked < BOUND, (method, path)
            assert time.monotonic() - began < BOUND, (method, path)
            await asyncio.sleep(EACH)
    print(f"{method} {path}: 503 after {time.monotonic() - began:.1f} s")


# Workers


@pytest.fixture
async def workers(tmp_path: Path) -> AsyncIterator[WorkerServer]:
    """A server with three workers on a SQLite file."""
    async with started(WorkerServer(tmp_path / "data")) as (server,):
        assert isinstance(server, WorkerServer)
        yield server


def file_of(server: ServerProcess) -> Ask:
    """Runs a query on a server's file."""

    def ask(query: str) -> list[Any]:
        with closing(sqlite3.connect(server.data / "quart-notes.sqlite3")) as connection:
            return connection.execute(query).fetchall()

    return ask


@pytest.mark.sqlite_only("its file")
async def test_a_worker_suspended_during_a_write_only_delays_the_others(workers: WorkerServer):
    async with Traffic([workers], file_of(workers)) as traffic:
        await traffic.progress(workers)
        still: list[int] = []
        await asyncio.to_thread(wait_for, lambda: suspend_writer(workers, still), "one is suspended in a write", 30)
        try:
            await asyncio.sleep(STOPPED)
        finally:
            os.kill(still[0], signal.SIGCONT)
        await traffic.recovered()


def writer_of(server: WorkerServer) -> int:
    """The worker that holds the write lock; 0: none."""
    locks = [line.split() for line in LOCKS.read_text().splitlines()]
    held = [int(one[4]) for one in locks if (one[1], one[3], one[6]) == ("POSIX", "WRITE", str(WRITING))]
    return next((one for one in held if one in server.workers()), 0)


def suspend_writer(server: WorkerServer, suspended: list[int]) -> bool:
    """Suspend the writing worker; returns whether it was still writing."""
    if not (writer := writer_of(server)):
        return False
    os.kill(writer, signal.SIGSTOP)
    if writer_of(server) == writer:
        suspended.append(writer)
        return True
    os.kill(writer, signal.SIGCONT)
    return False


# Clocks


async def test_a_clock_jump_of_an_hour_affects_nobody(tmp_path: Path):
    clock = Clock(tmp_path)
    async with AsyncExitStack() as stack:
        server = stack.enter_context(ServerProcess(tmp_path / "data", "--access", "accounts", env=clock.env))
        furnish(server)
        me = dict([server.me.split(": ", 1)])
        reader, present = [
            await stack.enter_async_context(await follow(WebsocketClient, server.port, topics=topics, headers=me))
            for topics in ("board:1", "room:1")
        ]
        http, nobody = [await stack.enter_async_context(server.client()) for _ in range(2)]
        http.headers.update(me)
        said = []
        for hours in (1, -1, 0):
            await _use_up(nobody)

            clock.jump(hours * 3600)

            note = (await http.post("/api/notes", json={"title": f"{hours}"})).json()
            shifted = (datetime.fromisoformat(note["created_at"]) - datetime.now(UTC)).total_seconds()
            assert abs(shifted - hours * 3600) < 60, "the clock has jumped"
            said.append((await http.post("/api/rooms/1/messages", json={"author_id": 1, "content": f"{hours}"})).json())
            assert (await http.get("/readyz")).status_code == 200
            assert (await http.get("/api/me")).status_code == 200
            assert [one["id"] for one in (await http.get("/api/rooms/1/presence")).json()["here"]] == [1]
            again = await sign_in(nobody, "first")
            assert again.status_code == 200 or int(again.headers["Retry-After"]) <= 100, "as long as a burst takes"
            await reader.until(lambda client, note=note: client.events and client.events[-1].get("note") == note)
            await present.until(lambda client, said=said: client.ids and client.events[-1].get("message") == said[-1])
        assert [event["note"]["title"] for event in reader.events] == ["1", "-1", "0"]
        assert reader.numbers == sorted(reader.numbers)
        listed = (await http.get("/api/rooms/1/messages")).json()
        assert [one["id"] for one in listed][-3:] == [one["id"] for one in said]


async def _use_up(nobody: httpx.AsyncClient) -> None:
    """Try passwords until the rate limit applies."""
    for _ in range(20):
        if (await sign_in(nobody, "first", WRONG)).status_code == 429:
            return
    raise AssertionError("nobody has to wait")
