"""A start that fails half-way leaves nothing behind: no process that waits for ever, no lock on the database."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.empty_database import put_empty_database
from tests.server_process import ROOT, ServerProcess

FAILS = """
import sys
from quart_notes.cli import main
from quart_notes.domain.boards import Boards

async def fail(self):
    raise RuntimeError("the boards cannot be opened")

Boards.open = fail
sys.argv = ["quart-notes", "serve", "--bind", "127.0.0.1:0", "--data", sys.argv[1]]
main()
"""

IMPATIENT = """
import sys
from quart_notes.cli import main
from quart_notes.database import PRAGMAS

PRAGMAS["busy_timeout"] = 10
sys.argv = ["quart-notes", "serve", "--bind", "127.0.0.1:0", "--data", sys.argv[1]]
main()
"""


def _start(program: str, data: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, str(data)]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_a_start_that_fails_once_the_database_is_open_ends_the_process(tmp_path: Path):
    done = _start(FAILS, tmp_path / "data")

    assert done.returncode == 1
    assert "the boards cannot be opened" in done.stderr
    with ServerProcess(tmp_path / "data") as server, httpx.Client(base_url=server.base, verify=False) as client:
        assert client.get("/readyz").status_code == 200


@pytest.mark.sqlite_only("another program can lock the file")
def test_a_start_that_meets_a_busy_database_says_so_in_one_line(tmp_path: Path):
    put_empty_database(tmp_path)
    file = tmp_path / "quart-notes.sqlite3"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        done = _start(IMPATIENT, tmp_path)

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert [line for line in done.stderr.splitlines() if " INFO " not in line] == [f"Error: {file}: database is locked"]


def test_a_server_on_sqlite_goes_without_the_driver_of_postgresql():
    program = "import sys, quart_notes.cli, quart_notes.workers.supervisor; print('asyncpg' in sys.modules)"

    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False\n"
    )
