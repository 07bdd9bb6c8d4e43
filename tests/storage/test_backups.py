"""Copies of a database in use: consistent, whatever is written at the same time."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from unittest.mock import Mock

import pytest

from quart_notes.storage.sqlite import backup

pytestmark = pytest.mark.sqlite_only("copies of the file")

ROWS = 2000  # of 10 KB: several times the size of one copy step


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a database in `tmp_path / "source"`, for writes."""
    with closing(sqlite3.connect(tmp_path / "source", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("CREATE TABLE filler (text TEXT)")
        connection.executescript(
            f"BEGIN; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) "
            "INSERT INTO filler SELECT hex(zeroblob(5000)) FROM n; COMMIT;"
        )
        yield connection


def test_a_copy_completes_despite_a_write_at_every_step(tmp_path: Path, busy: sqlite3.Connection):
    steps: list[int] = []

    def write(percent: int) -> None:
        steps.append(percent)
        assert len(steps) < 100, "it begins again and again"
        busy.execute("INSERT INTO filler VALUES ('later')")

    backup.copy(tmp_path / "source", tmp_path / "target", write)

    assert len(steps) > 2
    assert steps == sorted(steps)
    with closing(sqlite3.connect(tmp_path / "target")) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT count(*) FROM filler").fetchone() == (ROWS,)
    assert sorted(file.name for file in tmp_path.glob("target*")) == ["target"]


def test_a_failed_copy_leaves_nothing(tmp_path: Path, busy: sqlite3.Connection):
    with pytest.raises(KeyboardInterrupt):
        backup.copy(tmp_path / "source", tmp_path / "target", Mock(side_effect=KeyboardInterrupt))

    assert not list(tmp_path.glob("target*"))
