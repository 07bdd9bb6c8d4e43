"""What `quart-notes doctor` looks at."""

import asyncio
import os
import platform
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from quart_notes import backups, database
from quart_notes.doctor_host import Finding, clock, file_system, room, secret
from quart_notes.doctor_proxies import asked, proxies
from quart_notes.server import SPARE_DESCRIPTORS, ServeError, configuration, listen, raise_descriptor_limit
from quart_notes.settings import Settings

LOW_DISK = 100 << 20  # bytes free below which a warning is due
SQLITE_MINIMUM = (3, 35, 0)  # RETURNING
SAFE = {2: "FULL", 3: "EXTRA"}  # values of SQLite's synchronous with which a commit is on the disk


def examine(settings: Settings) -> list[Finding]:
    """Everything, most basic first; changes nothing."""
    return [
        Finding("ok", "Python", platform.python_version()),
        *_sqlite(),
        *_data(settings.database_file),
        *_tables(settings.database_file),
        *_sync(settings.database_file),
        *file_system(settings.database_file.parent),
        *room(settings, settings.database_file),
        *secret(settings.data),
        *clock(settings.database_file),
        *_descriptors(settings),
        *_server_config(settings),
        *_address(settings),
        *proxies(settings),
    ]


def _sqlite() -> Iterator[Finding]:
    new_enough = sqlite3.sqlite_version_info >= SQLITE_MINIMUM
    yield Finding("ok" if new_enough else "fail", "SQLite", sqlite3.sqlite_version)


def _data(file: Path) -> Iterator[Finding]:
    folder = file.parent
    while not folder.exists():
        folder = folder.parent
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
        backups.check(file)
        pending = asyncio.run(_pending(file))
    except Exception as error:
        yield Finding("fail", "Database", f"{file}: {error}")
        return
    yield Finding("ok", "Database", f"{file} is sound")
    if pending:
        yield Finding("warn", "Migrations", f"{', '.join(pending)} will be applied at the next start")
    else:
        yield Finding("ok", "Migrations", "the tables are up to date")


async def _pending(file: Path) -> list[str]:
    opened = database.Database(file)
    try:
        return await opened.inspect()
    finally:
        await opened.close()


def _sync(file: Path) -> Iterator[Finding]:
    """Whether what is committed is on the disk: what SQLite says of the file, and of a connection like the server's."""
    if not file.is_file():
        return
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True)) as connection:
            (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
            connection.execute(f"PRAGMA synchronous = {database.PRAGMAS['synchronous']}")
            (level,) = connection.execute("PRAGMA synchronous").fetchone()
    except sqlite3.Error:
        return  # said of the tables
    detail = f"journal_mode {journal}, synchronous {SAFE.get(level, level)}"
    if journal != "wal":
        yield Finding("warn", "Sync mode", f"{detail}: the next start asks for WAL; some file systems cannot do it")
    elif level not in SAFE:
        yield Finding("warn", "Sync mode", f"{detail}: a power cut may take what was answered already")
    else:
        yield Finding("ok", "Sync mode", detail)


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
        running = asked(settings).startswith(b"HTTP/1.1 200")
        yield Finding("ok" if running else "fail", "Address", f"{settings.bind} is in use" if running else str(error))
    else:
        yield Finding("ok", "Address", f"{settings.bind} is free")
