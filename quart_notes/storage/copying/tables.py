"""The interface of both databases for the code that copies them: rows of plain values, and their checksum."""

from collections.abc import AsyncIterator, Iterable, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol

CHUNK_ROWS = 500  # rows in one read: at most 40 MB, if every one were an event of the largest size
EXCLUSIVE = {"server_key"}  # tables that stay with their database; the copying code decides about them

Row = tuple[Any, ...]  # of None, int (0 and 1 for no and yes), float, str and datetime in UTC, by the table's columns


class CopyError(Exception):
    """The copy is not possible; the message says what and why."""


class Table(NamedTuple):
    """A table, which is the same in both databases.

    types   of its columns, as declared in SQLite
    key     the column of its primary key
    """

    name: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    key: str


class LogHeadRow(NamedTuple):
    """The newest number of the log, and its epoch."""

    epoch: str
    newest: int
    pruned: int


class TableStore(Protocol):
    """The tables of an open database, within one transaction."""

    async def head(self) -> LogHeadRow | None:
        """The head of its log; None when no server has worked on it yet."""

    async def event(self, number: int) -> Row | None:
        """The topic and the body of an event that is still in the log."""

    async def count(self, table: Table) -> int:
        """Number of rows."""

    def read(self, table: Table) -> AsyncIterator[list[Row]]:
        """All rows by primary key, CHUNK_ROWS at once."""

    async def highest_id(self, table: Table) -> int:
        """The highest id ever given to a row; 0 when rows have no ids."""

    async def delete_all(self, tables: Sequence[Table]) -> None:
        """Delete all rows."""

    async def write(self, table: Table, rows: list[Row]) -> None:
        """Insert rows."""

    async def set_sequences(self, table: Table, used: int) -> None:
        """Set the sequence of ids after all rows are written: further ids come after `used`."""


class RowChecksum:
    """The number of rows, and a checksum of them in their order."""

    def __init__(self) -> None:
        self.rows = 0
        self._digest = blake2b(digest_size=8)

    def add(self, rows: Iterable[Row]) -> None:
        """Add rows to the checksum."""
        for row in rows:
            self.rows += 1
            self._digest.update(repr(row).encode())

    @property
    def checksum(self) -> str:
        """The checksum as hexadecimal digits."""
        return self._digest.hexdigest()
