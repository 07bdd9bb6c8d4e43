"""Findings of the doctor, and an empty database to check."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from quart_notes.cli.doctor.host import Finding
from tests.support.servers.empty_database import put_empty_database


def only(findings: Iterable[Finding]) -> tuple[str, str]:
    """Verdict and detail of the only finding."""
    (found,) = findings
    return found.verdict, found.detail


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An empty database."""
    put_empty_database(tmp_path)
    return tmp_path / "quart-notes.sqlite3"
