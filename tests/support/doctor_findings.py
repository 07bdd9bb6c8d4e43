"""What the doctor finds, and an empty database for it."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from quart_notes.cli.doctor.host import Finding
from tests.support.servers.empty_database import put_empty_database


def only(findings: Iterable[Finding]) -> tuple[str, str]:
    """Verdict and detail of the one thing that was found."""
    (found,) = findings
    return found.verdict, found.detail


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An empty database."""
    put_empty_database(tmp_path)
    return tmp_path / "quart-notes.sqlite3"
