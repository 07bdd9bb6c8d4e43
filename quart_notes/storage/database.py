"""The database, SQLite or PostgreSQL: connections, transactions, migrations, health.

The differences are in files of their own: `sqlite/file` and `postgres/server` for everything around a connection,
`sqlite/client`, `postgres/client` and `postgres/transactions` for transactions. Every workaround for Tortoise and the
drivers has its place there.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, cast

from tortoise import Tortoise
from tortoise.backends.base import executor as tortoise_executor
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection, get_connections
from tortoise.exceptions import ConfigurationError, DBConnectionError, OperationalError
from tortoise.transactions import in_transaction

from quart_notes.errors import DatabaseUnavailableError, ProblemError, StorageFullError
from quart_notes.file_locks import lock_within
from quart_notes.private_files import make_folder, open_file
from quart_notes.settings import Postgres
from quart_notes.storage import schema_version
from quart_notes.storage.postgres.server import PostgresBackend
from quart_notes.storage.schema_version import APPS, DatabaseOpenError
from quart_notes.storage.sqlite.file import SqliteBackend

WRITER, READER, ASIDE, SEARCHER = "default", "reader", "aside", "searcher"  # names of Tortoise's connections
CONNECTION_ERRORS = (OperationalError, DBConnectionError, sqlite3.Error, OSError, ValueError)
FAILURES = (DatabaseUnavailableError, *CONNECTION_ERRORS)


def orm(store: SqliteBackend | PostgresBackend) -> dict[str, Any]:
    """Tortoise's configuration."""
    return {
        "connections": {
            name: {"engine": store.engine, "credentials": settings} for name, settings in store.credentials().items()
        },
        "apps": APPS,
    }


WriteLock = AbstractAsyncContextManager[None]
_IS_DEDICATED: ContextVar[bool] = ContextVar("dedicated", default=False)


@contextmanager
def dedicated_connection() -> Iterator[None]:
    """Let this task read on a connection of its own, if there is one, so that it never waits for requests."""
    token = _IS_DEDICATED.set(True)
    try:
        yield
    finally:
        _IS_DEDICATED.reset(token)


ORM = orm(SqliteBackend(Path("data/quart-notes.sqlite3")))  # for Tortoise's own command line (makemigrations)


class Transaction(Protocol):
    """The methods of both engines' transactions besides Tortoise's.

    Our own SQL is written for both: `?1` for a value, datetimes as they are, TRUE and FALSE. `execute_insert` returns
    the id of the new row.
    """

    SIZE: str  # a query for the bytes of the whole database
    FIND: str  # the function for the place of a text in another one, which comes first: from 1, or 0
    private: bool  # as the database was configured

    @property
    def change_count(self) -> int:
        """A count of changes; an equal count means that nothing was written in between."""

    async def execute_briefly(self, query: str, values: list[Any]) -> Sequence[Any]:
        """Run a statement about one row, found by its key; returns the rows. SQLite runs it without its thread."""

    async def commit_events(self, entries: Sequence[tuple[str, bytes, str | None]], at: datetime) -> int:
        """Number and insert (topic, body, subject) in order, and commit; returns the number of the first."""


@contextmanager
def exclusive_lock(target: Path | Postgres, timeout: float = 0.0) -> Iterator[int | None]:
    """Lock the database, so that no other process writes to it; DatabaseOpenError when another one does.

    The lock is released when the process ends, and all processes that inherited its descriptor, which is yielded. A
    PostgreSQL server has its own locks, which belong to the connection that writes (`Database(..., alone=True)`).

    timeout   seconds to wait for the other process to end
    """
    if isinstance(target, Postgres):
        yield None
        return
    try:
        make_folder(target.parent)
        opened = open_file(target.with_name(target.name + ".lock"), "ab")
    except OSError as error:
        raise DatabaseOpenError(f"{target}: {error.strerror}") from None
    with opened as lock:
        if not lock_within(lock, timeout):
            raise DatabaseOpenError(f"{target} is in use by another Quart Notes process")
        yield lock.fileno()


class Database:
    """An open database: a SQLite file, or a database of a PostgreSQL server.

    1. All writes are in `transaction`, in the writer's task: a cancelled request cannot leave a lock behind. On
       PostgreSQL, where several processes may serve one database, one writes at a time.
    2. All queries in a `snapshot` see the same state.
    3. A failure is raised as StorageFullError or DatabaseUnavailableError; the next call starts over.

    lock      on SQLite: the context manager around each transaction that writes
    alone     on PostgreSQL: refuse to open while another process writes, and have others refuse until it closes
    private   e-mail addresses are not public (see `is_private`)
    """

    def __init__(
        self, target: Path | Postgres, lock: WriteLock | None = None, *, alone: bool = False, private: bool = False
    ) -> None:
        self.target = target
        self._private = private
        self._write_lock: WriteLock = lock or nullcontext()
        self._store = SqliteBackend(target) if isinstance(target, Path) else PostgresBackend(target, alone=alone)
        self._names = tuple(orm(self._store)["connections"])
        self._failed = False  # and was not checked successfully since
        self._pings: asyncio.Task[bool] | None = None

    async def open(self) -> list[str]:
        """Connect and apply pending migrations, oldest first; returns their names.

        Copies an older file first. Raises DatabaseOpenError.
        """
        try:
            await self._connect(*self._names)
            pending = await self._pending()
            if pending:
                await self._store.migrate(get_connection(WRITER), APPS, pending[0])
        except (DatabaseOpenError, *CONNECTION_ERRORS) as error:
            await self.close()
            if isinstance(error, DatabaseOpenError):
                raise
            raise DatabaseOpenError(f"{self.target}: {error}") from error
        return pending

    async def _connect(self, *names: str) -> None:
        await self._store.probe()
        # Tortoise caches the queries of the former database, in its dialect.
        tortoise_executor.EXECUTOR_CACHE.clear()
        # Without the global fallback, tasks that did not start the app find no connection.
        # https://github.com/tortoise/tortoise-orm/blob/develop/tortoise/context.py
        await Tortoise.init(config=orm(self._store), _enable_global_fallback=True)
        # Now, not at the first query: Tortoise never releases its lock when the connection fails there.
        for name in names:
            await get_connection(name).create_connection(with_db=True)

    async def close(self) -> None:
        """Close it, one connection after the other.

        Of connections that close at the same time SQLite takes none for the last one, which writes the log back.
        """
        try:
            connections = get_connections().all()
        except (ConfigurationError, RuntimeError):  # it was never open
            connections = []
        for connection in connections:
            await connection.close()
        await Tortoise.close_connections()

    async def migrate(self) -> list[str]:
        """Open it, with all that this does, and close it again."""
        try:
            return await self.open()
        finally:
            await self.close()

    @asynccontextmanager
    async def read_only(self) -> AsyncIterator[list[str]]:
        """Open it only to read, and yield the names of the migrations that `open` would apply.

        Raises DatabaseOpenError when the database is of a newer version.
        """
        try:
            await self._connect(READER)
            yield await self._pending()
        finally:
            await self.close()

    async def _pending(self) -> list[str]:
        applied = await _applied_migrations(get_connection(READER))
        schema_version.check(self.target, applied)
        return schema_version.pending(applied)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[BaseDBAsyncClient]:
        """A transaction that writes. Only the writer's task may enter it: never one that can be cancelled."""
        try:
            self._store.require_same()
            async with self._write_lock, in_transaction(WRITER) as connection:
                cast(Transaction, connection).private = self._private
                yield connection
        except FAILURES as error:
            raise self._noted(error)  # noqa: B904 - it has its cause

    @asynccontextmanager
    async def snapshot(self, *, slow: bool = False) -> AsyncIterator[BaseDBAsyncClient]:
        """A consistent state of the database, to read from.

        slow   what is read may take long: other reads do not wait for it
        """
        wanted = ASIDE if _IS_DEDICATED.get() else SEARCHER if slow else READER
        try:
            self._store.require_same()
            async with in_transaction(wanted if wanted in self._names else READER) as connection:
                cast(Transaction, connection).private = self._private
                yield connection
        except FAILURES as error:
            raise self._noted(error)  # noqa: B904 - it has its cause

    async def ping(self) -> None:
        """Run a real query; DatabaseUnavailableError without a response."""
        async with self.snapshot() as connection:
            await connection.execute_query("SELECT newest FROM log_head")

    async def answers(self) -> bool:
        """Whether the database responds, by a query that no cache answers.

        After any failure it returns False until the whole database was checked. Callers wait for the same check, which
        may take long; a caller that is cancelled does not end it.
        """
        if self._pings is None or self._pings.done():
            self._pings = asyncio.create_task(self._answers())
        return await asyncio.shield(self._pings)

    async def _answers(self) -> bool:
        failed, self._failed = self._failed, False
        try:
            with translate_errors():
                await self._store.examine(thoroughly=failed)
            await self.ping()
        except DatabaseUnavailableError:
            self._failed |= failed
            return False
        return not self._failed

    def _noted(self, error: Exception) -> Exception:
        """The application's error for an error of the database; a failure is remembered."""
        raised = translated(error)
        if isinstance(raised, DatabaseUnavailableError):
            self._failed |= "locked" not in str(raised.__cause__)  # busy with another process, not broken
        return raised

    async def checkpoint(self) -> None:
        """Do the regular maintenance of the database, beside the writes."""
        with translate_errors():
            await self._store.checkpoint(get_connection(WRITER))


async def _applied_migrations(connection: BaseDBAsyncClient) -> list[str]:
    """Their names; none where there are no tables yet. Without Tortoise's recorder, whose import takes 15 ms."""
    try:
        _, rows = await connection.execute_query("SELECT name FROM tortoise_migrations")
    except OperationalError:
        return []
    return [row["name"] for row in rows]


async def execute_briefly(connection: BaseDBAsyncClient, query: str, *values: Any) -> Sequence[Any]:
    """Run a statement about one row, found by its key, in a transaction; returns the rows."""
    return await cast(Transaction, connection).execute_briefly(query, [*values])


def change_count(connection: BaseDBAsyncClient) -> int:
    """A count of this connection's changes, to see whether an operation has written anything."""
    return cast(Transaction, connection).change_count


def is_private(connection: BaseDBAsyncClient) -> bool:
    """Whether rows that are read here for others leave out e-mail addresses."""
    return cast(Transaction, connection).private


def translated(error: Exception) -> Exception:
    """The application's error for an error of the database, with it as the cause; any other error as it is."""
    if not isinstance(error, CONNECTION_ERRORS):
        return error
    text = str(error)
    problem: ProblemError
    if "disk is full" in text:
        problem = StorageFullError("There is no room left on the disk; nothing was changed.")
    elif isinstance(error, ValueError) and "no active connection" not in text:
        return error
    else:
        outcome = "whether anything was changed is not known" if "not known" in text else "nothing was changed"
        problem = DatabaseUnavailableError(f"The database does not answer; {outcome}.")
    problem.__cause__ = error
    return problem


@contextmanager
def translate_errors() -> Iterator[None]:
    """Translate the database's errors into the application's."""
    try:
        yield
    except CONNECTION_ERRORS as error:
        raise translated(error)  # noqa: B904 - it has its cause
