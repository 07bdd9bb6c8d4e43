"""Tortoise's SQLite client with the transactions that this application needs.

Tortoise 1.1 begins a transaction deferred, commits whatever was open before it, leaves a transaction open whose commit
failed, never releases its lock when a transaction cannot begin or its task is cancelled there, and opens a database
again that was closed. With two processes, a deferred BEGIN ends in "database is locked"; after a full disk, the next
transaction would commit what was answered as failed; one client that leaves at the wrong moment would end all reading;
nobody would close what was opened again.
source   https://www.sqlite.org/lang_transaction.html; Tortoise's backends/sqlite/client.py
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import aiosqlite
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
    translate_exceptions,
)
from tortoise.connection import get_connections
from tortoise.exceptions import OperationalError
from tortoise.fields import data

from quart_notes.patching import patch, patched

T = TypeVar("T")
NUMBER = "UPDATE log_head SET newest = newest + ? WHERE id = 1 RETURNING newest"
INSERT = "INSERT INTO event_log (number, topic, body, subject, created_at) VALUES (?, ?, ?, ?, ?)"


class SqliteTransaction(SqliteTransactionWrapper):
    """A transaction that holds the write lock from its beginning and leaves nothing open, whatever fails."""

    FIND = "instr"
    SIZE = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"

    def __init__(self, connection: "SqliteDbClient") -> None:
        super().__init__(connection)
        self._reads_only = connection.reads_only
        self._begin = "BEGIN" if connection.reads_only else "BEGIN IMMEDIATE"
        self._wait = f"PRAGMA busy_timeout={connection.pragmas['busy_timeout']}"  # for other processes, as configured

    @property
    def change_count(self) -> int:
        """Number of rows that this connection has changed."""
        return int(self._connection._conn.total_changes)

    async def begin(self) -> None:
        """Begin the transaction; OperationalError when the database refuses."""
        if self._begin_inline():
            return
        try:
            # One call in the connection's own thread, where a cancelled task may have left a BEGIN waiting.
            await self._connection._execute(self._rollback_and_begin, self._connection._conn)  # type: ignore[no-untyped-call]
        except sqlite3.Error as error:
            raise OperationalError(error) from error

    def _begin_inline(self) -> bool:
        """Begin in the calling thread, if no other process has the lock (see `execute_insert`); returns whether it did.

        Not for a reader: its connection's thread may still run the query of a task that was cancelled.
        """
        connection = self._connection._conn
        if self._reads_only or connection.in_transaction:
            return False
        connection.execute("PRAGMA busy_timeout=0")
        try:
            connection.execute(self._begin)
        except sqlite3.Error:
            return False  # `_rollback_and_begin` raises the error
        finally:
            connection.execute(self._wait)
        return True

    def _rollback_and_begin(self, connection: sqlite3.Connection) -> None:
        if connection.in_transaction:
            connection.rollback()
        connection.execute(self._begin)

    async def commit(self) -> None:
        """Commit; OperationalError, and everything rolled back, when that fails."""
        try:
            await self._connection.commit()
        except sqlite3.Error as error:
            await self.rollback()
            raise OperationalError(error) from error
        self._finalized = True

    @translate_exceptions
    async def execute_insert(self, query: str, values: list[Any]) -> int:
        """Insert one row in the calling thread; returns its id.

        That takes 10 µs, and through the connection's thread 60. Nobody else uses the connection in a transaction.
        Everything that waits for another process or for the disk, such as COMMIT, stays in that thread.
        """
        return int(self._connection._conn.execute(query, values).lastrowid or 0)

    @translate_exceptions
    async def execute_briefly(self, query: str, values: list[Any]) -> Sequence[Any]:
        """Run a statement about one row, by its key, in the calling thread, as `execute_insert`; returns the rows.

        In the thread of a reader, which may still run the query of a task that was cancelled.
        """
        if self._reads_only:
            found: Sequence[Any] = (await self.execute_query(query, values))[1]
        else:
            found = self._connection._conn.execute(query, values).fetchall()
        return found

    async def commit_events(self, entries: Sequence[tuple[str, bytes, str | None]], at: datetime) -> int:
        """Number and insert (topic, body, subject) in order, and commit; returns the number of the first."""
        return await self.run_and_commit(partial(_append, entries, at))

    async def run_and_commit(self, statements: Callable[[sqlite3.Connection], T]) -> T:
        """Run the last statements and commit, with one switch to the connection's thread; returns their result.

        raises   OperationalError, and everything rolled back, when they or the commit fail
        """
        try:
            # Each call costs two thread switches, half the time of a small transaction.
            result: T = await self._connection._execute(self._finish, self._connection._conn, statements)  # type: ignore[no-untyped-call]
        except sqlite3.Error as error:
            raise OperationalError(error) from error
        finally:
            self._finalized = True
        return result

    @staticmethod
    def _finish(connection: sqlite3.Connection, statements: Callable[[sqlite3.Connection], T]) -> T:
        try:
            result = statements(connection)
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
        return result

    async def rollback(self) -> None:
        """Roll back everything; a rollback by SQLite itself is fine too."""
        try:
            await self._connection.rollback()
        except sqlite3.Error as error:
            raise OperationalError(error) from error
        finally:
            self._finalized = True


def _append(entries: Sequence[tuple[str, bytes, str | None]], at: datetime, connection: sqlite3.Connection) -> int:
    """Insert the events; returns the number of the first. Plain SQL: this runs in the connection's thread."""
    ((newest,),) = connection.execute(NUMBER, (len(entries),)).fetchall()
    first = int(newest) - len(entries) + 1
    created_at = at.isoformat(" ")
    connection.executemany(
        INSERT,
        [
            (number, topic, body.decode(), subject, created_at)
            for number, (topic, body, subject) in enumerate(entries, first)
        ],
    )
    return first


class SqliteContext(SqliteTransactionContext):
    """Releases the lock when a transaction cannot begin, or its task was cancelled before; never opens the database."""

    async def __aenter__(self) -> TransactionalDBClient:
        await self._trxlock.acquire()
        try:
            if self.connection._connection is None:  # `close` is under way
                raise OperationalError("the database is closed")
            await self.connection.begin()
        except BaseException:
            self._trxlock.release()
            raise
        self.token = get_connections().set(self.connection_name, self.connection)
        client: TransactionalDBClient = self.connection
        return client


class SqliteDbClient(SqliteClient):
    """One connection to the file; with the pragma `query_only` it is a reader with snapshots."""

    @property
    def reads_only(self) -> bool:
        """Whether this connection refuses to write."""
        return "query_only" in self.pragmas

    async def create_connection(self, with_db: bool) -> None:
        """Connect, as Tortoise does, but so that several threads may use the connection, one at a time."""
        # Tortoise parses times by a library in Python, which took half of the time of a long list. Columns have what
        # `datetime.isoformat` has written.
        patch(data, "parse_datetime", datetime.fromisoformat)
        with patched(aiosqlite, "connect", partial(aiosqlite.connect, check_same_thread=False)):
            await super().create_connection(with_db)

    async def checkpoint(self) -> None:
        """Write the write-ahead log back, between two transactions; finishes even if its caller is cancelled."""
        await asyncio.shield(self._checkpoint())

    async def _checkpoint(self) -> None:
        async with self._lock:
            if self._connection is not None:
                await self._connection.execute_fetchall("PRAGMA wal_checkpoint(PASSIVE)")

    def _in_transaction(self) -> TransactionContext:
        return SqliteContext(SqliteTransaction(self), self._lock)


client_class: type[Any] = SqliteDbClient
