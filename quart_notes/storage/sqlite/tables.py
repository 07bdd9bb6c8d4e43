"""The tables of a SQLite file, for the code that copies them."""

import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, TypeVar

from quart_notes.storage.copying import tables
from quart_notes.storage.copying.tables import EXCLUSIVE, CopyError, LogHeadRow, Row, Table

T = TypeVar("T")
OWN = {"sqlite_sequence", "tortoise_migrations"}  # SQLite's and Tortoise's
INT = 1 << 31  # PostgreSQL's INT is smaller than SQLite's
LENGTH = re.compile(r"VARCHAR\((\d+)\)")


class SqliteTableStore:
    """The content of a file, in one state; rows are stored with `commit`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def commit(self) -> None:
        """Commit, into one file without others beside it."""
        self._connection.execute("COMMIT")
        self._connection.execute("PRAGMA journal_mode = DELETE")

    def tables(self) -> list[Table]:
        """The tables to copy; each after the tables that it refers to."""
        names = (
            {name for (name,) in self._rows("SELECT name FROM sqlite_master WHERE type = 'table'")} - OWN - EXCLUSIVE
        )
        parents = {name: {row[2] for row in self._rows(f'PRAGMA foreign_key_list("{name}")')} for name in sorted(names)}
        return [self._table(name) for name in TopologicalSorter(parents).static_order()]

    def _table(self, name: str) -> Table:
        columns = self._rows(f'PRAGMA table_info("{name}")')
        (key,) = (column[1] for column in columns if column[5])
        return Table(name, tuple(column[1] for column in columns), tuple(column[2] for column in columns), key)

    def unfinished(self) -> int:
        """Number of imports that can still run, or run again."""
        return int(self._rows("SELECT count(*) FROM job WHERE state <> 'done'")[0][0])

    async def head(self) -> LogHeadRow | None:
        """The head of its log; None when no server has worked on it yet."""
        found = self._rows("SELECT epoch, newest, pruned FROM log_head")
        return LogHeadRow(*found[0]) if found else None

    async def event(self, number: int) -> Row | None:
        """The topic and the body of an event that is still in the log."""
        found = self._rows("SELECT topic, body FROM event_log WHERE number = ?", number)
        return found[0] if found else None

    async def count(self, table: Table) -> int:
        """Number of rows."""
        return int(self._rows(f'SELECT count(*) FROM "{table.name}"')[0][0])  # noqa: S608 - a table's own name

    async def read(self, table: Table) -> AsyncIterator[list[Row]]:
        """All rows by primary key, CHUNK_ROWS at once."""
        checks = [_check(kind) for kind in table.types]
        rows = self._connection.execute(f'SELECT {_column_list(table)} FROM "{table.name}" ORDER BY "{table.key}"')  # noqa: S608
        while found := rows.fetchmany(tables.CHUNK_ROWS):
            yield [_checked(table, checks, row) for row in found]

    async def highest_id(self, table: Table) -> int:
        """The highest id ever given to a row; 0 when rows have no ids."""
        if table.types[table.columns.index(table.key)] != "INTEGER":
            return 0
        greatest = f'SELECT max("{table.key}") FROM "{table.name}"'  # noqa: S608
        given = "SELECT max(seq) FROM sqlite_sequence WHERE name = ?"
        return max(self._rows(greatest)[0][0] or 0, self._rows(given, table.name)[0][0] or 0)

    async def delete_all(self, tables: Sequence[Table]) -> None:
        """Delete all rows."""
        for table in reversed(tables):
            self._connection.execute(f'DELETE FROM "{table.name}"')  # noqa: S608

    async def write(self, table: Table, rows: list[Row]) -> None:
        """Insert rows."""
        placeholders = ", ".join("?" * len(table.columns))
        self._connection.executemany(
            f'INSERT INTO "{table.name}" ({_column_list(table)}) VALUES ({placeholders})',  # noqa: S608
            [[value.isoformat(" ") if isinstance(value, datetime) else value for value in row] for row in rows],
        )

    async def set_sequences(self, table: Table, used: int) -> None:
        """Set the sequence of ids beyond `used`."""
        self._connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table.name,))
        if used:
            self._connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table.name, used))

    def _rows(self, query: str, *values: Any) -> list[Any]:
        return self._connection.execute(query, values).fetchall()


@contextmanager
def opened(file: Path) -> Iterator[SqliteTableStore]:
    """An existing file, in one transaction."""
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)) as connection:
        connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master")  # the transaction's state begins here
        yield SqliteTableStore(connection)


def _column_list(table: Table) -> str:
    return ", ".join(f'"{column}"' for column in table.columns)


def _checked(table: Table, checks: list[Callable[[Any], Any]], row: Row) -> Row:
    values = []
    for column, check, value in zip(table.columns, checks, row, strict=True):
        try:
            values.append(None if value is None else check(value))
        except ValueError as error:
            key = row[table.columns.index(table.key)]
            raise CopyError(f"{table.name} {key!r}: {column} {error}") from None
    return tuple(values)


def _check(kind: str) -> Callable[[Any], Any]:
    """A function that makes a value of that type plain; ValueError for values that PostgreSQL cannot store."""
    if length := LENGTH.fullmatch(kind):
        return partial(_text, int(length[1]))
    checks: dict[str, Callable[[Any], Any]] = {
        "TEXT": partial(_text, 1 << 30),
        "TIMESTAMP": _time,
        "REAL": partial(_typed, float, "number"),
        "INT": _int,
    }
    return checks.get(kind, partial(_typed, int, "whole number"))


def _typed(kind: type[T], name: str, value: Any) -> T:
    if not isinstance(value, kind):
        raise ValueError(f"is no {name}")
    return value


def _text(length: int, value: Any) -> str:
    text = _typed(str, "text", value)
    if "\0" in text:
        raise ValueError("holds a NUL")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError("is not UTF-8, or holds half of a surrogate pair") from None
    if len(text) > length:
        raise ValueError(f"is longer than {length} characters")
    return text


def _time(value: Any) -> datetime:
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("is no time") from None
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def _int(value: Any) -> int:
    if not isinstance(value, int) or not -INT <= value < INT:
        raise ValueError(f"is no number below {INT:,}")
    return value
