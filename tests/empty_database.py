"""Databases that are there at once and wait for no disk, for tests of everything else.

With all tables and nothing in them, made once by `quart-notes migrate` and copied from then on. A commit is with the
operating system, where it outlives every process; that it reaches the disk counts when the power fails only.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from unittest.mock import patch

from quart_notes.database import PRAGMAS
from quart_notes.settings import Settings
from tests.nursery import run


@contextmanager
def no_wait_for_the_disk() -> Iterator[None]:
    """For databases that are opened meanwhile."""
    with patch.dict(PRAGMAS, synchronous="OFF"):
        yield


def put_empty_database(folder: Path) -> None:
    """Have it in a data folder that holds no database."""
    file = Settings(data=folder).database_file
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_empty())


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        done = run("migrate", folder=Path(folder), env=dict(os.environ))
        assert done.returncode == 0, done.stderr
        return (Path(folder) / "data" / Settings().database_file.name).read_bytes()
