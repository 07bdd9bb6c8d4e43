"""Leader election: one process leads, and another one after its end."""

import asyncio
from pathlib import Path

import pytest

from quart_notes.cluster.leader_election import POLL_INTERVAL, FileLock, LeaderElection
from quart_notes.errors import DatabaseUnavailableError
from tests.support.virtual_time import in_virtual_time


class Work:
    """Records what a leader does."""

    def __init__(self, lock: "Lock | FileLock") -> None:
        self.done: list[str] = []
        self.failure: Exception | None = None
        self.leader = LeaderElection("tests", lock, self._begin, self._end)

    async def _begin(self) -> None:
        if self.failure:
            raise self.failure
        self.done.append("begin")

    async def _end(self) -> None:
        self.done.append("end")


class Lock:
    """A lock that can be lost."""

    def __init__(self) -> None:
        self.free = True

    async def acquire(self) -> bool:
        return self.free

    async def release(self) -> None:
        """No other process waits for it."""


async def _waiting() -> tuple[Lock, Work]:
    """A held lock, and a candidate that waits for it."""
    lock = Lock()
    work = Work(lock)
    lock.free = False
    await work.leader.start()
    return lock, work


async def test_a_file_lock_has_one_holder_and_is_released(tmp_path: Path):
    first, second = FileLock(tmp_path / "new" / "lock"), FileLock(tmp_path / "new" / "lock")
    assert await first.acquire()
    assert await first.acquire()
    assert not await second.acquire()
    await first.release()
    await first.release()
    assert await second.acquire()
    assert not await first.acquire()
    await second.release()


async def test_a_single_process_leads_from_start_to_stop(tmp_path: Path):
    work = Work(FileLock(tmp_path / "lock"))
    await work.leader.start()
    assert work.done == ["begin"]
    await work.leader.stop()
    assert work.done == ["begin", "end"]


@in_virtual_time
async def test_a_waiting_process_leads_once_the_lock_is_free_until_it_loses_the_lock():
    lock, work = await _waiting()
    await asyncio.sleep(10 * POLL_INTERVAL)
    assert work.done == []
    lock.free = True
    await asyncio.sleep(2 * POLL_INTERVAL)
    assert work.done == ["begin"]
    lock.free = False  # lost with the connection that held it
    await asyncio.sleep(2 * POLL_INTERVAL)
    assert work.done == ["begin", "end"]
    await work.leader.stop()
    assert work.done == ["begin", "end"]


@in_virtual_time
async def test_a_failed_start_of_a_leader_is_retried():
    lock, work = await _waiting()
    work.failure, lock.free = RuntimeError("not now"), True
    await asyncio.sleep(5 * POLL_INTERVAL)
    assert set(work.done) == {"end"}  # of whatever may have been started
    work.failure = None
    await asyncio.sleep(2 * POLL_INTERVAL)
    assert work.done[-1] == "begin"
    await work.leader.stop()


@in_virtual_time
async def test_a_process_that_starts_with_a_busy_database_leads_later(caplog: pytest.LogCaptureFixture):
    work = Work(Lock())
    work.failure = DatabaseUnavailableError("The database does not answer.")

    await work.leader.start()

    assert work.done == ["end"]  # of whatever may have been started
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "tries again: tests: The database does not answer." in caplog.text
    work.failure = None
    await asyncio.sleep(2 * POLL_INTERVAL)
    assert work.done == ["end", "begin"]
    await work.leader.stop()
