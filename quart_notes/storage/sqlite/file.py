"""SQLite's side of the database: the file and its write-ahead log."""

import asyncio
import os
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.errors import DatabaseUnavailableError
from quart_notes.private_files import make_file, make_folder
from quart_notes.storage.sqlite.backup import copy, refuse_newer
from quart_notes.storage.sqlite.client import SqliteDbClient
from quart_notes.storage.sqlite.new_tables import create_tables

PRAGMAS = {
    "journal_mode": "WAL",
    "synchronous": "FULL",  # a commit is on the disk before its response or event leaves
    "busy_timeout": 5000,  # milliseconds
    "foreign_keys": "ON",
    "wal_autocheckpoint": 20_000,  # pages; `checkpoint` runs earlier, so no commit waits for it
    "journal_size_limit": 64 << 20,  # bytes the log file keeps after a checkpoint
    "cache_size": -16384,  # KiB, negative by SQLite's convention
}
SEARCHER_CACHE_SIZE = -2048  # KiB: it reads pages once, and many of them
CHECKPOINT_SIZE = 4 << 20  # bytes of the write-ahead log from which on it is checkpointed
WAL_HEADER, FRAME_HEADER = 32, 24  # bytes
CLOCK_TICK = 2_000_000_000  # nanoseconds in which two changes of a file may have the same time, as on FAT


class SqliteBackend:
    """Three connections to a file: one writes, one reads, so that no read waits for a commit, and one searches.

    A search of everything takes as long as a hundred other reads, which must not wait for it.
    """

    engine = "quart_notes.storage.sqlite.client"

    def __init__(self, file: Path) -> None:
        self._file, self._path = file, str(file)
        self._inode = 0
        self._checkpointed = 0  # when the write-ahead log was last changed before its last checkpoint, nanoseconds

    def credentials(self) -> dict[str, dict[str, Any]]:
        """The engine's settings for each connection."""
        writing = {"file_path": str(self._file), **PRAGMAS}
        reading = {**writing, "query_only": "ON"}
        return {"default": writing, "reader": reading, "searcher": {**reading, "cache_size": SEARCHER_CACHE_SIZE}}

    async def probe(self) -> None:
        """Remember which file it is. Raise when no connection is possible: Tortoise would keep its lock for ever.

        Also when the file is of a newer version: a connection that writes would already change it.
        """
        await asyncio.to_thread(_probe, self._file)
        self._inode = self._file.stat().st_ino

    def require_same(self) -> None:
        """DatabaseUnavailableError when the file is not there any more.

        An unlinked or replaced file would accept writes that nobody finds again.
        """
        try:
            same = os.stat(self._path).st_ino == self._inode  # noqa: PTH116 - before each transaction
        except OSError:
            same = False
        if not same:
            raise DatabaseUnavailableError("The database file is not there any more.")

    async def examine(self, *, thoroughly: bool) -> None:
        """sqlite3.Error or OSError unless the file can be read; thoroughly: all of it."""
        await asyncio.to_thread(_examine, self._file, thoroughly)

    async def migrate(self, connection: BaseDBAsyncClient, apps: dict[str, Any], first: str) -> None:
        """Apply the migrations, the first of which is named; an older file is copied before, a new one made at once."""
        _, tables = await connection.execute_query("SELECT 1 FROM sqlite_master WHERE name = 'note'")
        if tables:
            copies = self._file.parent / "copies"
            make_folder(copies)
            stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
            await asyncio.to_thread(copy, self._file, copies / f"before-{first}-{stamp}.sqlite3")
        elif await create_tables(connection):
            return
        # Late: only a database of another version needs it.
        from quart_notes.storage.migration_executor import MigrationExecutor

        await MigrationExecutor(connection, apps).migrate()

    async def checkpoint(self, connection: BaseDBAsyncClient) -> None:
        """Checkpoint a write-ahead log that has grown, beside the writes, so that it is used again from its beginning.

        By default SQLite does it in one of many commits, and everybody behind that commit waits for the disk. A commit
        into a part of the file that was written before takes half as long as one that makes the file longer.

        connection   the one that writes: it does the rest between two transactions, when nothing can be added
        source       https://www.sqlite.org/wal.html, "Checkpointing"
        """
        wal = self._file.with_name(self._file.name + "-wal")
        try:
            changed = wal.stat().st_mtime_ns
            grown = changed != self._checkpointed and _reaches(wal, CHECKPOINT_SIZE)
        except OSError:
            return
        if grown:
            await asyncio.to_thread(_checkpoint, self._file)
            await cast(SqliteDbClient, connection).checkpoint()
            self._checkpointed = changed if time.time_ns() - changed > CLOCK_TICK else 0


def _reaches(wal: Path, size: int) -> bool:
    """Whether a write-ahead log, which may be shorter than its file, has this many bytes.

    source   https://www.sqlite.org/fileformat2.html#walformat: frames of the log have the salt of its header
    """
    with wal.open("rb") as file:
        header = file.read(WAL_HEADER)
        frame = FRAME_HEADER + int.from_bytes(header[8:12])
        file.seek(WAL_HEADER + size // frame * frame)
        salt = file.read(FRAME_HEADER)[8:16]
    return bool(salt) and salt == header[16:24]


def _examine(file: Path, thoroughly: bool) -> None:
    """Check by connections of its own, whose caches are empty.

    Never by open(): when any descriptor of a file is closed, the process loses all its locks on it, SQLite's too.
    Another process would then remove the write-ahead log, with all later commits.
    source   https://www.sqlite.org/howtocorrupt.html, 2.2
    """
    # The file alone, since its first page may be in the log as well.
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        connection.execute("PRAGMA schema_version").fetchone()
        if not file.stat().st_size:
            raise sqlite3.DatabaseError(f"{file} is empty")
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.execute("SELECT newest FROM log_head").fetchone()
        if thoroughly:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise sqlite3.DatabaseError(f"{file} is damaged: {verdict}")


def _checkpoint(file: Path) -> None:
    # Only an existing file: a database that is gone must not be created again.
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


def _probe(file: Path) -> None:
    refuse_newer(file)
    make_folder(file.parent)
    make_file(file)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA schema_version").fetchone()
