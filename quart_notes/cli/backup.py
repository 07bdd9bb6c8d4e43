"""`quart-notes backup`, `quart-notes restore` and `quart-notes copy-database`.

PostgreSQL's driver is imported only where it is needed: a server on SQLite does not have it.
"""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from quart_notes.cli.common import DATA_OPTIONS, cli_errors, options, progress, require_file
from quart_notes.private_files import make_folder
from quart_notes.settings import Postgres, SettingsError
from quart_notes.settings_sources import load
from quart_notes.storage import database
from quart_notes.storage.sqlite import backup as backups


@click.command()
@click.argument("target", required=False, type=click.Path(path_type=Path))
@options(DATA_OPTIONS)
def backup(target: Path | None, **flags: Any) -> None:
    """Copy the database to TARGET, also while the server runs.

    TARGET is a SQLite file, of a PostgreSQL database too: it can be restored on either. The server's key is not in it.
    """
    with cli_errors():
        source = load(flags).database
        target = target or Path(f"quart-notes-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.sqlite3")
        require_file(source)
        if target.exists():
            raise click.ClickException(f"{target} exists already")
        if not target.parent.is_dir():
            raise click.ClickException(f"there is no folder {target.parent}")
        if isinstance(source, Postgres):
            from quart_notes.storage.postgres import backup as postgres_backups

            asyncio.run(postgres_backups.backup(source, target, progress))
        else:
            backups.refuse_newer(source)
            with progress("Copying") as report:
                backups.copy(source, target, lambda percent: report(percent, 100))
            backups.check(target)
    click.echo(f"Copied {source} to {target} ({target.stat().st_size:,} bytes), checked.")


@click.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@options(DATA_OPTIONS)
def restore(source: Path, **flags: Any) -> None:
    """Replace the database with the copy SOURCE; the old database is kept.

    SOURCE may be a copy of either kind of database. No server may be running. An old SQLite file is kept beside the new
    one; for PostgreSQL, a copy of the old content is kept in the data folder.
    """
    with cli_errors():
        settings = load(flags)
        target = settings.database
        if isinstance(target, Postgres):
            from quart_notes.storage.postgres import backup as postgres_backups

            make_folder(settings.data)
            former = asyncio.run(postgres_backups.restore(source, settings.data, target, progress))
        else:
            with database.exclusive_lock(target):
                former = backups.restore(source, target)
    click.echo(f"Restored {source} to {target}." + (f" The former database is {former}." if former else ""))


@click.command("copy-database")
@click.option(
    "--to", required=True, metavar="URL", help="postgres://user@host/database: an empty one, or one copied to before."
)
@options(DATA_OPTIONS)
def copy_database(to: str, **flags: Any) -> None:
    """Move a SQLite database to PostgreSQL: all rows, with ids, log and sessions.

    All of it or nothing, and checked. No server may be running, neither here nor there. The file is not changed. A
    second copy replaces the first, unless that has changed since.

    A password in the URL is visible in the list of processes: PGPASSWORD and ~/.pgpass are read too.
    """
    from quart_notes.storage.copying import sqlite_to_postgres

    with cli_errors():
        settings = load(flags)
        source, target = settings.database, _target(to, flags)
        if isinstance(source, Postgres):
            raise SettingsError("the database is in PostgreSQL already: name the file, --database-url sqlite:///...")
        require_file(source)
        moved = asyncio.run(sqlite_to_postgres.migrate_to_postgres(source, settings.data, target, progress))
    width = max(len(table.name) for table in moved.tables)
    click.echo(f"{'Table':<{width}} {'Rows':>12}  Checksum, the same on both sides")
    for table in moved.tables:
        click.echo(f"{table.name:<{width}} {table.rows:>12,}  {table.checksum}")
    click.echo(f"\nCopied {source} to {target}. Start servers with QUART_NOTES_DATABASE_URL, and the same data folder.")
    if not moved.has_key:
        click.echo(f"There is no key in {settings.data}: everybody has to sign in again.")
    if moved.unfinished:
        click.echo(
            f"Imports that can still be run: {moved.unfinished}. Their files stay in {settings.data / 'imports'}."
        )


def _target(url: str, flags: dict[str, Any]) -> Postgres:
    try:
        target = load({**flags, "database_url": url}).database
    except SettingsError as error:
        raise SettingsError(str(error).replace("--database-url", "--to").replace("database_url", "--to")) from None
    if not isinstance(target, Postgres):
        raise SettingsError("--to: must begin with postgres://")
    return target
