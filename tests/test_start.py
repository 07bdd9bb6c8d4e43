"""A start that fails half-way leaves nothing behind: no process that waits for ever, no lock on the database."""

import subprocess
import sys
from pathlib import Path

import httpx

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


def test_a_start_that_fails_once_the_database_is_open_ends_the_process(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-c", FAILS, str(tmp_path / "data")],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 1
    assert "the boards cannot be opened" in done.stderr
    with ServerProcess(tmp_path / "data") as server, httpx.Client(base_url=server.base, verify=False) as client:
        assert client.get("/readyz").status_code == 200


def test_a_server_on_sqlite_goes_without_the_driver_of_postgresql():
    program = "import sys, quart_notes.cli, quart_notes.workers.supervisor; print('asyncpg' in sys.modules)"

    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False\n"
    )
