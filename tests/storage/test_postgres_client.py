"""PostgreSQL: no leaks, no unstored acknowledged write, one writer at a time, and recovery from lost connections."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from quart_notes.core import Core
from quart_notes.domain.access import ANYBODY, SHARED_BOARD
from quart_notes.errors import DatabaseUnavailableError, StorageFullError
from quart_notes.live.frames import sse
from quart_notes.live.writer import Change
from quart_notes.models import Note
from quart_notes.schemas import NoteCreate
from quart_notes.settings import Postgres
from quart_notes.storage.postgres import advisory_lock, client, transactions
from quart_notes.storage.postgres.advisory_lock import AdvisoryLock
from quart_notes.storage.postgres.transactions import WRITING, PostgresTransaction
from tests.support.accounts_app import hash_quickly, opened_house
from tests.support.clients.raw_connection import until
from tests.support.servers import postgres
from tests.support.servers.in_process import opened
from tests.support.servers.postgres import Databases, asked, outsider
from tests.support.servers.server_process import wait_for

SESSIONS = "SELECT sessions FROM pg_stat_database WHERE datname = current_database()"
HELD = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1"


@pytest.fixture
async def core(url: str, tmp_path: Path) -> AsyncIterator[Core]:
    async with opened(tmp_path, alone=False, database_url=url, database_pool=4, database_timeout=5) as core:
        yield core


async def _read(core: Core) -> None:
    async with core.database.snapshot() as connection:
        await connection.execute_query("SELECT count(*) FROM note")


async def _add(core: Core, title: str) -> int:
    return (await core.notes.add(ANYBODY, SHARED_BOARD, NoteCreate(title=title))).result.id


async def _until_nobody(url: str, condition: str) -> None:
    """Return once the server has no process for this database that meets the condition."""
    query = f"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND {condition}"

    def nobody() -> Any:
        return postgres.in_a_loop(asked(url, query)) == [(0,)]

    await asyncio.to_thread(wait_for, nobody, f"nobody is {condition}", 5)


async def _until_none_is_open(url: str) -> None:
    await _until_nobody(url, "state LIKE 'idle in transaction%'")


async def test_cancelled_readers_leak_nothing(core: Core, url: str):
    for number in range(50):
        readers = [asyncio.create_task(_read(core)) for _ in range(3)]
        await asyncio.sleep(number / 10_000)
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)

    async with asyncio.timeout(10):
        await asyncio.gather(*(_read(core) for _ in range(20)))
    await _until_none_is_open(url)
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'quart-notes reader'"
    assert (await asked(url, query))[0][0] <= 4, "more than the pool may have"


async def test_cancelled_writers_release_lock_and_transaction(core: Core, url: str):
    async def write() -> None:
        async with core.database.transaction() as connection:
            await connection.execute_query("UPDATE log_head SET newest = newest WHERE id = 1")
            await asyncio.sleep(0.001)

    for number in range(150):
        writer = asyncio.create_task(write())
        await asyncio.sleep(number / 15_000)
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)

    async with asyncio.timeout(10):
        await _add(core, "afterwards")
    await _until_none_is_open(url)
    assert await asked(url, HELD, WRITING & 0xFFFFFFFF) == [(0,)]


async def test_the_query_of_a_cancelled_reader_costs_no_further_connection_and_times_out(url: str, tmp_path: Path):
    async def sleep(core: Core) -> None:
        async with core.database.snapshot() as connection:
            await connection.execute_query("SELECT pg_sleep(60)")

    async with opened(tmp_path, alone=False, database_url=url, database_pool=2, database_timeout=2) as core:
        before = (await asked(url, SESSIONS))[0][0]
        sleepers = [asyncio.create_task(sleep(core)) for _ in range(20)]
        await asyncio.sleep(0.2)
        for sleeper in sleepers:
            sleeper.cancel()
        left = await asyncio.gather(*sleepers, return_exceptions=True)
        assert {type(one) for one in left} == {asyncio.CancelledError}
        assert (await asked(url, SESSIONS))[0][0] <= before + 4, "the readers, and the one that asks"
        await _until_nobody(url, "query LIKE 'SELECT pg_sleep%' AND state = 'active'")
        await _read(core)


async def test_requests_cannot_block_the_event_log_or_a_revocation(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    hash_quickly(monkeypatch)
    async with opened_house(tmp_path, database_url=url, database_pool=1) as house:
        await house.welcome("ada")
        passed = await house.grant(await house.cookie("ada"))
        ended, _ = house.watch(passed)
        async with house.core.database.snapshot(), asyncio.timeout(client.ACQUIRE_TIMEOUT / 2):
            await house.core.sessions.end_secret(passed.secret)
            await ended.wait()
            assert (await house.core.log.read_after(0)).messages


@pytest.mark.parametrize("begin", ["transaction", "snapshot"])
async def test_a_connection_closed_by_the_driver_is_replaced(url: str, tmp_path: Path, begin: str):
    async with opened(tmp_path, alone=False, database_url=url, database_pool=1) as core:
        for _ in range(2):
            with suppress(DatabaseUnavailableError):
                async with getattr(core.database, begin)() as connection:
                    # As the driver does when it writes after the server has closed.
                    connection._connection._con._protocol.abort()
                    await connection.execute_query("SELECT 1")
            async with asyncio.timeout(20):
                await _read(core)
                await _add(core, "written")


async def test_a_write_that_the_server_rolls_back_is_not_acknowledged(core: Core):
    async def swallow(change: Change) -> None:
        await _insert(change, "lost")
        try:
            await change.connection.execute_query("SELECT 1 / (SELECT count(*) FROM note WHERE id < 0)")
        except Exception as error:
            assert "division by zero" in str(error)

    with pytest.raises(DatabaseUnavailableError):
        await core.writer(swallow)
    with pytest.raises(DatabaseUnavailableError):
        async with core.database.transaction() as connection:
            await swallow(Change(connection))
    await _add(core, "kept")

    assert [note.title for note in (await _all(core))] == ["kept"]


async def _insert(change: Change, title: str) -> None:
    await change.connection.execute_insert(
        "INSERT INTO note (board_id, title, search_text, created_at, updated_at, done, version)"
        " VALUES (1, ?1, ?2, now(), now(), FALSE, 1)",
        [title, title],
    )


async def _all(core: Core) -> list[Note]:
    async with core.database.snapshot() as connection:
        return await Note.all().using_db(connection).order_by("id")


@pytest.mark.parametrize(("state", "error"), [("53100", StorageFullError), ("58030", DatabaseUnavailableError)])
async def test_a_write_without_disk_space_is_refused_and_rolled_back(core: Core, state: str, error: type[Exception]):
    async def fail(change: Change) -> None:
        await _insert(change, "half")
        await change.connection.execute_script(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$")

    with pytest.raises(error):
        await core.writer(fail)
    await _add(core, "next")

    assert [note.title for note in (await _all(core))] == ["next"]


async def test_a_write_that_waits_too_long_for_another_process_is_refused(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(client, "LOCK_TIMEOUT", 1)
    async with opened(tmp_path, alone=False, database_url=url) as core, outsider(url) as other:
        async with other.transaction():
            await other.execute(f"SELECT pg_advisory_xact_lock({WRITING})")
            began = time.monotonic()
            with pytest.raises(DatabaseUnavailableError):
                await _add(core, "refused")
            assert 0.9 < time.monotonic() - began < 3
            await _read(core)
        await _add(core, "kept")


async def test_a_statement_times_out(url: str, tmp_path: Path):
    async with opened(tmp_path, alone=False, database_url=url, database_timeout=1) as core:
        began = time.monotonic()
        with pytest.raises(DatabaseUnavailableError):
            async with core.database.snapshot() as connection:
                await connection.execute_query("SELECT pg_sleep(30)")
        assert time.monotonic() - began < 4
        await _read(core)


async def test_a_suspended_process_delays_others_only_briefly(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(client, "IDLE_TRANSACTION_TIMEOUT", 1)
    async with opened(tmp_path, alone=False, database_url=url) as core, outsider(url) as other:
        with pytest.raises(DatabaseUnavailableError):
            async with core.database.transaction() as connection:
                await _insert(Change(connection), "stopped")
                began = time.monotonic()
                await other.execute(f"SELECT pg_advisory_lock({WRITING})")
                assert time.monotonic() - began < 4
                await other.execute(f"SELECT pg_advisory_unlock({WRITING})")
        await _add(core, "kept")

        assert [note.title for note in (await _all(core))] == ["kept"]


class LostAnswer:
    """A connection that loses the response to COMMIT; a hook runs before that."""

    def __init__(self, connection: Any, during: Callable[[], object] = lambda: None) -> None:
        self._connection, self._during = connection, during

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def execute(self, query: str) -> Any:
        answer = await self._connection.execute(query)
        if query == "COMMIT":
            await asyncio.to_thread(self._during)
            with suppress(asyncpg.InterfaceError):  # it is lost already
                self._connection.terminate()
            raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")
        return answer


@pytest.fixture
def lose_answer(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lose the response to the next commit."""
    begin = PostgresTransaction.begin

    def lose(during: Callable[[], object] = lambda: None) -> None:
        async def begin_once(transaction: Any) -> None:
            await begin(transaction)
            if transaction._parent.role != "reader":
                transaction._connection = LostAnswer(transaction._connection, during)
                monkeypatch.setattr(PostgresTransaction, "begin", begin)

        monkeypatch.setattr(PostgresTransaction, "begin", begin_once)

    return lose


async def test_a_commit_whose_response_is_lost_is_found_to_have_succeeded(core: Core, lose_answer: Callable[..., None]):
    subscription = core.broadcaster.subscribe([f"board:{SHARED_BOARD}"], sse)
    lose_answer()
    await asyncio.gather(*(_add(core, f"kept {number}") for number in range(5)))
    await _add(core, "afterwards")
    assert [note.title for note in await _all(core)] == [*(f"kept {number}" for number in range(5)), "afterwards"]
    assert [message.number for message in subscription.drain()] == [1, 2, 3, 4, 5, 6]


async def test_the_outcome_of_a_commit_is_unknown_when_the_server_is_unreachable(
    databases: Databases, core: Core, lose_answer: Callable[..., None], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(transactions, "OUTCOME_TIMEOUT", 0.3)
    lose_answer(databases.server.stop)
    try:
        with pytest.raises(DatabaseUnavailableError, match="is not known"):
            await _add(core, "perhaps")
    finally:
        await asyncio.to_thread(databases.server.start)
    await until(lambda: core.follower.newest == 1, "what was committed is told")
    await _add(core, "kept")
    assert [note.title for note in await _all(core)] == ["perhaps", "kept"]


async def test_a_commit_lost_with_its_connection_is_found_to_have_failed(core: Core, url: str):
    await asked(
        url,
        "CREATE FUNCTION leave() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$",
    )
    await asked(
        url,
        "CREATE CONSTRAINT TRIGGER leaving AFTER INSERT ON note DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION leave()",
    )

    with pytest.raises(DatabaseUnavailableError, match="nothing was changed"):
        await _add(core, "not kept")

    await asked(url, "DROP TRIGGER leaving ON note")
    await _add(core, "kept")
    assert [note.title for note in (await _all(core))] == ["kept"]


async def test_a_commit_lost_in_a_crash_is_not_taken_for_a_later_transaction_with_its_id(
    databases: Databases, core: Core, url: str, monkeypatch: pytest.MonkeyPatch
):
    commit = PostgresTransaction.commit
    lost: list[int] = []

    async def crash(transaction: Any) -> None:
        monkeypatch.setattr(PostgresTransaction, "commit", commit)
        connection = transaction._connection
        ((current,),) = await connection.fetch("SELECT pg_current_xact_id()::text")
        lost.append(int(current))
        await asyncio.to_thread(databases.server.stop, signal.SIGKILL)
        await asyncio.to_thread(databases.server.start)
        while int((await asked(url, "SELECT pg_current_xact_id()::text"))[0][0]) < lost[0]:
            pass  # another transaction that is committed

        async def no_answer(_: str) -> None:
            raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")

        monkeypatch.setattr(transaction, "_connection", SimpleNamespace(execute=no_answer))
        await commit(transaction)

    await _add(core, "before")
    monkeypatch.setattr(PostgresTransaction, "commit", crash)
    monkeypatch.setattr(transactions, "OUTCOME_TIMEOUT", 1)

    with pytest.raises(DatabaseUnavailableError):
        await _add(core, "lost")

    assert lost
    await _add(core, "after")
    assert [note.title for note in await _all(core)] == ["before", "after"]


async def test_a_missing_leader_is_logged_once_and_so_is_its_recovery(
    url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    reasons: list[Exception] = [asyncpg.TooManyConnectionsError("too many"), OSError("refused"), TimeoutError()]

    async def connect(*_: Any, **__: Any) -> Any:
        raise reasons[0]

    lock = AdvisoryLock(Postgres(url, 1, 5), 7)
    with monkeypatch.context() as patch, caplog.at_level("INFO"):
        patch.setattr(advisory_lock, "connect", connect)
        while reasons:
            assert not await lock.acquire()
            assert not await lock.acquire()
            del reasons[0]
    with caplog.at_level("INFO"):
        assert await lock.acquire()
        assert await lock.acquire()
    await lock.release()

    told = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert [level for level, _ in told] == ["WARNING"] * 3 + ["INFO"]
    for (_, message), words in zip(
        told, ["too many", "refused", "no answer in time", "can ask for the lead again"], strict=True
    ):
        assert words in message
