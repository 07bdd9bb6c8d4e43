"""The checks of `quart-notes doctor`."""

import asyncio
import os
import platform
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from quart_notes.cli.doctor.host import Finding, clock, disk_space, existing, file_systems, privacy, secret
from quart_notes.cli.doctor.proxies import probe, proxies
from quart_notes.server.serve import configuration
from quart_notes.server.sockets import SPARE_DESCRIPTORS, ServeError, listen, raise_descriptor_limit
from quart_notes.settings import Postgres, Settings
from quart_notes.storage import database
from quart_notes.storage.sqlite import backup
from quart_notes.storage.sqlite.file import PRAGMAS

LOW_DISK = 100 << 20  # free bytes below which there is a warning
SQLITE_MINIMUM = (3, 35, 0)  # RETURNING
POSTGRES_MINIMUM = 14
FURTHER_CONNECTIONS = 4  # of a process besides its pool: to write, to listen, to follow the log, to lead
NEWEST_SQL = "SELECT created_at FROM event_log ORDER BY number DESC LIMIT 1"
POSTGRES_SQL = """
    SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync,
        current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS connections
"""
DURABLE = {2: "FULL", 3: "EXTRA"}  # values of SQLite's synchronous with which a commit is on the disk


def examine(settings: Settings) -> list[Finding]:
    """All findings, most basic first; changes nothing."""
    return [
        Finding("ok", "Python", platform.python_version()),
        *_database(settings),
        *file_systems(settings.data, settings.database),
        *disk_space(settings.data, settings.max_import_bytes, settings.database),
        *secret(settings.data),
        *privacy(settings.database),
        *clock(_newest_event(settings.database)),
        *_descriptors(settings),
        *_server_config(settings),
        *_address(settings),
        *proxies(settings),
    ]


def _database(settings: Settings) -> Iterator[Finding]:
    target = settings.database
    if isinstance(target, Postgres):
        yield from _postgres(target, settings.workers)
    else:
        yield from _sqlite()
        yield from _data(target)
        yield from _tables(target)
        yield from _sync(target)


def _postgres(target: Postgres, workers: int) -> Iterator[Finding]:
    try:
        pending, server = asyncio.run(_read(target, POSTGRES_SQL))
    except Exception as error:
        yield Finding("fail", "PostgreSQL", f"{target}: {error}")
        return
    version, _, _ = server["version"].partition(" ")
    new_enough = int(version.split(".")[0]) >= POSTGRES_MINIMUM
    yield Finding("ok" if new_enough else "fail", "PostgreSQL", f"{version} at {target}")
    fsync = server["fsync"]
    risk = "" if fsync == "on" else ": a power cut may take what was answered already, and break the database"
    yield Finding("warn" if risk else "ok", "Sync mode", f"fsync {fsync}{risk}")
    yield _connections(target.pool, workers, server["connections"])
    yield _migrations(pending)


def _connections(pool: int, workers: int, available: int) -> Finding:
    """Whether PostgreSQL allows all connections that the server may open; other servers on it are not known here."""
    needed = workers * (pool + FURTHER_CONNECTIONS)
    formula = f"workers {workers} x (database_pool {pool} + {FURTHER_CONNECTIONS})"
    detail = f"up to {needed} ({formula}), PostgreSQL has {available}"
    if needed <= available:
        return Finding("ok", "Connections", detail)
    return Finding("warn", "Connections", f"{detail}: lower database_pool, or raise max_connections there")


async def _read(target: Path | Postgres, query: str) -> tuple[list[str], Any]:
    """The pending migrations, and the first row of a query, by column; None when there is no row."""
    opened = database.Database(target)
    async with opened.read_only() as pending, opened.snapshot() as connection:
        _, rows = await connection.execute_query(query)
        return pending, rows[0] if rows else None


def _sqlite() -> Iterator[Finding]:
    new_enough = sqlite3.sqlite_version_info >= SQLITE_MINIMUM
    yield Finding("ok" if new_enough else "fail", "SQLite", sqlite3.sqlite_version)


def _data(file: Path) -> Iterator[Finding]:
    folder = existing(file.parent)
    if not os.access(folder, os.W_OK):
        yield Finding("fail", "Data folder", f"{folder} cannot be written to")
        return
    free = shutil.disk_usage(folder).free
    yield Finding("ok" if free > LOW_DISK else "warn", "Disk", f"{free >> 20:,} MiB free at {folder}")


def _tables(file: Path) -> Iterator[Finding]:
    if not file.is_file():
        yield Finding("ok", "Database", f"{file} does not exist yet; the first start makes it")
        return
    try:
        backup.check(file)
        pending, _ = asyncio.run(_read(file, "SELECT 1"))
    except Exception as error:
        yield Finding("fail", "Database", f"{file}: {error}")
        return
    yield Finding("ok", "Database", f"{file} is sound")
    yield _migrations(pending)


def _migrations(pending: list[str]) -> Finding:
    if pending:
        return Finding("warn", "Migrations", f"{', '.join(pending)} will be applied at the next start")
    return Finding("ok", "Migrations", "the tables are up to date")


def _sync(file: Path) -> Iterator[Finding]:
    """Whether commits are on the disk: SQLite's settings of the file, and of a connection like the server's."""
    if not file.is_file():
        return
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True)) as connection:
            (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
            connection.execute(f"PRAGMA synchronous = {PRAGMAS['synchronous']}")
            (level,) = connection.execute("PRAGMA synchronous").fetchone()
    except sqlite3.Error:
        return  # the check of the tables reports it
    detail = f"journal_mode {journal}, synchronous {DURABLE.get(level, level)}"
    if journal != "wal":
        yield Finding("warn", "Sync mode", f"{detail}: the next start asks for WAL; some file systems cannot do it")
    elif level not in DURABLE:
        yield Finding("warn", "Sync mode", f"{detail}: a power cut may take what was answered already")
    else:
        yield Finding("ok", "Sync mode", detail)


def _newest_event(target: Path | Postgres) -> datetime | None:
    """Time of the newest event; None without one, or without a database, which another check reports."""
    try:
        if isinstance(target, Postgres):
            _, newest = asyncio.run(_read(target, NEWEST_SQL))
            return None if newest is None else newest["created_at"]
        with closing(sqlite3.connect(f"{target.absolute().as_uri()}?mode=rw", uri=True)) as connection:
            found = connection.execute(NEWEST_SQL).fetchone()
            return None if found is None else datetime.fromisoformat(found[0])
    except Exception:
        return None


def _server_config(settings: Settings) -> Iterator[Finding]:
    try:
        configuration(settings)
    except ServeError as error:
        yield Finding("fail", "Server settings", str(error))
    else:
        yield Finding("ok", "Server settings", f"{settings.server_config or 'hypercorn.toml'} can be read")


def _descriptors(settings: Settings) -> Iterator[Finding]:
    limit = raise_descriptor_limit()
    enough = limit - SPARE_DESCRIPTORS >= settings.max_connections
    detail = f"{limit:,} descriptors for {settings.max_connections:,} connections"
    yield Finding("ok" if enough else "warn", "Descriptors", detail)


def _address(settings: Settings) -> Iterator[Finding]:
    try:
        listen(settings.bind).close()
    except ServeError as error:
        running = probe(settings, {}) is not None
        yield Finding("ok" if running else "fail", "Address", f"{settings.bind} is in use" if running else str(error))
    else:
        yield Finding("ok", "Address", f"{settings.bind} is free")
