"""Databases of both kinds, side by side: where they are, and what is in them, whichever tests are chosen."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, Literal

from quart_notes import models
from tests.support.servers import postgres
from tests.support.servers.server_process import ServerProcess

Kind = Literal["sqlite", "postgres"]
KINDS: tuple[Kind, ...] = ("sqlite", "postgres")
NUMBERS = count(1)
TABLES = {
    getattr(models, name)._meta.db_table: name
    for name in models.__all__
    if isinstance(getattr(models, name), type)  # and not a constant
}
Contents = dict[str, list[dict[str, Any]]]


@contextmanager
def unused_database() -> Iterator[str]:
    """Where a PostgreSQL database is that has no tables yet."""
    name = f"unused{next(NUMBERS)}"
    server = postgres.databases().server
    server.ask("postgres", f"CREATE DATABASE {name}")
    try:
        yield server.url(name)
    finally:
        server.ask("postgres", f"DROP DATABASE {name} WITH (FORCE)")


def url_of(kind: Kind, folder: Path) -> str:
    """Where the database of that kind is that belongs to a data folder."""
    return f"sqlite:///{file_in(folder)}" if kind == "sqlite" else postgres.databases().url(folder)


def file_in(folder: Path) -> Path:
    """The SQLite file of a data folder."""
    return folder.absolute() / "quart-notes.sqlite3"


def serving(kind: Kind, folder: Path, *flags: str) -> ServerProcess:
    """A server on a database of that kind."""
    return ServerProcess(folder, "--database-url", url_of(kind, folder), *flags)


def find(url: str, query: str) -> list[Any]:
    """What a query finds in a database."""
    if not url.startswith("sqlite:///"):
        return postgres.in_a_loop(postgres.asked(url, query))
    with closing(sqlite3.connect(f"file:{url.removeprefix('sqlite:///')}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def contents(url: str) -> Contents:
    """All rows of all models' tables in order, as SQLite has them."""
    found: Contents = {}
    for table in TABLES:
        columns = sorted(_columns(url, table))
        listed = ", ".join(f'"{column}"' for column in columns)
        rows = [tuple(_as_in_sqlite(value) for value in row) for row in find(url, f'SELECT {listed} FROM "{table}"')]
        found[table] = [dict(zip(columns, row, strict=True)) for row in sorted(rows, key=repr)]
    return found


def _columns(url: str, table: str) -> list[str]:
    if url.startswith("sqlite:///"):
        return [row[1] for row in find(url, f'PRAGMA table_info("{table}")')]
    query = (
        f"SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '{table}'"
    )
    return [name for (name,) in find(url, query)]


def _as_in_sqlite(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return int(value) if isinstance(value, bool) else value
