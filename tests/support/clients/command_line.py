"""`quart-notes` with a command, as a person runs it in some folder, and what came of it."""

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
    """Variables that have commands in `folder` use the database that belongs to it."""
    return {"QUART_NOTES_DATABASE_URL": postgres.databases().url(folder / "data")} if postgres.chosen() else {}


def assert_refused(done: Done, *words: str, code: int = 1) -> None:
    """It ended with `code`, said why on standard error, in words, and nothing on standard output."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


def assert_failed(done: Done, *words: str) -> None:
    """It ended and said why on standard error, in words, perhaps among lines of its log."""
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


def database_in(folder: Path) -> Path:
    """The file that commands in `folder` work on."""
    return folder / "data" / "quart-notes.sqlite3"


def ask(file: Path, query: str) -> Any:
    """The only value of the first row that a query finds in a database."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchone()[0]
