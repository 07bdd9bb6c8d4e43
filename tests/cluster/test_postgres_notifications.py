"""Listening to PostgreSQL continues after a failed connection."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from quart_notes.cluster import postgres_notifications
from quart_notes.cluster.postgres_notifications import PostgresNotifications
from quart_notes.errors import DatabaseUnavailableError
from quart_notes.settings import Postgres
from tests.support.clients.raw_connection import until


class Connection:
    """A connection that responds, or fails on demand."""

    def __init__(self, *, listening: Exception | None = None, answering: Exception | None = None) -> None:
        self.listening, self.answering = listening, answering
        self.terminated = False

    def add_termination_listener(self, _: object) -> None:
        """Never called."""

    async def add_listener(self, *_: object) -> None:
        if self.listening:
            raise self.listening

    async def fetchval(self, *_: object) -> int:
        if self.answering:
            raise self.answering
        return 5

    def terminate(self) -> None:
        self.terminated = True


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Connection]:
    """The connections that are opened from now on, in order."""
    made: list[Connection] = []
    had = iter(made)

    async def connect(*_: Any) -> Connection:
        return next(had)

    monkeypatch.setattr(postgres_notifications, "connect", connect)
    monkeypatch.setattr(postgres_notifications, "RETRY_DELAY", 0.01)
    return made


@pytest.fixture
async def notices() -> AsyncIterator[PostgresNotifications]:
    """Not listening yet."""
    notices = PostgresNotifications(Postgres("postgres:///nowhere", 1, 1))
    yield notices
    await notices.stop()


@pytest.mark.parametrize("error", [OSError(), TimeoutError(), AttributeError("something of the driver's own")])
async def test_a_failed_connection_is_replaced(
    connections: list[Connection], notices: PostgresNotifications, error: Exception
):
    heard: list[int | None] = []
    notices.on_commit = lambda number, _: heard.append(number)
    connections += [Connection(answering=error), Connection(listening=error), Connection()]

    await notices.start()
    with pytest.raises(DatabaseUnavailableError):
        await notices.newest()
    await until(lambda: heard, "it is listened again")

    assert heard[0] is None, "something may have been missed"
    assert await asyncio.wait_for(notices.newest(), 10) == 5
    assert [one.terminated for one in connections] == [True, True, False]


async def test_a_connection_that_cannot_listen_is_closed(connections: list[Connection], notices: PostgresNotifications):
    connections.append(Connection(listening=OSError()))

    with pytest.raises(DatabaseUnavailableError):
        await notices.start()

    assert connections[0].terminated


@pytest.mark.parametrize(("moment", "is_connected"), [(60.0, True), (0.0, False)])
async def test_a_connection_lost_for_longer_than_the_grace_period_is_reported(
    connections: list[Connection],
    notices: PostgresNotifications,
    monkeypatch: pytest.MonkeyPatch,
    moment: float,
    is_connected: bool,
):
    during: list[bool] = []

    class Refused(Connection):
        async def add_listener(self, *_: object) -> None:
            during.append(notices.is_connected())
            raise OSError

    monkeypatch.setattr(postgres_notifications, "RECONNECT_GRACE", moment)
    connections += [Connection(answering=OSError()), Refused(), Connection()]

    await notices.start()
    assert notices.is_connected()
    with pytest.raises(DatabaseUnavailableError):
        await notices.newest()
    await until(lambda: during, "another connection is tried")
    assert during == [is_connected]
    await until(lambda: notices.is_connected() and connections[1].terminated, "it is listened again")
