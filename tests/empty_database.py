"""A database with all its tables and nothing in them: made once by `quart-notes migrate`, and copied from then on."""

import os
import tempfile
from functools import cache
from pathlib import Path

from quart_notes.settings import Settings
from tests.nursery import run


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
