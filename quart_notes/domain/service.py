"""The common base of the domain's services: their dependencies, and the shape of a list."""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Concatenate, Generic, NamedTuple, ParamSpec, TypeVar

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.queryset import QuerySet

from quart_notes.domain.access import Caller
from quart_notes.live.event_log import EventLog
from quart_notes.live.writer import Change, Committed, Write
from quart_notes.schemas.event_ids import EventId
from quart_notes.storage.database import Database

T = TypeVar("T")
P = ParamSpec("P")
Precondition = Callable[[int], bool] | None  # whether an object of that version may be changed; None: of any
DELETE_CHUNK = 500  # rows deleted in one transaction
PURGED = datetime(1970, 1, 1, tzinfo=UTC)  # the `deleted_at` of a board or a thread that cannot be restored any more


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


S = TypeVar("S", bound=Service)


def transactional(
    method: Callable[Concatenate[S, Change, P], Awaitable[T]],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, Committed[T]]]:
    """Run a service's method in a transaction; it gets the change, its caller the committed result.

    The change is made by the Caller among the arguments, if there is one.
    """

    @wraps(method)
    async def run(self: S, /, *args: P.args, **kwargs: P.kwargs) -> Committed[T]:
        by = next((argument.id for argument in args if isinstance(argument, Caller)), None)
        return await self._write(lambda change: method(self, change, *args, **kwargs), by)

    return run


async def delete_chunk(change: Change, rows: QuerySet[Any]) -> bool:
    """Delete a chunk of these rows; returns whether there may be more."""
    ids: Any = await rows.using_db(change.connection).limit(DELETE_CHUNK).values_list("id", flat=True)
    await rows.model.filter(id__in=list(ids)).using_db(change.connection).delete()
    return len(ids) == DELETE_CHUNK
