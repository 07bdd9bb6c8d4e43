"""The command `quart-notes doctor`; its checks: tests/cli/test_doctor.py."""

import re
import socket
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.clients.command_line import Done, database_in, run_in
from tests.support.servers.server_process import ServerProcess


def test_doctor_accepts_a_new_folder_and_changes_nothing(tmp_path: Path):
    done = run_in(tmp_path, "doctor", "--bind", "127.0.0.1:0")

    assert done.returncode == 0, done.stdout
    assert "fail" not in done.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.sqlite_only("the file that commands work on")
def test_doctor_accepts_a_running_server(server: ServerProcess):
    done = run_in(server.data.parent, "doctor", "--bind", f"127.0.0.1:{server.port}")

    assert done.returncode == 0, done.stdout
    assert "is sound" in done.stdout
    assert "up to date" in done.stdout


@pytest.mark.sqlite_only("the file that commands work on")
def test_doctor_reports_problems(tmp_path: Path):
    assert run_in(tmp_path, "migrate").returncode == 0
    file = database_in(tmp_path)
    whole = file.read_bytes()
    for broken in (b"not a database" * 100, whole[: len(whole) // 2], whole[:4096] + b"\xff" * 4096 + whole[8192:]):
        file.write_bytes(broken)
        for companion in ("-wal", "-shm"):
            file.with_name(file.name + companion).unlink(missing_ok=True)

        done = run_in(tmp_path, "doctor", "--bind", "127.0.0.1:0")

        assert done.returncode == 1, done.stdout
        assert re.search(r"^fail +Database: .*quart-notes\.sqlite3", done.stdout, re.M), done.stdout
        assert "Traceback" not in done.stdout + done.stderr


def test_doctor_reports_an_address_in_use(tmp_path: Path):
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run_in(tmp_path, "doctor", "--bind", f"127.0.0.1:{taken.getsockname()[1]}")

    assert done.returncode == 1
    assert re.search(r"^fail +Address", done.stdout, re.M)


# A user without write permission everywhere, even if the tests run as root.
# source   capget(2): version 3; capabilities(7): bits 1 and 2 bypass the permissions of files
LIKE_ANYBODY = """
import ctypes
header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
libc = ctypes.CDLL(None, use_errno=True)
assert libc.capget(header, sets) == 0
sets[0] &= ~0b110
sets[1] &= ~0b110
assert libc.capset(header, sets) == 0
"""


def test_doctor_reports_a_folder_that_is_not_writable(tmp_path: Path):
    (tmp_path / "locked").mkdir(mode=0o500)
    (tmp_path / "mine").mkdir(mode=0o700)

    def examined(folder: str) -> Done:
        return run_in(tmp_path, "doctor", "--bind", "127.0.0.1:0", "--data", folder, prelude=LIKE_ANYBODY)

    assert examined("mine/data").returncode == 0
    done = examined("locked/data")
    assert done.returncode == 1
    assert re.search(r"^fail +Data folder", done.stdout, re.M)
