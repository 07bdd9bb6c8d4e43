"""Leader election by a lock that is released when the process dies."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

from quart_notes.errors import ProblemError
from quart_notes.file_locks import try_lock
from quart_notes.private_files import make_folder, open_file

POLL_INTERVAL = 0.25  # seconds between attempts to acquire the lock
RETRY_DELAY = 1.0  # seconds more after a failure of the database: the log must not fill a full disk

log = logging.getLogger(__name__)


class Lock(Protocol):
    """A lock that is released when its process ends, in whatever way."""

    async def acquire(self) -> bool:
        """Whether this process holds the lock; acquires it if it is free."""

    async def release(self) -> None:
        """Release it."""


class FileLock:
    """A lock on a file, among the processes of one machine."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._held: IO[bytes] | None = None

    async def acquire(self) -> bool:
        """Whether this process holds the lock."""
        if self._held is None:
            make_folder(self._file.parent)
            opened = open_file(self._file, "ab")
            if try_lock(opened):
                self._held = opened
            else:
                opened.close()
        return self._held is not None

    async def release(self) -> None:
        """Release it."""
        if self._held is not None:
            self._held.close()
            self._held = None


class LeaderElection:
    """Works while it holds the lock.

    1. `on_elected` is awaited after this process has acquired the lock, `on_lost` before it releases the lock or after
       it has lost it. When `on_elected` fails, `on_lost` is awaited, and it is tried again.
    2. A process that is alone is the leader when `start` returns, if the database works.
    """

    def __init__(
        self, name: str, lock: Lock, on_elected: Callable[[], Awaitable[None]], on_lost: Callable[[], Awaitable[None]]
    ) -> None:
        self._name = name
        self._lock = lock
        self._on_elected = on_elected
        self._on_lost = on_lost
        self._task: asyncio.Task[None] | None = None
        self.is_leader = False

    async def start(self) -> None:
        """Become the leader now if the lock is free, or as soon as it is."""
        await self._try()
        self._task = asyncio.create_task(self._keep_trying(), name=f"leader: {self._name}")

    async def stop(self) -> None:
        """Stop, and let another process become the leader."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self.is_leader:
            self.is_leader = False
            await self._on_lost()
        await self._lock.release()

    async def _keep_trying(self) -> None:
        while True:
            await asyncio.sleep(POLL_INTERVAL)
            try:
                if not await self._try():
                    await asyncio.sleep(RETRY_DELAY)
            except Exception:
                log.exception("The process could not take the lead: %s", self._name)

    async def _try(self) -> bool:
        """Whether the database was available."""
        try:
            await self._check_lock()
        except ProblemError as error:
            log.warning("The process could not take the lead, and tries again: %s: %s", self._name, error.detail)
            return False
        return True

    async def _check_lock(self) -> None:
        holds = await self._lock.acquire()
        if holds and not self.is_leader:
            try:
                await self._on_elected()
            except BaseException:
                await self._on_lost()  # another process may acquire the lock the next time
                raise
            self.is_leader = True
        elif self.is_leader and not holds:
            self.is_leader = False
            await self._on_lost()
