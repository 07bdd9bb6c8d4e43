"""Leader election by a lock that is released when the process dies."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import IO, Protocol

from quart_notes.errors import ProblemError
from quart_notes.private_files import make_folder, open_file

LOOK = 0.25  # seconds between attempts to acquire the lock
AGAIN = 1.0  # seconds more after a failure of the database: the log must not fill a full disk

log = logging.getLogger(__name__)


class Lock(Protocol):
    """A lock that is released when its process ends, in whatever way."""

    async def take(self) -> bool:
        """Whether this process holds the lock; acquires it if it is free."""

    async def release(self) -> None:
        """Release it."""


class FileLock:
    """A lock on a file, among the processes of one machine."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._held: IO[bytes] | None = None

    async def take(self) -> bool:
        """Whether this process holds the lock."""
        if self._held is not None:
            return True
        make_folder(self._file.parent)
        opened = open_file(self._file, "ab")
        try:
            flock(opened, LOCK_EX | LOCK_NB)
        except OSError:
            opened.close()
            return False
        self._held = opened
        return True

    async def release(self) -> None:
        """Release it."""
        if self._held is not None:
            self._held.close()
            self._held = None


class Leader:
    """Works while it holds the lock.

    1. `begin` is awaited after this process has acquired the lock, `end` before it releases the lock or after it has
       lost it. When `begin` fails, what has begun is ended, and it is tried again.
    2. A process that is alone has begun when `start` returns, if the database works.
    """

    def __init__(
        self, name: str, lock: Lock, begin: Callable[[], Awaitable[None]], end: Callable[[], Awaitable[None]]
    ) -> None:
        self._name = name
        self._lock = lock
        self._begin = begin
        self._end = end
        self._task: asyncio.Task[None] | None = None
        self.leads = False

    async def start(self) -> None:
        """Begin now if the lock is free, or as soon as it is."""
        await self._try()
        self._task = asyncio.create_task(self._keep_looking(), name=f"leader: {self._name}")

    async def stop(self) -> None:
        """End, and let another process begin."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self.leads:
            self.leads = False
            await self._end()
        await self._lock.release()

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            try:
                if not await self._try():
                    await asyncio.sleep(AGAIN)
            except Exception:
                log.exception("The process could not take the lead: %s", self._name)

    async def _try(self) -> bool:
        """Whether the database was available."""
        try:
            await self._look()
        except ProblemError as error:
            log.warning("The process could not take the lead, and tries again: %s: %s", self._name, error.detail)
            return False
        return True

    async def _look(self) -> None:
        holds = await self._lock.take()
        if holds and not self.leads:
            try:
                await self._begin()
            except BaseException:
                await self._end()  # end what has begun: another process may be first the next time
                raise
            self.leads = True
        elif self.leads and not holds:
            self.leads = False
            await self._end()
