"""What `quart-notes doctor` finds: each thing once as it should be, and once not. Its exit codes: tests/test_cli.py."""

import ctypes
import os
import shutil
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from quart_notes import database, doctor, doctor_host, doctor_proxies, server
from quart_notes.doctor_host import Finding, clock, existing, file_systems, kept_right, mounted, room, secret
from quart_notes.doctor_proxies import proxies
from quart_notes.settings import Settings
from quart_notes.signing import Signing
from tests import postgres
from tests.empty_database import put_empty_database
from tests.server_process import ROOT, ServerProcess

pytestmark = pytest.mark.sqlite_only("each test puts the database that it looks at")
MIB = 1 << 20


def only(findings: Iterable[Finding]) -> tuple[str, str]:
    """Verdict and detail of the one thing that was found."""
    (found,) = findings
    return found.verdict, found.detail


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An empty database."""
    put_empty_database(tmp_path)
    return tmp_path / "quart-notes.sqlite3"


# Python, SQLite, the disk, the database.


def test_sqlite_is_new_enough_or_not(monkeypatch: pytest.MonkeyPatch):
    assert only(doctor._sqlite())[0] == "ok"
    monkeypatch.setattr(doctor, "SQLITE_MINIMUM", (99, 0, 0))
    assert only(doctor._sqlite())[0] == "fail"


def test_little_room_is_worth_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "not" / "yet" / "there.sqlite3"

    assert only(doctor._data(file))[0] == "ok"
    monkeypatch.setattr(doctor, "LOW_DISK", 1 << 60)
    assert only(doctor._data(file))[0] == "warn"


def test_migrations_that_wait_are_told(file: Path, monkeypatch: pytest.MonkeyPatch):
    async def pending(_: object) -> list[str]:
        return ["0099_more"]

    assert [found.verdict for found in doctor._tables(file)] == ["ok", "ok"]
    monkeypatch.setattr(doctor, "_pending", pending)
    assert list(doctor._tables(file))[-1] == ("warn", "Migrations", "0099_more will be applied at the next start")


def test_too_few_descriptors_are_worth_a_warning(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor, "raise_descriptor_limit", lambda: 1064)

    assert only(doctor._descriptors(Settings(max_connections=1000)))[0] == "ok"
    assert only(doctor._descriptors(Settings(max_connections=1001)))[0] == "warn"


# How it is synced.


def test_the_database_is_synced_as_the_server_wants_it(file: Path, tmp_path: Path):
    assert only(doctor._sync(file)) == ("ok", "journal_mode wal, synchronous FULL")
    assert not list(doctor._sync(tmp_path / "none.sqlite3"))
    assert not (tmp_path / "none.sqlite3").exists()


def test_a_database_without_a_write_ahead_log_is_noticed_and_left_so(file: Path):
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")

    verdict, detail = only(doctor._sync(file))

    assert verdict == "warn"
    assert detail.startswith("journal_mode delete, synchronous FULL: ")
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


@pytest.mark.parametrize(("level", "verdict"), [("OFF", "warn"), ("NORMAL", "warn"), ("FULL", "ok"), ("EXTRA", "ok")])
def test_commits_that_do_not_wait_for_the_disk_are_noticed(
    file: Path, monkeypatch: pytest.MonkeyPatch, level: str, verdict: str
):
    monkeypatch.setitem(database.PRAGMAS, "synchronous", level)

    assert only(doctor._sync(file))[0] == verdict


def _on_postgres(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, database_url=postgres.databases().url(tmp_path), bind="127.0.0.1:0")


def test_a_postgresql_server_that_does_not_wait_for_the_disk_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    found = {one.subject: one for one in doctor.examine(_on_postgres(tmp_path))}

    assert found["PostgreSQL"].verdict == found["Migrations"].verdict == "ok"
    assert found["Sync mode"].verdict == "warn"
    assert found["Sync mode"].detail.startswith("fsync off: ")
    assert not {"SQLite", "Disk", "Database", "Copies"} & set(found)

    async def asked(_: object) -> tuple[str, str, list[str]]:
        return "17.1", "on", []

    monkeypatch.setattr(doctor, "_asked", asked)
    found = {one.subject: one for one in doctor.examine(_on_postgres(tmp_path))}
    assert found["Sync mode"] == ("ok", "Sync mode", "fsync on")


def test_a_clock_behind_the_newest_event_on_postgresql_is_noticed(tmp_path: Path):
    settings = _on_postgres(tmp_path)
    assert doctor._newest_event(settings.database) is None
    asked = postgres.asked(
        settings.database_url or "",
        "INSERT INTO event_log VALUES (1, 'board:1', '{}', now() + interval '1 hour') RETURNING 1",
    )
    assert postgres.in_a_loop(asked)

    newest = doctor._newest_event(settings.database)

    assert only(clock(newest))[0] == "warn"


# The file system.

MOUNTS = r"""
/dev/sda1 / ext4 rw,relatime 0 0
proc /proc proc rw 0 0
tmpfs /tmp tmpfs rw 0 0
box:/share /srv/with\040blank nfs4 rw 0 0
//box/share /mnt cifs rw 0 0
/dev/sdb1 /mnt ext4 rw 0 0
tmpfs /srv/with\040blank/inner ramfs rw 0 0
""".lstrip()


@pytest.mark.parametrize(
    ("folder", "kind", "place"),
    [
        ("/var/lib/quart-notes", "ext4", "/"),
        ("/", "ext4", "/"),
        ("/tmp/x", "tmpfs", "/tmp"),
        ("/tmpx", "ext4", "/"),
        ("/srv", "ext4", "/"),
        ("/srv/with blank", "nfs4", "/srv/with blank"),
        ("/srv/with blank/inner/x", "ramfs", "/srv/with blank/inner"),
        ("/mnt/x", "ext4", "/mnt"),  # put over the other
    ],
)
def test_what_a_folder_lies_on(folder: str, kind: str, place: str):
    assert mounted(Path(folder), MOUNTS) == (kind, place)


@pytest.mark.parametrize(
    ("kind", "verdict", "said"),
    [
        ("ext4", "ok", "ext4 at /"),
        ("overlay", "ok", "overlay at /"),
        ("nfs4", "warn", "locks"),
        ("cifs", "warn", "locks"),
        ("fuse.sshfs", "warn", "locks"),
        ("tmpfs", "warn", "gone"),
    ],
)
def test_a_file_system_that_keeps_no_locks_or_nothing_is_noticed(tmp_path: Path, kind: str, verdict: str, said: str):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"x / {kind} rw 0 0\n")

    found, detail = only(file_systems(tmp_path / "not" / "there", tmp_path / "file", mounts))

    assert found == verdict
    assert said in detail


def test_where_mounts_are_not_told_nothing_is_said(tmp_path: Path):
    assert not list(file_systems(tmp_path, tmp_path / "file", tmp_path / "none"))


# Room.


def test_room_for_imports_and_copies(file: Path, monkeypatch: pytest.MonkeyPatch):
    def free(amount: int) -> list[tuple[str, str]]:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(amount))
        return [(found.subject, found.verdict) for found in room(file.parent, 10 * MIB, file)]

    assert free(20 * MIB) == [("Imports", "ok"), ("Copies", "ok")]
    assert free(9 * MIB) == [("Imports", "warn"), ("Copies", "ok")]
    assert free(1024) == [("Imports", "warn"), ("Copies", "warn")]


class Usage:
    """What is free."""

    def __init__(self, free: int) -> None:
        self.free = free


def test_the_spool_may_lie_elsewhere(tmp_path: Path):
    (tmp_path / "large").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "imports").symlink_to(tmp_path / "large")

    assert existing(tmp_path / "data" / "imports" / "7") == tmp_path / "large"
    assert existing(tmp_path / "data" / "copies") == tmp_path / "data"


# The key.


def test_the_key_is_for_the_server_alone(tmp_path: Path):
    assert not list(secret(tmp_path)), "the first start makes it"
    Signing(tmp_path).open_file()
    key = tmp_path / "secret"

    assert only(secret(tmp_path))[0] == "ok"
    for mode in (0o644, 0o640, 0o602):
        key.chmod(mode)
        verdict, detail = only(secret(tmp_path))
        assert verdict == "warn"
        assert f"chmod 600 {key}" in detail
    key.write_bytes(b"short")
    assert only(secret(tmp_path))[0] == "fail"


# The clock.


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something keeps the clock right."""
    monkeypatch.setattr(doctor_host, "kept_right", lambda: True)


def _note_event(file: Path, at: datetime) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("INSERT INTO event_log VALUES (1, 'board:1', '{}', ?)", (at.isoformat(sep=" "),))


@pytest.mark.usefixtures("kept")
def test_a_clock_that_can_be_right():
    assert only(clock(None))[0] == "ok"
    assert only(clock(datetime.now(UTC) - timedelta(days=9)))[0] == "ok"
    assert only(clock(datetime.now(UTC) + timedelta(seconds=30)))[0] == "ok"


@pytest.mark.usefixtures("kept")
def test_a_clock_behind_the_newest_event_is_noticed(file: Path):
    assert doctor._newest_event(file) is None
    assert doctor._newest_event(file.with_name("none")) is None
    _note_event(file, datetime.now(UTC) + timedelta(minutes=2))

    verdict, detail = only(clock(doctor._newest_event(file)))

    assert verdict == "warn"
    assert "the newest event" in detail


@pytest.mark.usefixtures("kept")
def test_a_clock_before_this_version_is_noticed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(time, "time", lambda: datetime(2025, 12, 31, tzinfo=UTC).timestamp())

    assert only(clock(None)) == ("warn", "2025-12-31 00:00:00 UTC was before this version")


@pytest.mark.parametrize(("right", "verdict"), [(True, "ok"), (None, "ok"), (False, "warn")])
def test_a_clock_that_nothing_keeps_right_is_noticed(monkeypatch: pytest.MonkeyPatch, right: bool | None, verdict: str):
    monkeypatch.setattr(doctor_host, "kept_right", lambda: right)

    assert only(clock(None))[0] == verdict


def test_the_kernel_can_be_asked(monkeypatch: pytest.MonkeyPatch):
    assert kept_right() in {True, False, None}
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    assert kept_right() is None


def test_the_year_is_that_of_the_newest_version():
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    years = [int(line[-10:-6]) for line in changes.splitlines() if line.startswith("## [") and line[-1].isdigit()]

    assert max(years) == doctor_host.YEAR


# hypercorn.toml.


def test_the_servers_settings_can_be_read_or_not(tmp_path: Path):
    file = tmp_path / "hypercorn.toml"
    file.write_text("backlog = 100\n")
    assert only(doctor._server_config(Settings(server_config=file)))[0] == "ok"

    file.write_text("backlog =\n")
    verdict, detail = only(doctor._server_config(Settings(server_config=file)))
    assert verdict == "fail"
    assert str(file) in detail

    file.write_text('bind = "0.0.0.0:80"\n')
    assert only(doctor._server_config(Settings(server_config=file)))[0] == "fail"


# Proxies.

LOCAL, SOCKET, REACHED = "127.0.0.1:1", "unix:/nowhere/sock", "192.0.2.1:1"


@pytest.mark.parametrize(
    ("settings", "verdict", "said"),
    [
        ({}, "ok", "nobody's"),
        ({"bind": REACHED, "open_to_network": True}, "ok", "nobody's"),
        ({"bind": LOCAL, "access": "accounts"}, "ok", "nobody's"),
        ({"bind": LOCAL, "access": "accounts", "proxy_hops": 1}, "ok", "1 in front"),
        ({"bind": SOCKET, "access": "accounts", "proxy_hops": 2, "root_path": "/x"}, "ok", "2 in front"),
        ({"bind": REACHED, "access": "accounts"}, "warn", "without https"),
        ({"bind": REACHED, "access": "accounts", "proxy_hops": 1}, "warn", "may say in X-Forwarded-For"),
        ({"bind": "0.0.0.0:1", "open_to_network": True, "proxy_hops": 1}, "warn", "may say in X-Forwarded-For"),
        ({"bind": LOCAL, "access": "accounts", "root_path": "/x"}, "warn", "(root_path)"),
        ({"bind": SOCKET, "access": "accounts"}, "warn", SOCKET),
    ],
)
def test_whether_proxies_are_believed_rightly(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], verdict: str, said: str
):
    monkeypatch.setattr(doctor_proxies, "believes_headers", lambda _: None)

    found, detail = only(proxies(Settings(**settings)))

    assert found == verdict
    assert said in detail


@pytest.mark.parametrize("believing", [0, 1, 2])
def test_a_server_that_runs_with_other_settings_is_noticed(tmp_path: Path, believing: int):
    with ServerProcess(tmp_path / "data", "--proxy-hops", str(believing), "--root-path", "/x") as running:
        for hops in (0, 1):
            settings = Settings(bind=f"127.0.0.1:{running.port}", proxy_hops=hops, root_path="/x")

            found = [one for one in proxies(settings) if one.verdict == "warn"]

            if bool(believing) == bool(hops):
                assert not found
            else:
                said = f"the server that runs {'believes' if believing else 'ignores'} X-Forwarded headers"
                assert only(found)[1].startswith(said)


def test_nothing_is_said_of_a_server_that_is_none_of_ours(unused_tcp_port: int, tmp_path: Path):
    settings = Settings(bind=f"127.0.0.1:{unused_tcp_port}", proxy_hops=1)
    assert only(proxies(settings))[0] == "ok"

    listener = server.listen(f"unix:{tmp_path}/sock")
    try:
        settings = Settings(bind=f"unix:{tmp_path}/sock", proxy_hops=1)
        assert doctor_proxies.believes_headers(settings) is None
    finally:
        listener.close()


# All of it.


def test_everything_is_looked_at_and_nothing_is_changed(file: Path):
    Signing(file.parent).open_file()
    before = {path.name: (path.stat().st_mode, path.stat().st_size) for path in file.parent.iterdir()}

    found = doctor.examine(Settings(data=file.parent, bind="127.0.0.1:0"))

    subjects = ["Python", "SQLite", "Disk", "Database", "Migrations", "Sync mode", "File system", "Imports", "Copies"]
    subjects += ["Secret", "Clock", "Descriptors", "Server settings", "Address", "Proxies"]
    assert [one.subject for one in found] == subjects
    assert "fail" not in {one.verdict for one in found}
    after = {path.name: (path.stat().st_mode, path.stat().st_size) for path in file.parent.iterdir()}
    assert {name: after[name] for name in before} == before
    assert not {name for name in set(after) - set(before) if not name.endswith(("-wal", "-shm"))}


def test_every_line_is_explained(file: Path):
    text = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    table = text.partition("### What doctor looks at\n")[2].partition("\n### ")[0]
    explained = {name for line in table.splitlines() if line.startswith("| ") for name in line.split("|")[1].split(",")}

    found = {one.subject for one in doctor.examine(Settings(data=file.parent, bind="127.0.0.1:0"))}

    assert found <= {name.strip() for name in explained}
    assert os.access(file, os.R_OK)
