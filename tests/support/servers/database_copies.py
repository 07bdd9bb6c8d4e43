"""`quart-notes copy-database`, and a database to copy to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clients.command_line import Done, run_in
from tests.support.servers.both_databases import unused_database


@pytest.fixture
def target() -> Iterator[str]:
    """A PostgreSQL database that has no tables yet."""
    with unused_database() as url:
        yield url


def copy(data: Path, target: str) -> Done:
    """What comes of it."""
    return run_in(data.parent, "copy-database", "--data", str(data), "--to", target)


def copied(data: Path, target: str) -> str:
    """What it says when all went well."""
    done = copy(data, target)
    assert done.returncode == 0, done.stderr
    return done.stdout
