"""What the commands share: options, and saying what went wrong."""

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from quart_notes.errors import ProblemError
from quart_notes.server.sockets import ServeError
from quart_notes.settings import Postgres, Settings, SettingsError
from quart_notes.storage.copying.tables import CopyError
from quart_notes.storage.schema_version import DatabaseOpenError
from quart_notes.transfer.errors import UnreadableError

F = TypeVar("F", bound=Callable[..., Any])
NEGATIVES = {"open_to_network": "--only-this-machine"}  # instead of --no-...
Option = Callable[[Any], Any]


def _setting_option(name: str) -> Option:
    """The option that sets a setting; without it the value is None, so that variables and the file count."""
    field = Settings.model_fields[name]
    flag = f"--{name.replace('_', '-')}"
    if field.annotation is bool:
        flag += "/" + NEGATIVES.get(name, f"--no-{flag.removeprefix('--')}")
    kind: Any = None
    if field.annotation is int:
        kind = int
    elif field.annotation in {Path, Path | None}:
        kind = click.Path(path_type=Path)
    return click.option(flag, type=kind, default=None, help=(field.description or "").format(default=field.default))


DATA_SETTINGS = ("data", "database_url", "database_pool", "database_timeout")
DATA_OPTIONS = (
    click.option(
        "--config", type=click.Path(path_type=Path), help="TOML file of settings (default: ./quart-notes.toml)."
    ),
    *map(_setting_option, DATA_SETTINGS),
)
SERVE_OPTIONS = tuple(_setting_option(name) for name in Settings.model_fields if name not in DATA_SETTINGS)


def options(*groups: tuple[Option, ...]) -> Callable[[F], F]:
    """Put options on a command."""

    def decorate(command: F) -> F:
        for option in reversed([option for group in groups for option in group]):
            command = option(command)
        return command

    return decorate


@contextmanager
def cli_errors() -> Iterator[None]:
    """Say on standard error what went wrong, and end with a code."""
    try:
        yield
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    except (ServeError, DatabaseOpenError, CopyError, UnreadableError, ProblemError) as error:
        raise click.ClickException(getattr(error, "detail", str(error))) from None
    except (OSError, sqlite3.Error) as error:
        raise click.ClickException(str(error)) from None


def require_file(target: Path | Postgres) -> None:
    """ClickException when the file of a SQLite database is missing."""
    if isinstance(target, Path) and not target.is_file():
        raise click.ClickException(f"there is no database at {target}")


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error, whose length is known with the first report."""
    with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def report(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        yield report
