"""The common base of the domain's services: their dependencies, and the shape of a list."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from tortoise.backends.base.client import BaseDBAsyncClient

from quart_notes.live.event_log import EventLog
from quart_notes.live.writer import Write
from quart_notes.schemas.event_ids import EventId
from quart_notes.storage.database import Database

T = TypeVar("T")


class Listed(NamedTuple, Generic[T]):
    """A part of a list, the newest event that it includes, and whether there is more."""

    items: list[T]
    position: EventId
    more: bool = False


@dataclass(eq=False)
class Service:
    """The rules of a noun, and their dependencies."""

    _database: Database
    _log: EventLog
    _write: Write

    @asynccontextmanager
    async def _snapshot(self) -> AsyncIterator[tuple[BaseDBAsyncClient, EventId]]:
        """A consistent read, and the newest event that it includes."""
        async with self._database.snapshot() as connection:
            yield connection, await self._log.newest(connection)
