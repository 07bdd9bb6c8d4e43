"""What fails in between: the database, the way to it, a process that stands still, a disk, a clock."""

import asyncio
import os
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from quart_notes.turns import WRITING
from tests.postgres import Databases
from tests.recovery import Ask, Traffic, observed
from tests.server_process import ServerProcess, wait_for
from tests.test_durability import fill
from tests.worker_processes import WorkerServer

IN_EARNEST = "FAILURES_IN_EARNEST" in os.environ  # as long as they last outside of tests
AWAY = 10.0 if IN_EARNEST else 1.0  # seconds that a server is away
CUTTING = 60.0 if IN_EARNEST else 10.0  # seconds during which a connection is cut
EVERY = 2.0  # seconds between two cuts
STOPPED = 15.0 if IN_EARNEST else 4.0  # seconds that a process stands still
POOL = ("--database-pool", "2")  # connections for reading: soon all of them are open
LOCKS = Path("/proc/locks")


@pytest.fixture(scope="module")
def databases() -> Iterator[Databases]:
    """Those of a PostgreSQL server that other tests do not use."""
    made = Databases()
    yield made
    made.server.close()


@pytest.fixture
def url(databases: Databases, tmp_path: Path) -> Iterator[str]:
    """An empty database."""
    yield databases.url(tmp_path)
    databases.forget(tmp_path)


@pytest.fixture
def ask(databases: Databases, url: str) -> Ask:
    """What a query finds in it."""
    name = url.partition("?")[0].rpartition("/")[2]
    return lambda query: databases.server.ask(name, query)


@pytest.fixture
async def pair(url: str, tmp_path: Path) -> AsyncIterator[list[ServerProcess]]:
    """Two servers of one PostgreSQL database."""
    async with started(
        *(ServerProcess(tmp_path / name / "data", "--database-url", url, *POOL) for name in "ab")
    ) as two:
        yield two


@asynccontextmanager
async def started(*servers: ServerProcess) -> AsyncIterator[list[ServerProcess]]:
    """Servers that start at once, and say what they are at."""
    try:
        for server in servers:
            observed(server)
        await asyncio.gather(*(asyncio.to_thread(server.start) for server in servers))
        yield list(servers)
    finally:
        for server in servers:
            server.__exit__()


# PostgreSQL


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGQUIT, signal.SIGINT])
async def test_postgresql_is_killed_under_load_and_started_again(
    databases: Databases, pair: list[ServerProcess], ask: Ask, how: signal.Signals
):
    async with Traffic(pair, ask) as traffic:
        await traffic.progress(pair[0])
        await asyncio.to_thread(databases.server.stop, how)
        await asyncio.sleep(AWAY)
        await asyncio.to_thread(databases.server.start)
        await traffic.recovered()
    assert traffic.refused


async def test_the_connection_that_listens_is_cut_again_and_again(pair: list[ServerProcess], ask: Ask):
    async with Traffic(pair, ask) as traffic:
        for _ in range(int(CUTTING / EVERY)):
            assert await asyncio.to_thread(cut, ask, "listener") == 2
            await asyncio.sleep(EVERY)
        await traffic.recovered()
        assert not traffic.refused


@pytest.mark.parametrize("which", ["shared", "leader", "reader", ""])
async def test_another_connection_is_cut(pair: list[ServerProcess], ask: Ask, which: str):
    async with Traffic(pair, ask) as traffic:
        await traffic.progress(pair[0])
        for _ in range(3):
            await asyncio.to_thread(wait_for, lambda: cut(ask, which), "there is such a connection")
            await traffic.recovered()


def cut(ask: Ask, which: str) -> int:
    """Cut the servers' connections of that name; returns how many there were."""
    return len(
        ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            f" AND application_name LIKE 'quart-notes {which}%'"
        )
    )


async def test_a_server_that_stands_still_in_the_middle_of_a_write_holds_the_other_up_for_a_while(
    pair: list[ServerProcess], ask: Ask
):
    one, other = pair
    async with Traffic(pair, ask) as traffic:
        await traffic.progress(one)
        await asyncio.to_thread(stop_in_a_write, one.pid, lambda: somebody_stands_between(ask))
        try:
            await asyncio.sleep(STOPPED)
            if IN_EARNEST:
                await traffic.progress(other)
        finally:
            os.kill(one.pid, signal.SIGCONT)
        await traffic.recovered()


# What is within a transaction that writes, and does nothing.
BETWEEN = (
    "SELECT pid, state_change FROM pg_stat_activity WHERE datname = current_database()"
    " AND application_name = 'quart-notes shared' AND state = 'idle in transaction'"
)


def somebody_stands_between(ask: Ask) -> bool:
    """Whether one and the same write has begun, and does not go on."""
    first = ask(BETWEEN)
    time.sleep(0.05)
    return bool(first) and ask(BETWEEN) == first


def stop_in_a_write(process: int, writes: Callable[[], bool]) -> None:
    """Have a process stand still while it holds the lock that every write needs."""

    def stopped() -> bool:
        os.kill(process, signal.SIGSTOP)
        if writes():
            return True
        os.kill(process, signal.SIGCONT)
        return False

    wait_for(stopped, "it is stopped in the middle of a write", 30)


# Workers


@pytest.fixture
async def workers(tmp_path: Path) -> AsyncIterator[WorkerServer]:
    """A server of three workers and a SQLite file."""
    async with started(WorkerServer(tmp_path / "data")) as (server,):
        assert isinstance(server, WorkerServer)
        yield server


def file_of(server: ServerProcess) -> Ask:
    """What a query finds in the file of a server."""

    def ask(query: str) -> list[Any]:
        with closing(sqlite3.connect(server.data / "quart-notes.sqlite3")) as connection:
            return connection.execute(query).fetchall()

    return ask


async def test_a_worker_that_stands_still_in_the_middle_of_a_write_holds_the_others_up_for_a_while(
    workers: WorkerServer,
):
    def holds() -> bool:
        locks = [line.split() for line in LOCKS.read_text().splitlines()]
        return ["POSIX", "WRITE", str(still), str(WRITING)] in [
            [fields[1], fields[3], fields[4], fields[6]] for fields in locks
        ]

    still = workers.workers()[1]
    async with Traffic([workers], file_of(workers)) as traffic:
        await traffic.progress(workers)
        await asyncio.to_thread(stop_in_a_write, still, holds)
        try:
            await asyncio.sleep(STOPPED)
        finally:
            os.kill(still, signal.SIGCONT)
        await traffic.recovered()


async def test_a_disk_that_is_full_for_all_workers_is_said_and_heals(small_disk: Path):
    server = WorkerServer(small_disk / "data")
    async with started(server), Traffic([server], file_of(server), refusals=(503, 507)) as traffic:
        await traffic.progress(server)
        fill(small_disk)
        await traffic.is_refused(30)
        (small_disk / "filler").unlink()
        await traffic.recovered()
