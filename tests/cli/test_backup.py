"""Backup and restore on the command line: complete copies, without data loss."""

import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.support.clients.command_line import ask, assert_refused, database_in, run_in
from tests.support.servers.empty_database import file_after
from tests.support.servers.server_process import ServerProcess

pytestmark = pytest.mark.sqlite_only("copies of the file")


def test_a_backup_overwrites_nothing_and_requires_a_database(tmp_path: Path):
    assert_refused(run_in(tmp_path, "backup", "copy"), "there is no database")
    assert not list(tmp_path.iterdir())

    assert run_in(tmp_path, "demo").returncode == 0
    (tmp_path / "copy").write_text("precious")
    assert_refused(run_in(tmp_path, "backup", "copy"), "copy", "exists already")
    assert_refused(run_in(tmp_path, "backup", "nowhere/copy"))

    assert (tmp_path / "copy").read_text() == "precious"
    named = run_in(tmp_path, "backup")
    assert named.returncode == 0
    (copy,) = tmp_path.glob("quart-notes-*.sqlite3")
    assert copy.name in named.stdout
    assert ask(copy, "SELECT count(*) FROM note") == ask(database_in(tmp_path), "SELECT count(*) FROM note")


def test_a_failed_backup_leaves_nothing(tmp_path: Path):
    file = database_in(tmp_path)
    file.parent.mkdir()
    file.write_bytes(b"my diary " * 1000)

    assert_refused(run_in(tmp_path, "backup", "copy"), "not a database")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


def test_a_restore_keeps_every_former_database_and_requires_none(tmp_path: Path):
    assert run_in(tmp_path, "demo").returncode == 0
    assert run_in(tmp_path, "backup", "copy.sqlite3").returncode == 0

    for _ in range(2):
        assert run_in(tmp_path, "restore", "copy.sqlite3").returncode == 0
    done = run_in(tmp_path, "restore", "copy.sqlite3", "--data", "new")

    assert done.returncode == 0
    assert len(list((tmp_path / "data").glob("quart-notes-replaced-*.sqlite3"))) == 2
    file = tmp_path / "new" / "quart-notes.sqlite3"
    assert ask(file, "SELECT count(*) FROM note") == ask(database_in(tmp_path), "SELECT count(*) FROM note")
    assert ask(file, "SELECT epoch FROM log_head") != ask(database_in(tmp_path), "SELECT epoch FROM log_head")


def test_a_database_copied_with_its_write_ahead_log_is_restored_completely(tmp_path: Path):
    with ServerProcess(tmp_path / "data") as server:
        for n in range(5):
            httpx.post(server.base + "/api/notes", json={"title": str(n)}, verify=False)
        for companion in ("", "-wal"):
            source = server.data / f"quart-notes.sqlite3{companion}"
            (tmp_path / f"copied.sqlite3{companion}").write_bytes(source.read_bytes())

    done = run_in(tmp_path, "restore", "copied.sqlite3", "--data", "new")

    assert done.returncode == 0, done.stderr
    assert ask(tmp_path / "new" / "quart-notes.sqlite3", "SELECT count(*) FROM note") == 5


def _foreign(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE note (id INTEGER)")


def test_a_foreign_file_is_not_restored(tmp_path: Path):
    database_in(tmp_path).parent.mkdir()
    database_in(tmp_path).write_bytes(file_after("demo"))
    other = tmp_path / "other"
    for content in (b"my diary", b"", b"SQLite format 3\0" + b"\xff" * 5000, None):
        other.write_bytes(content or b"")
        if content is None:
            _foreign(other)

        assert_refused(run_in(tmp_path, "restore", "other"), "other")

    assert database_in(tmp_path).read_bytes() == file_after("demo")
    assert not list((tmp_path / "data").glob("*replaced*"))
    assert not list((tmp_path / "data").glob("*restoring*"))
