"""The database, whichever it is: connections, transactions, migrations, health.

What SQLite and PostgreSQL do differently stands in files of their own: `sqlite/file` and `postgres/server` for what
surrounds a connection, `sqlite/client`, `postgres/client` and `postgres/transactions` for what happens on one. Every
cure for their traps has its place there.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from contextvars import ContextVar
from datetime import datetime
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import IO, Any, Protocol, cast

from tortoise import Tortoise
from tortoise.backends.base import executor as tortoise_executor
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection
from tortoise.exceptions import DBConnectionError, OperationalError
from tortoise.migrations.executor import MigrationExecutor
from tortoise.transactions import in_transaction

from quart_notes.errors import DatabaseUnavailableError, StorageFullError
from quart_notes.private_files import make_folder, open_file
from quart_notes.settings import Postgres
from quart_notes.storage import schema_version
from quart_notes.storage.postgres.server import PostgresServer
from quart_notes.storage.schema_version import APPS, CannotOpenError
from quart_notes.storage.sqlite.file import PRAGMAS, SqliteFile
from quart_notes.storage.sqlite.write_lock import Turn

__all__ = [
    "APPS",
    "PRAGMAS",
    "CannotOpenError",
    "Database",
    "Transaction",
    "aside",
    "changes",
    "exclusive",
    "is_private",
    "translated",
]

WRITER, READER, ASIDE = "default", "reader", "aside"  # names of Tortoise's connections
FAILURES = (OperationalError, DBConnectionError, sqlite3.Error, OSError, ValueError)


def orm(store: SqliteFile | PostgresServer) -> dict[str, Any]:
    """Tortoise's configuration."""
    connections = zip((WRITER, READER, ASIDE), store.credentials(), strict=False)
    return {
        "connections": {name: {"engine": store.engine, "credentials": found} for name, found in connections},
        "apps": APPS,
    }


_IS_ASIDE: ContextVar[bool] = ContextVar("aside", default=False)


@contextmanager
def aside() -> Iterator[None]:
    """Have this task read where no request does, so that it waits for none of them, if there is such a connection."""
    token = _IS_ASIDE.set(True)
    try:
        yield
    finally:
        _IS_ASIDE.reset(token)


ORM = orm(SqliteFile(Path("data/quart-notes.sqlite3")))  # for Tortoise's own command line (makemigrations)


class Transaction(Protocol):
    """What both engines' transactions can do beside what Tortoise knows.

    SQL of our own is written for both: `?1` for a value, moments as they are, TRUE and FALSE. `execute_insert` with it
    gives the new row's id.
    """

    SIZE: str  # a query for the bytes of the whole database
    private: bool  # as the database was told

    @property
    def changes(self) -> int:
        """How much has been written so far; the same number again: nothing since."""

    async def append(self, entries: Sequence[tuple[str, bytes, str | None]], at: datetime) -> int:
        """Number and insert (topic, body, subject) in order, and commit with them; returns the number of the first."""


@contextmanager
def exclusive(place: Path | Postgres, patience: float = 0.0) -> Iterator[int | None]:
    """Be the only process that writes to this database; CannotOpenError when another one is.

    The lock goes with the process, however it ends, and with those that have inherited its descriptor, which is given.
    A PostgreSQL server has locks of its own, which go with the connection that writes (`Database(..., alone=True)`).

    patience   seconds to wait for the other one to end
    """
    if isinstance(place, Postgres):
        yield None
        return
    try:
        make_folder(place.parent)
        opened = open_file(place.with_name(place.name + ".lock"), "ab")
    except OSError as error:
        raise CannotOpenError(f"{place}: {error.strerror}") from None
    with opened as lock:
        given_up = time.monotonic() + patience
        while not _locked(lock):
            if time.monotonic() >= given_up:
                raise CannotOpenError(f"{place} is in use by another Quart Notes process")
            time.sleep(0.05)
        yield lock.fileno()


def _locked(file: IO[bytes]) -> bool:
    try:
        flock(file, LOCK_EX | LOCK_NB)
    except OSError:
        return False
    return True


class Database:
    """An open database: a SQLite file, or one of a PostgreSQL server's.

    1. All writing happens in `transaction`, in the writer's task: a cancelled request cannot leave a lock behind. On
       PostgreSQL, where several processes may serve one database, one writes at a time.
    2. `snapshot` sees one moment, however many queries it makes.
    3. A failure is raised as StorageFullError or DatabaseUnavailableError; the next call tries afresh.

    turn     on SQLite: what is entered around each transaction that writes
    alone    on PostgreSQL: refuse to open while another process writes, and have others refuse until it closes
    private  people's e-mail addresses are not for everybody (see `is_private`)
    """

    def __init__(
        self, place: Path | Postgres, turn: Turn | None = None, *, alone: bool = False, private: bool = False
    ) -> None:
        self.place = place
        self._private = private
        self._turn: Turn = turn or nullcontext()
        self._store = SqliteFile(place) if isinstance(place, Path) else PostgresServer(place, alone=alone)
        self._names = tuple(orm(self._store)["connections"])
        self._failed = False  # and was not found to be sound since
        self._asking: asyncio.Task[bool] | None = None

    async def open(self) -> list[str]:
        """Connect and apply the migrations that are pending, oldest first; returns their names.

        A copy of an older file is kept first. Raises CannotOpenError.
        """
        try:
            await self._connect(*self._names)
            pending = await self._pending()
            if pending:
                await self._store.migrate(get_connection(WRITER), APPS, pending[0])
            self._store.opened()
        except (CannotOpenError, *FAILURES) as error:
            await self.close()
            if isinstance(error, CannotOpenError):
                raise
            raise CannotOpenError(f"{self.place}: {error}") from error
        return pending

    async def _connect(self, *names: str) -> None:
        await self._store.probe()
        # Tortoise keeps the queries of the database that was open before, in that one's dialect.
        tortoise_executor.EXECUTOR_CACHE.clear()
        # Without the global fallback, tasks that did not start the app find no connection.
        # https://github.com/tortoise/tortoise-orm/blob/develop/tortoise/context.py
        await Tortoise.init(config=orm(self._store), _enable_global_fallback=True)
        # Now, not at the first query: Tortoise keeps its lock for good when a connection cannot be made there.
        for name in names:
            await get_connection(name).create_connection(with_db=True)

    async def close(self) -> None:
        """Let go of it."""
        await Tortoise.close_connections()

    async def inspect(self) -> list[str]:
        """Connect, to look and not to write, and return the names of the migrations that `open` would apply.

        Raises CannotOpenError when it is of a newer version.
        """
        await self._connect(READER)
        self._store.opened()
        return await self._pending()

    async def _pending(self) -> list[str]:
        recorder = MigrationExecutor(get_connection(READER), APPS).recorder
        applied = [key.name for key in await recorder.applied_migrations()]
        schema_version.check(self.place, applied)
        return schema_version.pending(applied)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[BaseDBAsyncClient]:
        """A transaction that writes. Only the writer's task may enter it: never one that can be cancelled."""
        with self._watched():
            self._store.check()
            async with self._turn, in_transaction(WRITER) as connection:
                cast(Transaction, connection).private = self._private
                yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[BaseDBAsyncClient]:
        """One moment of the database, to read from."""
        with self._watched():
            self._store.check()
            async with in_transaction(ASIDE if _IS_ASIDE.get() and ASIDE in self._names else READER) as connection:
                cast(Transaction, connection).private = self._private
                yield connection

    async def ping(self) -> None:
        """Return after a real query; DatabaseUnavailableError when there is no answer."""
        async with self.snapshot() as connection:
            await connection.execute_query("SELECT newest FROM log_head")

    async def answers(self) -> bool:
        """Whether it does, by a query that no cache answers.

        Once anything has failed it does not, until all of it was found to be sound. Who asks before waits for the
        same look, which may take long: a caller that is cancelled does not end it.
        """
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._answers())
        return await asyncio.shield(self._asking)

    async def _answers(self) -> bool:
        failed, self._failed = self._failed, False
        try:
            with translated():
                await self._store.examine(thoroughly=failed)
            await self.ping()
        except DatabaseUnavailableError:
            self._failed |= failed
            return False
        return not self._failed

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Raise what the database says as this application's errors, and remember that it has failed."""
        try:
            with translated():
                yield
        except DatabaseUnavailableError as error:
            self._failed |= "locked" not in str(error.__cause__)  # busy: it works for somebody else
            raise

    async def checkpoint(self) -> None:
        """What the database needs done now and then, beside the writes that go on."""
        with translated():
            await self._store.checkpoint()


def changes(connection: BaseDBAsyncClient) -> int:
    """How much this connection has written so far: whether a piece of work has touched anything."""
    return cast(Transaction, connection).changes


def is_private(connection: BaseDBAsyncClient) -> bool:
    """Whether what is read here and shown to others has no e-mail addresses in it."""
    return cast(Transaction, connection).private


@contextmanager
def translated() -> Iterator[None]:
    """Raise what the database says as this application's errors."""
    try:
        yield
    except FAILURES as error:
        if "disk is full" in str(error):
            raise StorageFullError("There is no room left on the disk; nothing was changed.") from error
        if isinstance(error, ValueError) and "no active connection" not in str(error):
            raise
        outcome = "whether anything was changed is not known" if "not known" in str(error) else "nothing was changed"
        raise DatabaseUnavailableError(f"The database does not answer; {outcome}.") from error
