"""Processes that tests start end with them, even if the tests are killed."""

import signal
import subprocess
import sys
from pathlib import Path

from tests.support.servers.processes import children, ended
from tests.support.servers.server_process import ROOT, wait_for

PROGRAM = """
import time
from tests.support.servers.postgres import Server

server = Server().start()
print(server._process.pid, server.folder, flush=True)
time.sleep(600)
"""


def test_a_postgresql_server_and_its_files_are_removed_after_killed_tests():
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as tests:
        assert tests.stdout is not None
        pid, folder = tests.stdout.readline().split()
        parts = [int(pid), *children(int(pid))]
        assert len(parts) > 1
        assert not any(map(ended, parts))

        tests.send_signal(signal.SIGKILL)

        wait_for(lambda: all(map(ended, parts)), "all of it ends")
        wait_for(lambda: not Path(folder).exists(), "its folder goes")
