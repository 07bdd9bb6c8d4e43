"""SQLite transactions release their locks and connections, whichever task is cancelled."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tortoise.connection import get_connection

from quart_notes.errors import DatabaseUnavailableError
from quart_notes.settings import Settings
from quart_notes.storage.database import WRITER, Database
from quart_notes.storage.sqlite.client import SqliteDbClient
from tests.support.servers.empty_database import put_empty_database

pytestmark = pytest.mark.sqlite_only("its engine")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    put_empty_database(tmp_path)
    opened = Database(Settings(data=tmp_path).database)
    await opened.open()
    yield opened
    await opened.close()


async def _read(database: Database) -> None:
    async with database.snapshot() as connection:
        await connection.execute_query("SELECT count(*) FROM note")


@pytest.mark.parametrize("turns", range(12))
async def test_a_reader_cancelled_at_any_step_leaves_the_database_readable(database: Database, turns: int):
    readers = [asyncio.create_task(_read(database)) for _ in range(3)]
    for _ in range(turns):
        await asyncio.sleep(0)
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)

    async with asyncio.timeout(5):
        await _read(database)


async def test_readers_cancelled_after_any_delay_leave_the_database_readable(database: Database):
    for microseconds in range(0, 1500, 25):
        reader = asyncio.create_task(_read(database))
        await asyncio.sleep(microseconds / 1e6)
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)

    async with asyncio.timeout(5):
        await _read(database)


async def test_a_transaction_does_not_reopen_a_database_that_closes(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    writer: Any = get_connection(WRITER)
    close = writer.close
    closed, goes_on = asyncio.Event(), asyncio.Event()

    async def close_slowly() -> None:
        await close()
        closed.set()
        await goes_on.wait()

    monkeypatch.setattr(writer, "close", close_slowly)
    closes = asyncio.create_task(database.close())
    await closed.wait()

    with pytest.raises(DatabaseUnavailableError):
        async with database.transaction():
            pass

    assert writer._connection is None
    goes_on.set()
    await closes


async def test_a_transaction_that_cannot_start_does_not_block_the_next(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    writer: Any = get_connection(WRITER)
    monkeypatch.setitem(writer.pragmas, "busy_timeout", 50)
    async with database.transaction():
        pass  # the connection waits 50 ms from here on
    with closing(sqlite3.connect(str(database.target), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(2):
            with pytest.raises(DatabaseUnavailableError):
                async with asyncio.timeout(5), database.transaction():
                    pass

    async with asyncio.timeout(5), database.transaction() as connection:
        await connection.execute_query("SELECT 1")


async def test_a_commit_is_synced_to_the_disk(database: Database):
    async with database.transaction() as connection:
        _, rows = await connection.execute_query("PRAGMA synchronous")

    assert [tuple(row) for row in rows] == [(2,)], "not FULL: an acknowledged note could be lost with the power"


async def test_a_closed_database_is_one_file(database: Database, monkeypatch: pytest.MonkeyPatch):
    closing_now, most = 0, 0
    close = SqliteDbClient.close

    async def counted(self: SqliteDbClient) -> None:
        nonlocal closing_now, most
        closing_now += 1
        most = max(most, closing_now)
        await close(self)
        closing_now -= 1

    monkeypatch.setattr(SqliteDbClient, "close", counted)
    async with database.transaction() as connection:
        await connection.execute_query("UPDATE log_head SET newest = newest + 1")
    await _read(database)

    await database.close()

    assert most == 1, "of two that close at once, neither is the last"
    assert not list(Path(str(database.target)).parent.glob("*-wal"))
