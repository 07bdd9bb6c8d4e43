"""The database: connections, transactions, migrations, health. Every cure for its traps has its place here.

Two connections: one writes (used by the writer's task alone), one reads from snapshots, so that a read never waits
for a commit to reach the disk.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, nullcontext
from datetime import UTC, datetime
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import IO, Any

from tortoise import Tortoise
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection
from tortoise.exceptions import DBConnectionError, OperationalError
from tortoise.migrations.executor import MigrationExecutor
from tortoise.transactions import in_transaction

from quart_notes.backups import copy
from quart_notes.errors import DatabaseUnavailableError, StorageFullError
from quart_notes.turns import Turn

WRITER, READER = "default", "reader"
APPS = {"quart_notes": {"models": ["quart_notes.models"], "migrations": "quart_notes.migrations"}}
PRAGMAS = {
    "journal_mode": "WAL",
    "synchronous": "FULL",  # a commit is on the disk before anybody is told
    "busy_timeout": 5000,  # milliseconds
    "foreign_keys": "ON",
    "wal_autocheckpoint": 20_000,  # pages; `checkpoint` is sooner, and no commit waits for it
    "journal_size_limit": 64 << 20,  # bytes the log file keeps after a checkpoint
    "cache_size": -16384,  # KiB, negative by SQLite's convention
}
CHECKPOINT_SIZE = 4 << 20  # bytes of write-ahead log from which it is folded back
FAILURES = (OperationalError, DBConnectionError, sqlite3.Error, OSError, ValueError)


def orm(file: Path) -> dict[str, Any]:
    """Tortoise's configuration for a SQLite file."""
    credentials = {"file_path": str(file), **PRAGMAS}
    engine = "quart_notes.sqlite_engine"
    return {
        "connections": {
            WRITER: {"engine": engine, "credentials": credentials},
            READER: {"engine": engine, "credentials": {**credentials, "query_only": "ON"}},
        },
        "apps": APPS,
    }


ORM = orm(Path("data/quart-notes.sqlite3"))  # for Tortoise's own command line (makemigrations)


class CannotOpenError(Exception):
    """The database cannot be opened; the message says which and why."""


@contextmanager
def exclusive(file: Path, patience: float = 0.0) -> Iterator[int]:
    """Be the only process that writes to this database; CannotOpenError when another one is.

    The lock goes with the process, however it ends, and with those that have inherited its descriptor, which is given.

    patience   seconds to wait for the other one to end
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        opened = file.with_name(file.name + ".lock").open("ab")
    except OSError as error:
        raise CannotOpenError(f"{file}: {error.strerror}") from None
    with opened as lock:
        given_up = time.monotonic() + patience
        while not _locked(lock):
            if time.monotonic() >= given_up:
                raise CannotOpenError(f"{file} is in use by another Quart Notes process")
            time.sleep(0.05)
        yield lock.fileno()


def _locked(file: IO[bytes]) -> bool:
    try:
        flock(file, LOCK_EX | LOCK_NB)
    except OSError:
        return False
    return True


class Database:
    """An open database.

    1. All writing happens in `transaction`, in the writer's task: a cancelled request cannot leave a lock behind.
    2. `snapshot` sees one moment, however many queries it makes.
    3. A failure is raised as StorageFullError or DatabaseUnavailableError; the next call tries afresh.
    """

    def __init__(self, file: Path, turn: Turn | None = None) -> None:
        self.file = file
        self._turn: Turn = turn or nullcontext()

    async def open(self) -> list[str]:
        """Connect and apply the migrations that are pending, oldest first; returns their names.

        A copy of an older file is kept first. Raises CannotOpenError.
        """
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            await self._connect()
            applied = await self._migrate()
            self._inode = self.file.stat().st_ino
        except FAILURES as error:
            await self.close()
            raise CannotOpenError(f"{self.file}: {error}") from error
        return applied

    async def _connect(self) -> None:
        # Tortoise keeps its lock when a connection cannot be made, and everything after would wait for it.
        await asyncio.to_thread(_probe, self.file)
        # Without the global fallback, tasks that did not start the app find no connection.
        # https://github.com/tortoise/tortoise-orm/blob/develop/tortoise/context.py
        await Tortoise.init(config=orm(self.file), _enable_global_fallback=True)
        # Now, not at the first query: Tortoise keeps its lock for good when a connection cannot be made there.
        for name in (WRITER, READER):
            await get_connection(name).create_connection(with_db=True)

    async def close(self) -> None:
        """Let go of the file."""
        await Tortoise.close_connections()

    async def inspect(self) -> list[str]:
        """Connect, to look and not to write, and return the names of the migrations that `open` would apply."""
        await self._connect()
        self._inode = self.file.stat().st_ino
        return await self._pending()

    async def _pending(self) -> list[str]:
        executor = MigrationExecutor(get_connection(WRITER), APPS)
        return [step.migration.name for step in await executor.plan()]

    async def _migrate(self) -> list[str]:
        pending = await self._pending()
        if pending:
            if await self._has_tables():
                copies = self.file.parent / "copies"
                copies.mkdir(exist_ok=True)
                stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
                await asyncio.to_thread(copy, self.file, copies / f"before-{pending[0]}-{stamp}.sqlite3")
            await MigrationExecutor(get_connection(WRITER), APPS).migrate()
        return pending

    async def _has_tables(self) -> bool:
        _, rows = await get_connection(WRITER).execute_query("SELECT 1 FROM sqlite_master WHERE name = 'note'")
        return bool(rows)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[BaseDBAsyncClient]:
        """A transaction that writes. Only the writer's task may enter it: never one that can be cancelled."""
        with translated():
            self._check_file()
            async with self._turn, in_transaction(WRITER) as connection:
                yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[BaseDBAsyncClient]:
        """One moment of the database, to read from."""
        with translated():
            self._check_file()
            async with in_transaction(READER) as connection:
                yield connection

    async def ping(self) -> None:
        """Return after a real query; DatabaseUnavailableError when there is no answer."""
        async with self.snapshot() as connection:
            await connection.execute_query("SELECT newest FROM log_head")

    async def checkpoint(self) -> None:
        """Fold a write-ahead log that has grown back into the file, beside the writes that go on.

        Left to SQLite, every so many commits one of them does it, and everybody behind it waits for the disk.
        source   https://www.sqlite.org/wal.html, "Checkpointing"
        """
        wal = self.file.with_name(self.file.name + "-wal")
        try:
            grown = wal.stat().st_size > CHECKPOINT_SIZE
        except OSError:
            grown = False
        if grown:
            with translated():
                await asyncio.to_thread(_checkpoint, self.file)

    def _check_file(self) -> None:
        # An unlinked or replaced file would go on taking writes that nobody finds again.
        try:
            same = self.file.stat().st_ino == self._inode
        except OSError:
            same = False
        if not same:
            raise DatabaseUnavailableError("The database file is not there any more.")


def changes(connection: BaseDBAsyncClient) -> int:
    """Rows that this connection has changed so far: whether a piece of work has touched any."""
    raw: Any = connection
    return int(raw._connection.total_changes)


def _checkpoint(file: Path) -> None:
    # Of a file that is there: a database that went away is not to be made anew.
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


def _probe(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA schema_version").fetchone()


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
        raise DatabaseUnavailableError("The database does not answer; nothing was changed.") from error
