"""Moves a SQLite database to PostgreSQL, with ids, log and sessions."""

from pathlib import Path
from typing import NamedTuple

from quart_notes.schemas.deleted_text import blanked, quoted_by, without_quote
from quart_notes.settings import Postgres
from quart_notes.storage import schema_version
from quart_notes.storage.copying import copy
from quart_notes.storage.copying.copy import CopiedTable, Progress
from quart_notes.storage.copying.tables import CopyError, LogHeadRow, Row, RowChecksum, Table
from quart_notes.storage.database import Database, exclusive_lock
from quart_notes.storage.postgres import tables as postgres_tables
from quart_notes.storage.postgres.tables import PostgresTableStore
from quart_notes.storage.signing_key import KEY_BYTES, key_in
from quart_notes.storage.sqlite import backup
from quart_notes.storage.sqlite import tables as sqlite_tables
from quart_notes.storage.sqlite.tables import SqliteTableStore

NEVER_USED = LogHeadRow("", 0, 0)
# Tables that may differ without a loss: servers prune them, or write them although somebody only reads.
VOLATILE_TABLES = {"event_log", "log_head", "attempt", "search_block", "search_head"}
VOLATILE_COLUMNS = {("session", "seen_at"), ("session", "expires_at"), ("api_token", "used_at")}


class MigrationResult(NamedTuple):
    """The result of a move.

    unfinished   imports that can still run; their files stay where they are
    """

    tables: list[CopiedTable]
    has_key: bool
    unfinished: int


async def migrate_to_postgres(source: Path, folder: Path, target: Postgres, progress: Progress) -> MigrationResult:
    """Copy everything or nothing, with ids, the log and its epoch. The file stays as it is.

    folder   the data folder, with the signing key
    raises   CopyError, DatabaseOpenError: a server works on one of them, or the target holds something else
    """
    key = _key(folder)
    with exclusive_lock(source):
        backup.check(source)
        async with Database(source).read_only() as pending:
            schema_version.require_current(source, pending)
        with sqlite_tables.opened(source) as file:
            async with postgres_tables.snapshot(target) as server:
                schema_version.check(target, await server.migrations())
                await _check_target(file, server, target)  # before any table is created there
            async with postgres_tables.exclusive(target) as server:
                await _check_target(file, server, target)
                await _check_contents(server, file.tables(), target)
                with progress("Copying") as report:
                    copied = await copy.copy(file, server, file.tables(), report)
                if key is not None:
                    await server.put_key(key)
                await server.set_fingerprint(await _contents(server, file.tables()))
            return MigrationResult(copied, key is not None, file.unfinished())


def _key(folder: Path) -> bytes | None:
    key = key_in(folder)
    if key is not None and len(key) != KEY_BYTES:
        raise CopyError(
            f"the key in {folder} has {len(key)} bytes, not {KEY_BYTES}: delete it (everybody signs in again)"
        )
    return key


async def _check_target(file: SqliteTableStore, server: PostgresTableStore, target: Postgres) -> None:
    """CopyError unless nothing is lost there: the target is unused, or is unchanged since the last copy."""
    source, present = await file.head(), await server.head() or NEVER_USED
    if source is None:
        raise CopyError("there is nothing to copy yet: no server has worked on this database")
    if present.newest == 0 or source == present:
        return
    if present.epoch != source.epoch:
        raise CopyError(f"{target} holds the notes of another database: begin with an empty one")
    last, same = await server.event(present.newest), await file.event(present.newest)
    # The subject of the event, or what it quotes, may have been deleted here since, and its text with it.
    if last is None or same is None or _without_text(last) != _without_text(same):
        raise CopyError(
            f"{target} was copied from this database, and may have been changed since: its event {present.newest} is"
            " not in the log of the file. Begin with an empty database"
        )


def _without_text(event: Row) -> tuple[str, bytes]:
    topic, body = event
    blank = blanked(body.encode())
    return topic, without_quote(blank) if quoted_by(blank) else blank


async def _check_contents(server: PostgresTableStore, tables: list[Table], target: Postgres) -> None:
    """CopyError unless the target is unused, or holds what was copied last: many changes have no event."""
    head, mark = await server.head() or NEVER_USED, await server.fingerprint()
    if (head.newest or mark) and mark != await _contents(server, tables):
        raise CopyError(
            f"{target} was copied from this database, and has been changed since. Begin with an empty database"
        )


async def _contents(server: PostgresTableStore, tables: list[Table]) -> str:
    """A checksum of all rows that would be lost."""
    total = RowChecksum()
    for table in tables:
        if table.name in VOLATILE_TABLES:
            continue
        stable = [index for index, column in enumerate(table.columns) if (table.name, column) not in VOLATILE_COLUMNS]
        async for rows in server.read(table):
            total.add(tuple([row[index] for index in stable]) for row in rows)
    return total.checksum
