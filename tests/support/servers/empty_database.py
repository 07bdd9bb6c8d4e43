"""Databases that exist at once and skip fsync, for tests that are not about durability.

They have all tables and no rows, are created once by `quart-notes migrate` and then copied. A commit is in the
operating system's cache, where it survives every process; only a power failure would lose it.

They are SQLite files, or with `pytest --database postgres` databases of a server (tests/support/servers/postgres.py).
"""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from quart_notes.settings import Postgres, Settings
from quart_notes.storage.sqlite.file import PRAGMAS
from tests.support.servers import postgres
from tests.support.servers.server_fork import run

POOL = 3  # connections for reading: each is a process of PostgreSQL, with a cost to start and stop


@contextmanager
def no_wait_for_the_disk() -> Iterator[None]:
    """For databases that are opened within the block."""
    with patch.dict(PRAGMAS, synchronous="OFF"):
        yield


def settings_for(folder: Path, **settings: Any) -> Settings:
    """Settings that use an empty database of a data folder."""
    if "database_url" not in settings:
        put_empty_database(folder)
        if postgres.chosen():
            settings = {"database_url": postgres.databases().url(folder), "database_pool": POOL, **settings}
    return Settings(data=folder, **settings)


def database_file(settings: Settings) -> Path:
    """The SQLite file of these settings."""
    assert isinstance(settings.database, Path)
    return settings.database


def flags_for(folder: Path) -> list[str]:
    """The same as command-line flags, without the folder itself."""
    put_empty_database(folder)
    if not postgres.chosen():
        return []
    return ["--database-url", postgres.databases().url(folder), "--database-pool", str(POOL)]


def put_empty_database(folder: Path) -> None:
    """Create it in a data folder without a database."""
    if postgres.chosen():
        folder.mkdir(parents=True, exist_ok=True)
        return
    if not database_file(Settings(data=folder)).exists():
        put_database(folder, file_after("migrate"))


def put_database(folder: Path, file: bytes) -> None:
    """Write a SQLite file into a data folder."""
    folder.mkdir(parents=True, exist_ok=True)
    database_file(Settings(data=folder)).write_bytes(file)


@cache
def file_after(command: str) -> bytes:
    """The SQLite file that a command creates in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        done = run(command, folder=Path(folder), env=dict(os.environ))
        assert done.returncode == 0, done.stderr
        return (Path(folder) / "data" / database_file(Settings()).name).read_bytes()


def stored(place: Path | Postgres, query: str, *values: Any) -> list[Any]:
    """The rows of a query, read by another process."""
    if isinstance(place, Postgres):
        return postgres.in_a_loop(postgres.asked(place.url, query, *values))
    with closing(sqlite3.connect(place)) as connection:
        return connection.execute(query, values).fetchall()
