"""A failed start leaves nothing behind: no process, no lock on the database."""

import gc
import re
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from quart_notes.server.garbage_collection import paused_for_imports
from tests.support.servers.empty_database import put_empty_database
from tests.support.servers.server_fork import run
from tests.support.servers.server_process import ROOT, ServerProcess

FAILS = """
from quart_notes.domain.boards import Boards

async def fail(self):
    raise RuntimeError("the boards cannot be opened")

Boards.open = fail
"""
IMPATIENT = """
from quart_notes.storage.sqlite.file import PRAGMAS

PRAGMAS["busy_timeout"] = 10
"""


def _start(prelude: str, data: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    return run("serve", "--bind", "127.0.0.1:0", "--data", str(data), *flags, folder=ROOT, prelude=prelude)


def test_a_start_that_fails_after_opening_the_database_exits(tmp_path: Path):
    done = _start(FAILS, tmp_path / "data")

    assert done.returncode == 1
    assert "the boards cannot be opened" in done.stderr
    with ServerProcess(tmp_path / "data") as server, httpx.Client(base_url=server.base, verify=False) as client:
        assert client.get("/readyz").status_code == 200


@pytest.mark.sqlite_only("another program can lock the file")
def test_a_start_with_a_busy_database_fails_with_one_line(tmp_path: Path):
    put_empty_database(tmp_path)
    file = tmp_path / "quart-notes.sqlite3"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        done = _start(IMPATIENT, tmp_path)

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert [line for line in done.stderr.splitlines() if " INFO " not in line] == [f"Error: {file}: database is locked"]


# Each sends SIGTERM at a stage of the start.
STOPPED = """
import os, signal
from quart_notes.server import serve as server
from quart_notes.storage.database import Database
from quart_notes.server.workers import supervisor
from quart_notes.server.workers.supervisor import Supervisor

def stopped(owner, name):
    whole = getattr(owner, name)

    def and_stop(*args, **named):
        os.kill(os.getpid(), signal.SIGTERM)
        return whole(*args, **named)

    setattr(owner, name, and_stop)

"""
STAGES = {
    "the address": ("1", 'stopped(server, "listen")'),
    "the tables": ("1", 'stopped(Database, "open")'),
    "the address of two": ("2", 'stopped(supervisor, "listen")'),
    "the first worker": ("2", 'stopped(Supervisor, "_start_worker")'),
    "the second worker": (
        "2",
        """
begin = Supervisor._start_worker
async def stop_at_the_second(self, slot, *, first=False):
    worker = await begin(self, slot, first=first)
    if slot:
        os.kill(os.getpid(), signal.SIGTERM)
    return worker
Supervisor._start_worker = stop_at_the_second
""",
    ),
}


@pytest.mark.parametrize("stage", STAGES)
def test_a_server_stopped_during_its_start_exits_cleanly(tmp_path: Path, stage: str):
    workers, code = STAGES[stage]

    done = _start(STOPPED + code, tmp_path / "data", "--workers", workers)

    assert done.returncode == 0, done.stderr
    assert "INFO quart_notes: Stopping" in done.stderr
    assert "Traceback" not in done.stderr
    assert not re.search(" (ERROR|WARNING) ", done.stderr), done.stderr


def test_a_worker_without_its_supervisor_exits():
    ours, theirs = socket.socketpair()
    with theirs:
        ours.close()
        command = [sys.executable, "-m", "quart_notes.server.workers.worker", str(theirs.fileno())]

        done = subprocess.run(
            command, cwd=ROOT, pass_fds=[theirs.fileno()], capture_output=True, text=True, timeout=60, check=False
        )

    assert (done.returncode, done.stderr) == (1, "A worker does not start: its supervisor has gone.\n")


# What a server on SQLite without any use does not import, and what imports it instead.
LATE = (
    *("asyncpg", "watchfiles", "quart_notes.dev"),
    *("httpx", "yaml", "prometheus_client"),
    *("quart_notes.transfer.importer", "quart_notes.transfer.exporter"),
    *("quart_notes.storage.migration_executor", "quart_notes.cli.offline", "quart_notes.cli.doctor"),
)
STARTED = """
import asyncio, sys
from pathlib import Path
import quart_notes.cli.main, quart_notes.server.serve, quart_notes.server.workers.worker
from quart_notes import create_app
from quart_notes.settings import Settings

async def start():
    app = create_app(Settings(data=Path(sys.argv[1])))
    await app.startup()
    await app.shutdown()

asyncio.run(start())
print(*sys.modules)
"""


def test_a_start_imports_nothing_that_only_some_servers_need(tmp_path: Path):
    command = [sys.executable, "-c", STARTED, str(tmp_path / "data")]

    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    assert "quart_notes.storage.sqlite.client" in said
    assert not [name for name in said if name.startswith(LATE)]


def test_garbage_is_collected_again_after_the_imports_of_a_start():
    with paused_for_imports():
        assert not gc.isenabled()

    assert gc.isenabled()
    gc.unfreeze()  # for the tests that look for objects
