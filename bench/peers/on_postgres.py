"""Quart Notes on a PostgreSQL server of its own: `python -m bench.peers.on_postgres serve …`, with options of `serve`.

The server is that of the tests, but with fsync at each commit. It ends with this process, and its data is deleted.
"""

import signal
import subprocess
import sys

from tests.support.servers.postgres import Server

DATABASE = "notes"


def main(*arguments: str) -> int:
    """Run until SIGTERM; returns the exit code."""
    server = Server(fsync="on", full_page_writes="on", autovacuum="on", shared_buffers="128MB").start()
    server.ask("postgres", f"CREATE DATABASE {DATABASE}")
    command = [sys.executable, "-m", "quart_notes", *arguments, "--database-url", server.url(DATABASE)]
    serving = subprocess.Popen(command)
    signal.signal(signal.SIGTERM, lambda *_: serving.terminate())
    code = serving.wait()
    server.close()
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
