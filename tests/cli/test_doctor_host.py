"""The doctor's checks of the machine: file systems, disk space, permissions, the clock."""

import ctypes
import shutil
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from quart_notes.cli.doctor import checks, host
from quart_notes.cli.doctor.host import (
    clock,
    clock_synchronised,
    disk_space,
    existing,
    file_systems,
    mounted,
    privacy,
    secret,
)
from quart_notes.storage.signing_key import SigningKey
from tests.support import doctor_findings
from tests.support.doctor_findings import only
from tests.support.servers.server_process import ROOT

file = doctor_findings.file

pytestmark = pytest.mark.sqlite_only("each test puts the database that it looks at")
MIB = 1 << 20


# File systems.

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
        ("/mnt/x", "ext4", "/mnt"),  # mounted over the other
    ],
)
def test_the_file_system_of_a_folder_is_found(folder: str, kind: str, place: str):
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
def test_a_network_or_temporary_file_system_is_reported(tmp_path: Path, kind: str, verdict: str, said: str):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"x / {kind} rw 0 0\n")

    found, detail = only(file_systems(tmp_path / "not" / "there", tmp_path / "file", mounts))

    assert found == verdict
    assert said in detail


def test_without_a_list_of_mounts_nothing_is_reported(tmp_path: Path):
    assert not list(file_systems(tmp_path, tmp_path / "file", tmp_path / "none"))


# Disk space.


def test_disk_space_for_imports_and_copies_is_checked(file: Path, monkeypatch: pytest.MonkeyPatch):
    def free(amount: int) -> list[tuple[str, str]]:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=amount))
        return [(found.subject, found.verdict) for found in disk_space(file.parent, 10 * MIB, file)]

    assert free(20 * MIB) == [("Imports", "ok"), ("Copies", "ok")]
    assert free(9 * MIB) == [("Imports", "warn"), ("Copies", "ok")]
    assert free(1024) == [("Imports", "warn"), ("Copies", "warn")]


def test_the_upload_folder_may_be_on_another_file_system(tmp_path: Path):
    (tmp_path / "large").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "imports").symlink_to(tmp_path / "large")

    assert existing(tmp_path / "data" / "imports" / "7") == tmp_path / "large"
    assert existing(tmp_path / "data" / "copies") == tmp_path / "data"


# The signing key.


def test_a_signing_key_that_others_can_read_is_reported(tmp_path: Path):
    assert not list(secret(tmp_path)), "the first start makes it"
    SigningKey(tmp_path).open_file()
    key = tmp_path / "secret"

    assert only(secret(tmp_path))[0] == "ok"
    for mode in (0o644, 0o640, 0o602):
        key.chmod(mode)
        verdict, detail = only(secret(tmp_path))
        assert verdict == "warn"
        assert f"chmod 600 {key}" in detail
    key.write_bytes(b"short")
    assert only(secret(tmp_path))[0] == "fail"


def test_a_database_that_others_can_read_is_reported(tmp_path: Path):
    file = tmp_path / "notes.sqlite3"
    assert not list(privacy(file)), "the first start makes it"
    file.touch(0o644)
    tmp_path.chmod(0o755)

    assert only(privacy(file)) == ("warn", f"others may read or change {file}; chmod 600 {file}*")
    file.chmod(0o600)
    assert not list(privacy(file))
    file.chmod(0o644)
    tmp_path.chmod(0o700)
    assert not list(privacy(file)), "nobody else gets there"


# The clock.


@pytest.fixture
def synchronised(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock is synchronised."""
    monkeypatch.setattr(host, "clock_synchronised", lambda: True)


def _note_event(file: Path, at: datetime) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            "INSERT INTO event_log (number, topic, body, created_at) VALUES (1, 'board:1', '{}', ?)",
            (at.isoformat(sep=" "),),
        )


@pytest.mark.usefixtures("synchronised")
def test_a_plausible_clock_is_accepted():
    assert only(clock(None))[0] == "ok"
    assert only(clock(datetime.now(UTC) - timedelta(days=9)))[0] == "ok"
    assert only(clock(datetime.now(UTC) + timedelta(seconds=30)))[0] == "ok"


@pytest.mark.usefixtures("synchronised")
def test_a_clock_behind_the_newest_event_is_reported(file: Path):
    assert checks._newest_event(file) is None
    assert checks._newest_event(file.with_name("none")) is None
    _note_event(file, datetime.now(UTC) + timedelta(minutes=2))

    verdict, detail = only(clock(checks._newest_event(file)))

    assert verdict == "warn"
    assert "the newest event" in detail


@pytest.mark.usefixtures("synchronised")
def test_a_clock_before_this_version_is_reported(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(time, "time", lambda: datetime(2025, 12, 31, tzinfo=UTC).timestamp())

    assert only(clock(None)) == ("warn", "2025-12-31 00:00:00 UTC was before this version")


@pytest.mark.parametrize(("right", "verdict"), [(True, "ok"), (None, "ok"), (False, "warn")])
def test_an_unsynchronised_clock_is_reported(monkeypatch: pytest.MonkeyPatch, right: bool | None, verdict: str):
    monkeypatch.setattr(host, "clock_synchronised", lambda: right)

    assert only(clock(None))[0] == verdict


def test_the_kernel_reports_clock_synchronisation(monkeypatch: pytest.MonkeyPatch):
    assert clock_synchronised() in {True, False, None}
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    assert clock_synchronised() is None


def test_the_constant_year_is_that_of_the_newest_version():
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    years = [int(line[-10:-6]) for line in changes.splitlines() if line.startswith("## [") and line[-1].isdigit()]

    assert max(years) == host.YEAR
