"""A database, or a backup, of a newer version is refused by every command, and left unchanged."""

import os
import signal
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.clients.command_line import assert_failed, run_in
from tests.support.servers.both_databases import KINDS, Kind, contents, file_in, find, unused_database, url_of
from tests.support.servers.empty_database import file_after
from tests.support.servers.server_fork import Child
from tests.support.servers.server_process import wait_for

UNKNOWN = "0999_from_the_future"
NEWER = f"INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('quart_notes', '{UNKNOWN}', '2030-01-01')"
COMMANDS = (
    ("serve", "--bind", "127.0.0.1:0"),
    ("serve", "--bind", "127.0.0.1:0", "--workers", "2"),
    ("migrate",),
    ("backup", "taken.sqlite3"),
    ("restore", "sound.sqlite3"),
    ("export", "notes.json"),
    ("import", "notes.md"),
    ("demo",),
)
pytestmark = pytest.mark.sqlite_only("it has databases of both kinds of its own")


def mark(url: str) -> None:
    """Mark the database as one of a newer version."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
            connection.execute(NEWER)
    else:
        find(url, NEWER)


def state(folder: Path, url: str) -> Any:
    """Everything that a command could change: rows, and the content of files, except SQLite's index of its log."""
    files = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file() and not file.match("*-shm")}
    files = {file: content for file, content in files.items() if content}  # lock files are empty
    return contents(url), find(url, "SELECT name FROM tortoise_migrations ORDER BY name"), files


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """An intact backup, beside an equal data folder `other`, and notes to import."""
    for file in (tmp_path / "sound.sqlite3", file_in(tmp_path / "other")):
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(file_after("demo"))
    (tmp_path / "notes.md").write_text("# A note\n")
    return tmp_path / "sound.sqlite3"


@pytest.mark.parametrize("kind", KINDS)
def test_every_command_refuses_a_newer_database_and_names_its_migration(tmp_path: Path, copy: Path, kind: Kind):
    url = url_of(kind, tmp_path / "data")
    assert run_in(tmp_path, "demo", "--data", "data", "--database-url", url).returncode == 0
    mark(url)
    if kind == "sqlite":
        with closing(sqlite3.connect(file_in(tmp_path / "data"))) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")  # as in a backup: opening it for writes changes that
    before = state(tmp_path, url)

    for command in COMMANDS:
        assert_failed(run_in(tmp_path, *command, "--data", "data", "--database-url", url), "newer version", UNKNOWN)
        assert state(tmp_path, url) == before, command
    examined = run_in(tmp_path, "doctor", "--data", "data", "--database-url", url)
    assert examined.returncode == 1
    assert UNKNOWN in next(line for line in examined.stdout.splitlines() if line.startswith("fail"))
    if kind == "sqlite":
        assert UNKNOWN in served_by_dev(tmp_path, url)
    assert state(tmp_path, url) == before
    assert copy.exists()


def served_by_dev(folder: Path, url: str) -> str:
    """The output of `quart-notes dev`, which keeps running until a change."""
    with tempfile.NamedTemporaryFile("w+b") as log:
        out = log.fileno()
        flags = ("--bind", "127.0.0.1:0", "--data", "data", "--database-url", url)
        process = Child("dev", *flags, folder=folder, out=out, err=out)
        try:
            wait_for(lambda: b"0999" in Path(log.name).read_bytes(), "it says why it does not serve", 30)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
        return Path(log.name).read_text()


@pytest.mark.parametrize("kind", KINDS)
def test_a_newer_backup_is_not_restored(tmp_path: Path, copy: Path, kind: Kind):
    url = url_of(kind, tmp_path / "data")
    assert run_in(tmp_path, "demo", "--data", "data", "--database-url", url).returncode == 0
    mark(f"sqlite:///{copy}")
    before = state(tmp_path, url)

    done = run_in(tmp_path, "restore", str(copy), "--data", "data", "--database-url", url)

    assert_failed(done, "newer version", UNKNOWN, str(copy))
    assert state(tmp_path, url) == before


@pytest.mark.parametrize("newer", KINDS)
def test_nothing_is_copied_from_or_to_a_newer_database(tmp_path: Path, copy: Path, newer: Kind):
    with unused_database() as target:
        source = f"sqlite:///{file_in(tmp_path / 'other')}"
        assert run_in(tmp_path, "demo", "--database-url", target).returncode == 0
        mark(source if newer == "sqlite" else target)
        before = state(tmp_path, source), contents(target)

        done = run_in(tmp_path, "copy-database", "--database-url", source, "--to", target)

        assert_failed(done, "newer version", UNKNOWN, "quart-notes.sqlite3" if newer == "sqlite" else "postgres://")
        assert (state(tmp_path, source), contents(target)) == before


def test_a_damaged_database_can_be_replaced(tmp_path: Path, copy: Path):
    file = file_in(tmp_path / "data")
    file.parent.mkdir()
    file.write_bytes(os.urandom(8192))

    done = run_in(tmp_path, "restore", str(copy), "--data", "data")

    assert done.returncode == 0, done.stderr
