"""Copies all rows to another kind of database, reads them back and compares them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NamedTuple

from quart_notes.storage.copying.tables import CopyError, RowChecksum, Table
from quart_notes.storage.postgres.tables import PostgresTableStore
from quart_notes.storage.sqlite.tables import SqliteTableStore

Report = Callable[[int, int], None]  # rows done, and rows in total
Progress = Callable[[str], AbstractContextManager[Report]]  # starts a progress display with this label
TableStore = SqliteTableStore | PostgresTableStore


class CopiedTable(NamedTuple):
    """A table that is now the same on both sides."""

    name: str
    rows: int
    checksum: str


async def copy(source: TableStore, target: TableStore, tables: list[Table], report: Report) -> list[CopiedTable]:
    """Replace all rows with those of another database, and read them back.

    raises   CopyError when the rows that are read back differ; the caller owns the transactions
    """
    done, total = 0, 2 * sum([await source.count(table) for table in tables])

    def add_done(rows: int) -> None:
        nonlocal done
        done += rows
        report(done, total)

    add_done(0)
    await target.delete_all(tables)
    before = [await _read(source, table, add_done, target) for table in tables]
    after = [await _read(target, table, add_done) for table in tables]
    different = [(was, now) for was, now in zip(before, after, strict=True) if was != now]
    if different:
        lines = [
            f"{was.name}: {was.rows} rows, {was.checksum}; {now.rows} rows, {now.checksum}" for was, now in different
        ]
        raise CopyError("\n".join(["the copy is not the same; nothing was changed", *lines]))
    return before


async def _read(
    source: TableStore, table: Table, add_done: Callable[[int], None], target: TableStore | None = None
) -> CopiedTable:
    """Read a table, and copy it to the target if there is one."""
    total = RowChecksum()
    async for rows in source.read(table):
        total.add(rows)
        if target is not None:
            await target.write(table, rows)
        add_done(len(rows))
    if target is not None:
        await target.set_sequences(table, await source.highest_id(table))
    return CopiedTable(table.name, total.rows, total.checksum)
