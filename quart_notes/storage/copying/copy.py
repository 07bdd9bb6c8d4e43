"""Everything from one database to another of another kind, read back and compared; and what both need for that."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from typing import NamedTuple

from quart_notes.settings import Postgres
from quart_notes.storage.copying.tables import CopyError, Sum, Table, Tables
from quart_notes.storage.database import Database
from quart_notes.storage.postgres import tables as postgres_tables
from quart_notes.storage.postgres.tables import PostgresTables

Report = Callable[[int, int], None]  # rows dealt with, and how many there are
Progress = Callable[[str], AbstractContextManager[Report]]  # begins to show how far something is, by its name


class Copied(NamedTuple):
    """A table that is the same on both sides now."""

    name: str
    rows: int
    checksum: str


async def copy(source: Tables, target: Tables, tables: list[Table], report: Report) -> list[Copied]:
    """Replace all rows by those of another database, and read them back.

    raises   CopyError when what is read back is not the same; the transactions are the caller's
    """
    done, total = 0, 2 * sum([await source.count(table) for table in tables])

    def dealt_with(rows: int) -> None:
        nonlocal done
        done += rows
        report(done, total)

    dealt_with(0)
    await target.empty(tables)
    before = [await _pour(source, target, table, dealt_with) for table in tables]
    after = [await _read_back(target, table, dealt_with) for table in tables]
    different = [(was, now) for was, now in zip(before, after, strict=True) if was != now]
    if different:
        lines = [
            f"{was.name}: {was.rows} rows, {was.checksum}; {now.rows} rows, {now.checksum}" for was, now in different
        ]
        raise CopyError("\n".join(["the copy is not the same; nothing was changed", *lines]))
    return before


async def _pour(source: Tables, target: Tables, table: Table, dealt_with: Callable[[int], None]) -> Copied:
    total = Sum()
    async for rows in source.read(table):
        total.add(rows)
        await target.write(table, rows)
        dealt_with(len(rows))
    await target.complete(table, await source.used(table))
    return Copied(table.name, total.rows, total.checksum)


async def _read_back(target: Tables, table: Table, dealt_with: Callable[[int], None]) -> Copied:
    total = Sum()
    async for rows in target.read(table):
        total.add(rows)
        dealt_with(len(rows))
    return Copied(table.name, total.rows, total.checksum)


@asynccontextmanager
async def alone(place: Postgres) -> AsyncIterator[PostgresTables]:
    """A transaction on a database with all its tables; CopyError or CannotOpenError while others work on it."""
    await migrate(Database(place, alone=True))
    async with postgres_tables.alone(place) as server:
        yield server


async def migrate(database: Database) -> None:
    """Have all tables in it, up to date."""
    try:
        await database.open()
    finally:
        await database.close()
