"""Copies of a SQLite database: made while it is in use, checked, and restored."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from quart_notes.private_files import make_file, make_folder
from quart_notes.schemas.event_ids import new_epoch
from quart_notes.storage import schema_version

COPY_PAGES = 1024  # pages copied between two reports of progress


def copy(source: Path, target: Path, progress: Callable[[int], None] = lambda _: None) -> None:
    """A consistent copy of a database that may be in use; `progress` gets the percentage done.

    source   https://www.sqlite.org/backup.html
    """

    def report(_: int, remaining: int, total: int) -> None:
        progress(100 - remaining * 100 // max(total, 1))

    with partial_file(target) as partial:
        make_file(partial)
        with closing(sqlite3.connect(source)) as from_, closing(sqlite3.connect(partial)) as to:
            # Read one state: otherwise each write between two steps makes SQLite start over, for ever if busy.
            from_.execute("BEGIN")
            from_.execute("SELECT count(*) FROM sqlite_master")
            from_.backup(to, pages=COPY_PAGES, progress=report)
            to.execute("PRAGMA journal_mode = DELETE")  # one file, without others beside it
        partial.replace(target)


@contextmanager
def partial_file(target: Path) -> Iterator[Path]:
    """A name for a database that becomes `target` when it is complete; a file that still has the name is removed."""
    partial = target.with_name(target.name + ".part")
    _remove(partial)  # left by a process that was killed
    try:
        yield partial
    finally:
        _remove(partial)


def _remove(file: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)


def check(file: Path) -> None:
    """Raise sqlite3.DatabaseError unless `file` is an intact database of ours, DatabaseOpenError when it is too new."""
    with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)) as connection:
        try:
            connection.execute("SELECT epoch, newest FROM log_head").fetchone()
        except sqlite3.DatabaseError as error:
            raise sqlite3.DatabaseError(f"{file} is not a Quart Notes database: {error}") from None
        schema_version.check(file, migrations(connection))
        (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(f"{file} is damaged: {verdict}")


def migrations(connection: sqlite3.Connection) -> list[str]:
    """The names of the applied migrations; none where there are no tables yet."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'tortoise_migrations'").fetchone():
        return []
    return [name for (name,) in connection.execute("SELECT name FROM tortoise_migrations")]


def refuse_newer(file: Path) -> None:
    """DatabaseOpenError when the file needs a newer version; it may be damaged, or missing."""
    applied: list[str] = []
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as opened:
        applied = migrations(opened)
    schema_version.check(file, applied)


def restore(source: Path, file: Path) -> Path | None:
    """Replace the database with a copy; returns the path of the former one, None when there was none.

    The log gets a new epoch: clients with events that the copy does not have must reload.

    raises   sqlite3.DatabaseError for what is no copy of ours, DatabaseOpenError when one of the two is too new
    """
    check(source)
    refuse_newer(file)
    make_folder(file.parent)
    fresh = file.with_name(file.name + ".restoring")
    copy(source, fresh)
    assign_new_epoch(fresh)
    former = replaced_name(file)
    existed = file.exists()
    # Moved as it is, with SQLite's other files: it may be damaged, and therefore be replaced.
    for suffix in ("-wal", "-shm", ""):
        existing = file.with_name(file.name + suffix)
        if existing.exists():
            existing.replace(former.with_name(former.name + suffix))
    fresh.replace(file)
    return former if existed else None


def assign_new_epoch(file: Path) -> None:
    """Give the log of a copy that will be used a new epoch."""
    with closing(sqlite3.connect(file)) as connection, connection:
        _store_origins(connection)
        connection.execute("UPDATE log_head SET epoch = ?", (new_epoch(),))


def replaced_name(file: Path) -> Path:
    """The path for the former file."""
    return file.with_name(f"{file.stem}-replaced-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}{file.suffix}")


def _store_origins(connection: sqlite3.Connection) -> None:
    """Store the former origins of notes, which contain the epoch: an older export must not duplicate them."""
    has_origins = connection.execute("SELECT 1 FROM pragma_table_info('note') WHERE name = 'origin'").fetchone()
    if has_origins:
        origin = "(SELECT epoch FROM log_head) || '/' || id"
        connection.execute(f"UPDATE note SET origin = {origin} WHERE origin IS NULL")  # noqa: S608 - a constant
