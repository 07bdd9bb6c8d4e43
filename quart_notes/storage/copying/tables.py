"""What both databases' tables are to the code that copies them: rows of plain values, and a checksum of them."""

from collections.abc import AsyncIterator, Iterable, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol

CHUNK = 500  # rows at once: 40 MB if every one of them were an event as long as can be
ALONE = {"server_key"}  # of one place: it is handed on, or not, by the code that copies

Row = tuple[Any, ...]  # of None, int (0 and 1 for no and yes), float, str and datetime in UTC, by the table's columns


class CopyError(Exception):
    """Nothing can be copied; the message says what and why."""


class Table(NamedTuple):
    """A table, the same in both databases.

    types   of its columns, as SQLite has them declared
    key     the column of its primary key
    """

    name: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    key: str


class Head(NamedTuple):
    """How far the log goes, and which log it is."""

    epoch: str
    newest: int
    pruned: int


class Tables(Protocol):
    """The tables of an open database, within one transaction."""

    async def head(self) -> Head | None:
        """Of its log; None when no server has worked on it yet."""

    async def event(self, number: int) -> Row | None:
        """The topic and the body of an event that is still in the log."""

    async def count(self, table: Table) -> int:
        """How many rows there are."""

    def read(self, table: Table) -> AsyncIterator[list[Row]]:
        """All rows by primary key, CHUNK at once."""

    async def used(self, table: Table) -> int:
        """The greatest number that was ever given to a row; 0 when rows have no numbers."""

    async def empty(self, tables: Sequence[Table]) -> None:
        """Delete all rows."""

    async def write(self, table: Table, rows: list[Row]) -> None:
        """Insert rows."""

    async def complete(self, table: Table, used: int) -> None:
        """All rows are there: give further ones numbers beyond those that were used."""


class Sum:
    """How many rows, and a checksum of them in their order."""

    def __init__(self) -> None:
        self.rows = 0
        self._digest = blake2b(digest_size=8)

    def add(self, rows: Iterable[Row]) -> None:
        """Count them in."""
        for row in rows:
            self.rows += 1
            self._digest.update(repr(row).encode())

    @property
    def checksum(self) -> str:
        """As hexadecimal digits."""
        return self._digest.hexdigest()
