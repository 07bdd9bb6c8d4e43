"""A clock for the domain, which a test sets."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest


class Clock:
    """The time that the domain reads."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def advance(self, **length: float) -> datetime:
        """Let time pass; returns the new time."""
        self.time += timedelta(**length)
        return self.time


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still; each reading is a microsecond later than the one before."""
    clock = Clock()

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return clock.advance(microseconds=1)

    for module in ("notes", "boards", "history.trash", "history.revisions"):
        monkeypatch.setattr(f"quart_notes.domain.{module}.datetime", Shifted)
    return clock
