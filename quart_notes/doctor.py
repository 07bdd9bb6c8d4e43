"""What `quart-notes doctor` looks at."""

import asyncio
import os
import platform
import shutil
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from quart_notes import backups, database
from quart_notes.server import SPARE_DESCRIPTORS, ServeError, listen, raise_descriptor_limit
from quart_notes.settings import Postgres, Settings, host_of

LOW_DISK = 100 << 20  # bytes free below which a warning is due
SQLITE_MINIMUM = (3, 35, 0)  # RETURNING
POSTGRES_MINIMUM = 14
TIMEOUT = 2.0  # seconds to reach a running server


class Finding(NamedTuple):
    """One thing that was looked at."""

    verdict: Literal["ok", "warn", "fail"]
    subject: str
    detail: str


def examine(settings: Settings) -> list[Finding]:
    """Everything, most basic first; changes nothing."""
    return [
        Finding("ok", "Python", platform.python_version()),
        *_database(settings.database),
        *_descriptors(settings),
        *_address(settings),
    ]


def _database(place: Path | Postgres) -> Iterator[Finding]:
    if isinstance(place, Postgres):
        yield from _postgres(place)
    else:
        yield from _sqlite()
        yield from _data(place)
        yield from _tables(place)


def _postgres(place: Postgres) -> Iterator[Finding]:
    try:
        version, pending = asyncio.run(_asked(place))
    except Exception as error:
        yield Finding("fail", "PostgreSQL", f"{place}: {error}")
        return
    new_enough = int(version.split(".")[0]) >= POSTGRES_MINIMUM
    yield Finding("ok" if new_enough else "fail", "PostgreSQL", f"{version} at {place}")
    yield _migrations(pending)


async def _asked(place: Postgres) -> tuple[str, list[str]]:
    opened = database.Database(place)
    try:
        pending = await opened.inspect()
        async with opened.snapshot() as connection:
            _, rows = await connection.execute_query("SELECT current_setting('server_version') AS version")
        return str(rows[0]["version"]).split()[0], pending
    finally:
        await opened.close()


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
    yield _migrations(pending)


def _migrations(pending: list[str]) -> Finding:
    if pending:
        return Finding("warn", "Migrations", f"{', '.join(pending)} will be applied at the next start")
    return Finding("ok", "Migrations", "the tables are up to date")


async def _pending(file: Path) -> list[str]:
    opened = database.Database(file)
    try:
        return await opened.inspect()
    finally:
        await opened.close()


def _descriptors(settings: Settings) -> Iterator[Finding]:
    limit = raise_descriptor_limit()
    enough = limit - SPARE_DESCRIPTORS >= settings.max_connections
    detail = f"{limit:,} descriptors for {settings.max_connections:,} connections"
    yield Finding("ok" if enough else "warn", "Descriptors", detail)


def _address(settings: Settings) -> Iterator[Finding]:
    try:
        listen(settings.bind).close()
    except ServeError as error:
        running = _answers(settings)
        yield Finding("ok" if running else "fail", "Address", f"{settings.bind} is in use" if running else str(error))
    else:
        yield Finding("ok", "Address", f"{settings.bind} is free")


def _answers(settings: Settings) -> bool:
    """Whether what listens there is a Quart Notes server."""
    request = f"GET {settings.root_path}/api/version HTTP/1.1\r\nhost: doctor\r\nconnection: close\r\n\r\n"
    try:
        with _connection(settings.bind) as connection:
            connection.sendall(request.encode())
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def _connection(bind: str) -> socket.socket:
    if bind.startswith("unix:"):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(TIMEOUT)
        connection.connect(bind.removeprefix("unix:"))
        return connection
    return socket.create_connection((host_of(bind), int(bind.rpartition(":")[2])), TIMEOUT)
