"""Databases of both kinds in one test: their URLs and content, whichever kind the test run uses."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, Literal

from tortoise.models import Model

from quart_notes import models
from tests.support.servers import postgres
from tests.support.servers.server_process import ServerProcess

Kind = Literal["sqlite", "postgres"]
KINDS: tuple[Kind, ...] = ("sqlite", "postgres")
NUMBERS = count(1)
TABLES = {
    model._meta.db_table: name
    for name, model in vars(models).items()
    if isinstance(model, type) and issubclass(model, Model)
}
Contents = dict[str, list[dict[str, Any]]]


@contextmanager
def unused_database(template: str = "template1") -> Iterator[str]:
    """The URL of a PostgreSQL database created from a template: without tables, if none is named."""
    name = f"unused{next(NUMBERS)}"
    server = postgres.databases().server
    server.ask("postgres", f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield server.url(name)
    finally:
        server.ask("postgres", f"DROP DATABASE {name} WITH (FORCE)")


def url_of(kind: Kind, folder: Path) -> str:
    """The URL of a data folder's database of that kind."""
    return f"sqlite:///{file_in(folder)}" if kind == "sqlite" else postgres.databases().url(folder)


def file_in(folder: Path) -> Path:
    """The SQLite file of a data folder."""
    return folder.absolute() / "quart-notes.sqlite3"


def serving(kind: Kind, folder: Path, *flags: str) -> ServerProcess:
    """A server on a database of that kind."""
    return ServerProcess(folder, "--database-url", url_of(kind, folder), *flags)


def find(url: str, query: str) -> list[Any]:
    """The rows of a query in a database."""
    if not url.startswith("sqlite:///"):
        return postgres.in_a_loop(postgres.asked(url, query))
    with closing(_read_only(url)) as connection:
        return connection.execute(query).fetchall()


def contents(url: str) -> Contents:
    """All rows of all models' tables in order, in SQLite's types."""
    if url.startswith("sqlite:///"):
        with closing(_read_only(url)) as connection:
            connection.row_factory = sqlite3.Row
            found = {table: connection.execute(f'SELECT * FROM "{table}"').fetchall() for table in TABLES}
    else:
        found = postgres.in_a_loop(_rows(url))
    return {
        table: sorted(({name: _as_in_sqlite(row[name]) for name in sorted(row.keys())} for row in rows), key=repr)
        for table, rows in found.items()
    }


async def _rows(url: str) -> dict[str, list[Any]]:
    async with postgres.outsider(url) as connection:
        return {table: await connection.fetch(f'SELECT * FROM "{table}"') for table in TABLES}


def _read_only(url: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{url.removeprefix('sqlite:///')}?mode=ro", uri=True)


def _as_in_sqlite(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return int(value) if isinstance(value, bool) else value
