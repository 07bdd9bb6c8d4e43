"""Tables and rows of plain values, the same for both databases, and their checksum."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, NamedTuple

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
