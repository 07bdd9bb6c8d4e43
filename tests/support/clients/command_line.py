"""`quart-notes` commands in a folder, and their results."""

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.support.servers import postgres
from tests.support.servers.server_fork import ENVIRONMENT, run

Done = subprocess.CompletedProcess[str]


def run_in(folder: Path, *arguments: str, env: dict[str, str] | None = None, **options: Any) -> Done:
    """Run `quart-notes` in `folder`; `options` as `run` takes them."""
    if not {"--data", "--database-url"} & set(arguments):
        env = {**environment_of(folder), **(env or {})}
    return run(*arguments, folder=folder, env={**ENVIRONMENT, **(env or {})}, **options)


def environment_of(folder: Path) -> dict[str, str]:
    """Environment variables with which commands in `folder` use its own database."""
    return {"QUART_NOTES_DATABASE_URL": postgres.databases().url(folder / "data")} if postgres.chosen() else {}


def assert_refused(done: Done, *words: str, code: int = 1) -> None:
    """It exited with `code`, explained why on standard error without a traceback, and left standard output empty."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


def assert_failed(done: Done, *words: str) -> None:
    """It exited and explained why on standard error without a traceback, perhaps among lines of its log."""
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


def database_in(folder: Path) -> Path:
    """The database file of commands in `folder`."""
    return folder / "data" / "quart-notes.sqlite3"


def ask(file: Path, query: str) -> Any:
    """The only value in the first row of a query."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchone()[0]
