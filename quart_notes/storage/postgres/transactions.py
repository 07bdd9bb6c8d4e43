"""Transactions on PostgreSQL, and the translation of the driver's errors for Tortoise.

Tortoise 1.1 does not translate the driver's errors for a lost connection, and takes COMMIT for a success where the
server has rolled back.
source   Tortoise's backends/asyncpg/client.py
"""

import asyncio
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache
from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import NestedTransactionContext, TransactionContext
from tortoise.exceptions import IntegrityError, OperationalError

from quart_notes.storage.postgres.connections import CONNECTION_ERRORS, fetch_value

# Id of the advisory lock of a writing transaction, held until the commit; it is local to a database.
WRITING = 0x51756172744E01

READING = {"reader", "aside"}  # roles of connections
READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
# The lock comes first: later reads include everything that was committed before.
WRITE = f"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_advisory_xact_lock({WRITING})"
APPEND = """
    WITH head AS (UPDATE log_head SET newest = newest + $1::bigint WHERE id = 1 RETURNING newest),
    logged AS (
        INSERT INTO event_log (number, topic, body, subject, created_at)
        SELECT head.newest - $1::bigint + entry.place, entry.topic, entry.body, entry.subject, $5
        FROM head, unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS entry (topic, body, subject, place)
    )
    SELECT newest, pg_current_xact_id()::text, pg_notify('quart_notes_commits', newest::text) FROM head
"""
# The outcome of a transaction by its id, and by the number and time of its first event. A server that crashes loses ids
# with their records, and gives them to other transactions: then one that was lost has the status of another.
OUTCOME = """
    SELECT CASE WHEN EXISTS (SELECT FROM event_log WHERE number = $2 AND created_at = $3) THEN 'logged'
        WHEN $1::text::xid8 >= pg_snapshot_xmax(pg_current_snapshot()) THEN 'aborted'
        ELSE pg_xact_status($1::text::xid8) END
"""
OUTCOME_TIMEOUT = 5.0  # seconds to find out the outcome of a commit whose response was lost
RETRY_DELAY = 0.1  # seconds between two attempts at that
# After these, the response may be lost.
CONNECTION_LOST = (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, OSError)
OUTCOME_UNKNOWN = "the outcome of a commit is not known"
VALUE = re.compile(r"\?(\d+)")

log = logging.getLogger(__name__)


@contextmanager
def translate_errors() -> Iterator[None]:
    """Translate the driver's errors into Tortoise's, which are the same for all databases."""
    try:
        yield
    except CONNECTION_ERRORS as error:
        raise _to_tortoise_error(error) from error


def _to_tortoise_error(error: Exception) -> OperationalError:
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return IntegrityError(error)
    if isinstance(error, asyncpg.DiskFullError):
        return OperationalError(f"the server's disk is full: {error}")
    return OperationalError(str(error) or "no answer in time")


@cache
def _numbered(query: str) -> str:
    return VALUE.sub(r"$\1", query)


class PostgresTransaction(TransactionWrapper):
    """A transaction that reports its real outcome."""

    FIND = "strpos"
    SIZE = "SELECT pg_database_size(current_database())"

    def __init__(self, parent: AsyncpgDBClient, connection: Any) -> None:
        super().__init__(parent)
        self._connection = connection
        self._changes = 0
        # Its id, and the number and time of its first event, as soon as it has events.
        self._logged: tuple[str, int, datetime] | None = None

    @property
    def change_count(self) -> int:
        """Number of statements that may have changed something. A failed one counts: no statement can follow it."""
        return self._changes

    def _count(self) -> None:
        self._changes += 1
        if isinstance(self._parent, PostgresTransaction):
            self._parent._count()

    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(PostgresTransaction(self, self._connection))

    async def begin(self) -> None:
        """Begin the transaction."""
        with translate_errors():
            await self._connection.execute(READ if getattr(self._parent, "role", "") in READING else WRITE)

    async def commit(self) -> None:
        """Commit; OperationalError when that fails."""
        try:
            outcome = await self._connection.execute("COMMIT")
        except CONNECTION_ERRORS as error:
            # The server may have committed before it, or its connection, was lost.
            committed = await self._is_committed() if isinstance(error, CONNECTION_LOST) else False
            if committed is None:
                raise OperationalError(OUTCOME_UNKNOWN) from error
            if not committed:
                raise _to_tortoise_error(error) from error
            log.warning("The answer to a commit was lost; asked again, the server has made it: %s", error)
        else:
            # After a failed statement the server answers COMMIT with ROLLBACK, without an error.
            if outcome != "COMMIT":
                raise OperationalError("a statement of the transaction has failed")
        self._finalized = True

    async def _is_committed(self) -> bool | None:
        """Whether the server has committed it; None when that cannot be found out.

        source   https://www.postgresql.org/docs/current/functions-info.html (pg_xact_status)
        """
        if self._logged is None:
            return None
        parent: Any = self._parent  # a PostgresDbClient
        with suppress(TimeoutError):
            async with asyncio.timeout(OUTCOME_TIMEOUT):
                while True:
                    with suppress(*CONNECTION_ERRORS):
                        outcome = await fetch_value(parent.target, OUTCOME, *self._logged)
                        if outcome in {"logged", "aborted"}:
                            return bool(outcome == "logged")
                    # In progress: the server may not have noticed yet that the connection is gone.
                    # Committed: a moment ago, or that is another transaction.
                    await asyncio.sleep(RETRY_DELAY)
        return None

    async def rollback(self) -> None:
        """Roll back everything."""
        self._finalized = True
        with translate_errors():
            await self._connection.execute("ROLLBACK")

    async def savepoint(self) -> None:
        """Begin a nested transaction."""
        with translate_errors():
            await self._connection.execute("SAVEPOINT inner_one")

    async def release_savepoint(self) -> None:
        """Keep the changes of the nested transaction."""
        self._finalized = True
        with translate_errors():
            await self._connection.execute("RELEASE SAVEPOINT inner_one")

    async def savepoint_rollback(self) -> None:
        """Roll back the nested transaction."""
        self._finalized = True
        with translate_errors():
            await self._connection.execute("ROLLBACK TO SAVEPOINT inner_one")

    async def commit_events(self, entries: Sequence[tuple[str, bytes, str | None]], at: datetime) -> int:
        """Number and insert (topic, body, subject) in order, and commit; returns the number of the first."""
        topics = [topic for topic, _, _ in entries]
        bodies = [body.decode() for _, body, _ in entries]
        subjects = [subject for _, _, subject in entries]
        with translate_errors():
            row = await self._connection.fetchrow(APPEND, len(entries), topics, bodies, subjects, at)
        newest, transaction_id, _ = row
        first = int(newest) - len(entries) + 1
        self._logged = transaction_id, first, at
        await self.commit()
        return first

    async def execute_insert(self, query: str, values: list[Any]) -> Any:
        """Insert one row; returns the id for our own SQL, and for Tortoise's the columns that it asks for."""
        self._count()
        if "?" not in query:
            return await super().execute_insert(query, values)
        with translate_errors():
            return await self._connection.fetchval(f"{_numbered(query)} RETURNING id", *values)

    async def execute_briefly(self, query: str, values: list[Any]) -> Sequence[Any]:
        """Run a statement about one row; returns the rows."""
        _, rows = await self.execute_query(query, values)
        found: Sequence[Any] = rows
        return found

    async def execute_many(self, query: str, values: list[Any]) -> None:
        """Run a statement for each of many rows."""
        self._count()
        await super().execute_many(query, values)

    async def execute_query(self, query: str, values: list[Any] | None = None) -> tuple[int, Any]:
        """The number of rows, and the rows."""
        if not query.lstrip().startswith("SELECT"):
            self._count()
        result: tuple[int, Any] = await super().execute_query(_numbered(query) if "?" in query else query, values)
        return result

    async def execute_script(self, query: str) -> None:
        """Run statements without values."""
        self._count()
        await super().execute_script(query)

    async def _translate_exceptions(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with translate_errors():
            return await func(self, *args, **kwargs)
