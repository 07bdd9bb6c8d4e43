"""Checks of `quart-notes doctor`: each with a good result and a bad one.

Its exit codes: tests/cli/test_doctor_command.py.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from quart_notes.cli.doctor import checks
from quart_notes.cli.doctor.host import clock
from quart_notes.settings import Settings
from quart_notes.storage.signing_key import SigningKey
from quart_notes.storage.sqlite.file import PRAGMAS
from tests.support import doctor_findings
from tests.support.doctor_findings import only
from tests.support.servers import postgres
from tests.support.servers.server_process import ROOT

file = doctor_findings.file

pytestmark = pytest.mark.sqlite_only("each test puts the database that it looks at")


# Python, SQLite, the disk, the database.


def test_an_old_sqlite_is_reported(monkeypatch: pytest.MonkeyPatch):
    assert only(checks._sqlite())[0] == "ok"
    monkeypatch.setattr(checks, "SQLITE_MINIMUM", (99, 0, 0))
    assert only(checks._sqlite())[0] == "fail"


def test_low_disk_space_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "not" / "yet" / "there.sqlite3"

    assert only(checks._data(file))[0] == "ok"
    monkeypatch.setattr(checks, "LOW_DISK", 1 << 60)
    assert only(checks._data(file))[0] == "warn"


def test_pending_migrations_are_reported(file: Path, monkeypatch: pytest.MonkeyPatch):
    async def read(*_: object) -> tuple[list[str], None]:
        return ["0099_more"], None

    assert [found.verdict for found in checks._tables(file)] == ["ok", "ok"]
    monkeypatch.setattr(checks, "_read", read)
    assert list(checks._tables(file))[-1] == ("warn", "Migrations", "0099_more will be applied at the next start")


def test_too_few_file_descriptors_are_a_warning(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checks, "raise_descriptor_limit", lambda: 1064)

    assert only(checks._descriptors(Settings(max_connections=1000)))[0] == "ok"
    assert only(checks._descriptors(Settings(max_connections=1001)))[0] == "warn"


# Durability.


def test_the_servers_durability_settings_are_checked(file: Path, tmp_path: Path):
    assert only(checks._sync(file)) == ("ok", "journal_mode wal, synchronous FULL")
    assert not list(checks._sync(tmp_path / "none.sqlite3"))
    assert not (tmp_path / "none.sqlite3").exists()


def test_a_database_without_a_write_ahead_log_is_reported_and_unchanged(file: Path):
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")

    verdict, detail = only(checks._sync(file))

    assert verdict == "warn"
    assert detail.startswith("journal_mode delete, synchronous FULL: ")
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


@pytest.mark.parametrize(("level", "verdict"), [("OFF", "warn"), ("NORMAL", "warn"), ("FULL", "ok"), ("EXTRA", "ok")])
def test_commits_without_fsync_are_reported(file: Path, monkeypatch: pytest.MonkeyPatch, level: str, verdict: str):
    monkeypatch.setitem(PRAGMAS, "synchronous", level)

    assert only(checks._sync(file))[0] == verdict


def _on_postgres(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, database_url=postgres.databases().url(tmp_path), bind="127.0.0.1:0")


def test_a_postgresql_server_without_fsync_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    found = {one.subject: one for one in checks.examine(_on_postgres(tmp_path))}

    assert found["PostgreSQL"].verdict == found["Migrations"].verdict == "ok"
    assert found["Sync mode"].verdict == "warn"
    assert found["Sync mode"].detail.startswith("fsync off: ")
    assert not {"SQLite", "Disk", "Database", "Copies"} & set(found)

    async def read(*_: object) -> tuple[list[str], dict[str, str | int]]:
        return [], {"version": "17.1", "fsync": "on", "connections": 97}

    monkeypatch.setattr(checks, "_read", read)
    found = {one.subject: one for one in checks.examine(_on_postgres(tmp_path))}
    assert found["Sync mode"] == ("ok", "Sync mode", "fsync on")


def test_a_missing_postgresql_database_is_an_error(tmp_path: Path):
    missing = postgres.databases().server.url("nowhere")

    found = {
        one.subject: one for one in checks.examine(Settings(data=tmp_path, database_url=missing, bind="127.0.0.1:0"))
    }

    assert found["PostgreSQL"].verdict == "fail"
    assert found["PostgreSQL"].detail.startswith("postgres://")


def test_too_few_postgresql_connections_for_all_workers_are_a_warning(tmp_path: Path):
    settings = _on_postgres(tmp_path)
    reserved = "SELECT current_setting('superuser_reserved_connections')::int"
    there = 300 - postgres.databases().server.ask("postgres", reserved)[0][0]
    enough, too_many = ((there // 12) - 4, (there // 12) - 3)

    for pool, verdict in ((enough, "ok"), (too_many, "warn")):
        asked = settings.model_copy(update={"workers": 12, "database_pool": pool})
        (found,) = [one for one in checks.examine(asked) if one.subject == "Connections"]

        assert found.verdict == verdict
        for figures in (f"up to {12 * (pool + 4)} ", "workers 12 ", f"database_pool {pool} ", f"has {there}"):
            assert figures in found.detail


def test_a_clock_behind_the_newest_event_on_postgresql_is_reported(tmp_path: Path):
    settings = _on_postgres(tmp_path)
    assert checks._newest_event(settings.database) is None
    asked = postgres.asked(
        settings.database_url or "",
        "INSERT INTO event_log (number, topic, body, created_at)"
        " VALUES (1, 'board:1', '{}', now() + interval '1 hour') RETURNING 1",
    )
    assert postgres.in_a_loop(asked)

    newest = checks._newest_event(settings.database)

    assert only(clock(newest))[0] == "warn"


# hypercorn.toml.


def test_an_invalid_hypercorn_toml_is_reported(tmp_path: Path):
    file = tmp_path / "hypercorn.toml"
    file.write_text("backlog = 100\n")
    assert only(checks._server_config(Settings(server_config=file)))[0] == "ok"

    file.write_text("backlog =\n")
    verdict, detail = only(checks._server_config(Settings(server_config=file)))
    assert verdict == "fail"
    assert str(file) in detail

    file.write_text('bind = "0.0.0.0:80"\n')
    assert only(checks._server_config(Settings(server_config=file)))[0] == "fail"


# All checks.


def test_all_checks_run_and_change_nothing(file: Path):
    SigningKey(file.parent).open_file()
    before = {path.name: (path.stat().st_mode, path.stat().st_size) for path in file.parent.iterdir()}

    found = checks.examine(Settings(data=file.parent, bind="127.0.0.1:0"))

    subjects = ["Python", "SQLite", "Disk", "Database", "Migrations", "Sync mode", "File system", "Imports", "Copies"]
    subjects += ["Secret", "Clock", "Descriptors", "Server settings", "Address", "Proxies"]
    assert [one.subject for one in found] == subjects
    assert "fail" not in {one.verdict for one in found}
    after = {path.name: (path.stat().st_mode, path.stat().st_size) for path in file.parent.iterdir()}
    assert {name: after[name] for name in before} == before
    assert not {name for name in set(after) - set(before) if not name.endswith(("-wal", "-shm"))}


def test_every_check_is_documented(file: Path):
    text = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    table = text.partition("### What doctor looks at\n")[2].partition("\n### ")[0]
    explained = {name for line in table.splitlines() if line.startswith("| ") for name in line.split("|")[1].split(",")}

    found = {one.subject for one in checks.examine(Settings(data=file.parent, bind="127.0.0.1:0"))}

    assert found <= {name.strip() for name in explained}
    assert os.access(file, os.R_OK)
