"""`quart-notes copy-database`, databases to copy from and to, and a copy that is suspended half-way."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.clients.command_line import Done, run_in
from tests.support.servers.both_databases import find, unused_database
from tests.support.servers.postgres import TEMPLATE
from tests.support.servers.server_fork import Child
from tests.support.servers.server_process import wait_for

HOLD = """
from quart_notes.storage.postgres.tables import PostgresTableStore

former = PostgresTableStore.{method}

async def hold(self, *arguments):
    await former(self, *arguments)
    while not "{table}" or arguments[0].name == "{table}":
        await self._connection.execute("SELECT pg_sleep(0.02)")

PostgresTableStore.{method} = hold
"""
HELD = """
    SELECT 1 FROM pg_stat_activity
    WHERE application_name = 'quart-notes copier' AND datname = current_database() AND query LIKE 'SELECT pg_sleep%'
"""
MOMENTS = (("write", "user"), ("write", "note"), ("set_fingerprint", ""))  # at which a copy can be suspended


@pytest.fixture
def target() -> Iterator[str]:
    """An empty PostgreSQL database."""
    with unused_database(TEMPLATE) as url:
        yield url


def copy(data: Path, target: str) -> Done:
    """The finished command."""
    return run_in(data.parent, "copy-database", "--data", str(data), "--to", target)


def copied(data: Path, target: str) -> str:
    """The output of a successful copy."""
    done = copy(data, target)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def held(url: str, folder: Path, *command: str, method: str = "write", table: str = "note") -> Iterator[Child]:
    """A command that writes a PostgreSQL database, suspended once it has called that method for that table."""
    with (folder / "said").open("w") as said:
        child = Child(
            *command,
            folder=folder,
            out=said.fileno(),
            err=said.fileno(),
            prelude=HOLD.format(method=method, table=table),
        )
    try:
        wait_for(lambda: find(url, HELD), "it stands still", 30)
        yield child
    finally:
        child.kill()
        child.wait(10)
