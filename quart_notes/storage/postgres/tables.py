"""The tables of a PostgreSQL database, for the code that copies them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from quart_notes.settings import Postgres
from quart_notes.storage.copying import tables
from quart_notes.storage.copying.tables import CopyError, LogHeadRow, Row, Table
from quart_notes.storage.database import Database
from quart_notes.storage.postgres.client import LOCK_TIMEOUT, lock_database
from quart_notes.storage.postgres.connections import CONNECT_TIMEOUT, CONNECTION_ERRORS, connect
from quart_notes.storage.postgres.transactions import WRITING

BOOLEANS = """
    SELECT column_name FROM information_schema.columns
    WHERE table_schema = current_schema() AND table_name = $1 AND data_type = 'boolean'
"""
SEQUENCE = "SELECT pg_get_serial_sequence(quote_ident($1), $2)"
FINGERPRINT_SQL = """
    SELECT col_description(attrelid, attnum) FROM pg_attribute
    WHERE attrelid = to_regclass('log_head') AND attname = 'epoch'
"""


class PostgresTableStore:
    """The content of a database, within one transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._booleans: dict[str, set[int]] = {}  # positions of boolean columns, by table

    async def migrations(self) -> set[str]:
        """The names of the applied migrations."""
        if not await self._exists("tortoise_migrations"):
            return set()
        return {row["name"] for row in await self._connection.fetch("SELECT name FROM tortoise_migrations")}

    async def head(self) -> LogHeadRow | None:
        """The head of its log; None when no server has worked on it yet."""
        if not await self._exists("log_head"):
            return None
        found = await self._connection.fetchrow("SELECT epoch, newest, pruned FROM log_head")
        return LogHeadRow(*found) if found else None

    async def event(self, number: int) -> Row | None:
        """The topic and the body of an event that is still in the log."""
        found = await self._connection.fetchrow("SELECT topic, body FROM event_log WHERE number = $1", number)
        return tuple(found) if found else None

    async def count(self, table: Table) -> int:
        """Number of rows."""
        return int(await self._connection.fetchval(f'SELECT count(*) FROM "{table.name}"'))  # noqa: S608

    async def read(self, table: Table) -> AsyncIterator[list[Row]]:
        """All rows by primary key, CHUNK_ROWS at once."""
        columns = ", ".join(f'"{column}"' for column in table.columns)
        # Text is sorted by its bytes, as in SQLite, whatever the database's language.
        order = ' COLLATE "C"' if table.types[table.columns.index(table.key)].startswith("VARCHAR") else ""
        query = f'SELECT {columns} FROM "{table.name}" ORDER BY "{table.key}"{order}'  # noqa: S608
        rows = await self._connection.cursor(query)
        while found := await rows.fetch(tables.CHUNK_ROWS):
            yield [tuple([int(value) if isinstance(value, bool) else value for value in row]) for row in found]

    async def highest_id(self, table: Table) -> int:
        """The highest id ever given to a row; 0 when rows have no ids."""
        sequence = await self._sequence(table)
        if sequence is None:
            return 0
        greatest = await self._connection.fetchval(f'SELECT max("{table.key}") FROM "{table.name}"')  # noqa: S608
        given = f"SELECT last_value - CASE WHEN is_called THEN 0 ELSE 1 END FROM {sequence}"  # noqa: S608
        return max(greatest or 0, int(await self._connection.fetchval(given)))

    async def delete_all(self, tables: Sequence[Table]) -> None:
        """Delete all rows. Not TRUNCATE: a concurrent backup would find no rows."""
        for table in reversed(tables):
            await self._connection.execute(f'DELETE FROM "{table.name}"')  # noqa: S608

    async def write(self, table: Table, rows: list[Row]) -> None:
        """Insert rows."""
        if table.name not in self._booleans:
            found = await self._connection.fetch(BOOLEANS, table.name)
            self._booleans[table.name] = {table.columns.index(row["column_name"]) for row in found}
        if booleans := self._booleans[table.name]:
            rows = [
                tuple([bool(value) if index in booleans else value for index, value in enumerate(row)]) for row in rows
            ]
        await self._connection.copy_records_to_table(table.name, columns=table.columns, records=rows)

    async def set_sequences(self, table: Table, used: int) -> None:
        """Set the sequence of ids beyond `used`, and update the planner's statistics.

        By RESTART, which a rollback undoes, not by setval. At least 2: the application itself gives the id 1 to a board
        and to a room.
        """
        sequence = await self._sequence(table)
        if sequence is not None:
            await self._connection.execute(f"ALTER SEQUENCE {sequence} RESTART WITH {max(used, 1) + 1}")
        await self._connection.execute(f'ANALYZE "{table.name}"')

    async def put_key(self, key: bytes) -> None:
        """Set the signing key of the servers."""
        await self._connection.execute("DELETE FROM server_key")
        await self._connection.execute("INSERT INTO server_key (id, key) VALUES (1, $1)", key.hex())

    async def fingerprint(self) -> str | None:
        """The checksum that `set_fingerprint` has stored."""
        fingerprint: str | None = await self._connection.fetchval(FINGERPRINT_SQL)
        return fingerprint

    async def set_fingerprint(self, checksum: str) -> None:
        """Store the checksum of the copied rows, as hexadecimal digits, where no server reads it."""
        await self._connection.execute(f"COMMENT ON COLUMN log_head.epoch IS '{checksum}'")

    async def _sequence(self, table: Table) -> str | None:
        name: str | None = await self._connection.fetchval(SEQUENCE, table.name, table.key)
        return name

    async def _exists(self, name: str) -> bool:
        return await self._connection.fetchval("SELECT to_regclass($1)", name) is not None


@asynccontextmanager
async def snapshot(target: Postgres) -> AsyncIterator[PostgresTableStore]:
    """One state of a database, to read from, also while servers write."""
    async with _connected(target) as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        yield PostgresTableStore(connection)


@asynccontextmanager
async def exclusive(target: Postgres) -> AsyncIterator[PostgresTableStore]:
    """A transaction that writes while no one else can, with all tables there.

    raises   CopyError or DatabaseOpenError when a server works on the database
    """
    await Database(target, alone=True).migrate()
    async with _connected(target) as connection:
        try:
            await lock_database(connection, shared=False)
        except asyncpg.LockNotAvailableError:
            raise CopyError(f"{target} is in use by another Quart Notes process") from None
        async with connection.transaction():
            await connection.execute(f"SELECT pg_advisory_xact_lock({WRITING})")
            yield PostgresTableStore(connection)


@asynccontextmanager
async def _connected(target: Postgres) -> AsyncIterator[Any]:
    """A connection with long timeouts; CopyError for every error of the server."""
    try:
        connection = await connect(
            target,
            "copier",
            response_timeout=None,
            statement_timeout="0",
            idle_in_transaction_session_timeout="0",
            lock_timeout=f"{LOCK_TIMEOUT}s",
        )
        try:
            yield connection
        finally:
            await connection.close(timeout=CONNECT_TIMEOUT)
    except CONNECTION_ERRORS as error:
        if getattr(error, "filename", None) is not None:  # of the file on the other side
            raise
        raise CopyError(f"{target}: {str(error) or 'no answer in time'}") from error
