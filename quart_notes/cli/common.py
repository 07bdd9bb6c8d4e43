"""What the commands share: options, and saying what went wrong."""

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from quart_notes.errors import ProblemError
from quart_notes.server import serve
from quart_notes.settings import SettingsError
from quart_notes.storage import database
from quart_notes.storage.copying.tables import CopyError
from quart_notes.transfer.errors import UnreadableError

F = TypeVar("F", bound=Callable[..., Any])
DATA_OPTIONS = (
    click.option(
        "--config", type=click.Path(path_type=Path), help="TOML file of settings (default: ./quart-notes.toml)."
    ),
    click.option("--data", type=click.Path(path_type=Path), help="Folder for the database (default: ./data)."),
    click.option(
        "--database-url", help="sqlite:///path/to/file or postgres://host/database, not a file in the data folder."
    ),
    click.option("--database-pool", type=int, help="PostgreSQL: connections for reading (default: 8)."),
    click.option("--database-timeout", type=int, help="PostgreSQL: seconds that a statement may take (default: 30)."),
)


def options(*groups: tuple[Callable[[Any], Any], ...]) -> Callable[[F], F]:
    """Put options on a command."""

    def decorate(command: F) -> F:
        for option in reversed([option for group in groups for option in group]):
            command = option(command)
        return command

    return decorate


@contextmanager
def explained() -> Iterator[None]:
    """Say on standard error what went wrong, and end with a code."""
    try:
        yield
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    except (serve.ServeError, database.CannotOpenError, CopyError, UnreadableError, ProblemError) as error:
        raise click.ClickException(getattr(error, "detail", str(error))) from None
    except (OSError, sqlite3.Error) as error:
        raise click.ClickException(str(error)) from None


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error, whose length is known with the first report."""
    with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def report(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        yield report
