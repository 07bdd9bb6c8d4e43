"""Tortoise's SQLite client with the transactions that this application needs.

Tortoise 1.1 begins a transaction deferred, commits whatever was open before it, and leaves a transaction open whose
commit failed. With two processes, a deferred BEGIN ends in "database is locked"; after a full disk, the next
transaction would commit what was answered as failed.
source   https://www.sqlite.org/lang_transaction.html; Tortoise's backends/sqlite/client.py
"""

import sqlite3
from typing import Any

from tortoise.backends.base.client import TransactionContext
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionContext, SqliteTransactionWrapper
from tortoise.exceptions import OperationalError


class StrictTransaction(SqliteTransactionWrapper):
    """A transaction that holds the write lock from its beginning and leaves nothing open, whatever fails."""

    def __init__(self, connection: "StrictClient") -> None:
        super().__init__(connection)
        self._begin = "BEGIN" if connection.reads_only else "BEGIN IMMEDIATE"

    async def begin(self) -> None:
        """Open the transaction; OperationalError when the database does not let us."""
        try:
            if self._connection.in_transaction:
                await self._connection.rollback()
            await self._connection.execute(self._begin)
        except sqlite3.Error as error:
            raise OperationalError(error) from error

    async def commit(self) -> None:
        """Make it durable; OperationalError, and everything rolled back, when that fails."""
        try:
            await self._connection.commit()
        except sqlite3.Error as error:
            await self.rollback()
            raise OperationalError(error) from error
        self._finalized = True

    async def rollback(self) -> None:
        """Undo everything; what SQLite has undone by itself is fine too."""
        try:
            await self._connection.rollback()
        except sqlite3.Error as error:
            raise OperationalError(error) from error
        finally:
            self._finalized = True


class StrictClient(SqliteClient):
    """One connection to the file; `query_only` among its pragmas makes it a reader with snapshots."""

    @property
    def reads_only(self) -> bool:
        """Whether this connection refuses to write."""
        return "query_only" in self.pragmas

    def _in_transaction(self) -> TransactionContext:
        return SqliteTransactionContext(StrictTransaction(self), self._lock)


client_class: type[Any] = StrictClient
