"""Copies a PostgreSQL database to a SQLite file, which can be restored on either database, without other programs."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from quart_notes.private_files import make_folder
from quart_notes.settings import Postgres
from quart_notes.storage import schema_version
from quart_notes.storage.copying import copy
from quart_notes.storage.copying.copy import Progress
from quart_notes.storage.copying.tables import CopyError
from quart_notes.storage.database import Database
from quart_notes.storage.postgres import tables as postgres_tables
from quart_notes.storage.postgres.tables import PostgresTableStore
from quart_notes.storage.sqlite import backup as backups
from quart_notes.storage.sqlite import tables as sqlite_tables

FILE = "quart-notes.sqlite3"  # part of the names of copies


async def backup(source: Postgres, target: Path, progress: Progress) -> None:
    """A checked copy of one state, in a new file; servers go on while it is made."""
    async with postgres_tables.snapshot(source) as server:
        await _save(server, source, target, progress)


async def _save(server: PostgresTableStore, source: Postgres, target: Path, progress: Progress) -> None:
    if await server.head() is None:
        raise CopyError(f"{source} holds no notes")
    applied = await server.migrations()
    schema_version.check(source, applied)
    schema_version.require_current(source, schema_version.pending(applied))
    with backups.partial_file(target) as partial:
        await Database(partial).migrate()
        with sqlite_tables.opened(partial) as file:
            with progress("Copying") as report:
                await copy.copy(server, file, file.tables(), report)
            file.commit()
        backups.check(partial)
        partial.replace(target)


async def restore(source: Path, folder: Path, target: Postgres, progress: Progress) -> Path | None:
    """Replace the content of a PostgreSQL database with a copy, all of it or nothing.

    Returns the copy of the former content, in `folder`; None when it was empty. The log gets a new epoch, as in the
    SQLite backup. The signing key stays.

    raises   CopyError, DatabaseOpenError: servers work on it, the file is no copy or of a newer version
    """
    backups.check(source)
    async with postgres_tables.exclusive(target) as server:
        with _scratch(folder / "restoring") as scratch:
            fresh = scratch / source.name
            backups.copy(source, fresh)
            backups.assign_new_epoch(fresh)
            await Database(fresh).migrate()
            with sqlite_tables.opened(fresh) as file:
                former = None if await server.head() is None else backups.replaced_name(folder / FILE)
                if former is not None:
                    await _save(server, target, former, progress)
                with progress("Restoring") as report:
                    await copy.copy(file, server, file.tables(), report)
    return former


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """An empty folder, for a process that is alone with the database, so that no other one uses it."""
    shutil.rmtree(folder, ignore_errors=True)  # left by a process that was killed
    make_folder(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
