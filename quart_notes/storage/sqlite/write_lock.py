"""A fair write lock for processes that share a SQLite file.

SQLite's own busy handler sleeps and retries: the next process is one that comes at the right moment, and with four busy
processes one may wait for seconds. This lock is a queue.
"""

import asyncio
from contextlib import suppress
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, lockf

NEXT, WRITING = 0, 1  # bytes that are locked
ACQUIRE_TIMEOUT = 10.0  # seconds to wait for the lock: a suspended process may hold it for ever


class FairWriteLock:
    """A queue for processes, on two bytes of a file that all have open; the kernel releases locks of dead processes.

    The process that writes holds WRITING. The next one holds NEXT and waits for WRITING: so a process that has just
    written cannot be first again while another one waits.

    Waiting ends after ACQUIRE_TIMEOUT with TimeoutError. The waiting thread cannot be cancelled. A lock it gets after
    its caller gave up goes to the next writer, or is released.

    descriptor   of the file; record locks belong to the process, so an inherited one works
    source       fcntl(2), "Advisory record locking"
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._acquiring: asyncio.Task[None] | None = None
        self._wanted = False

    async def __aenter__(self) -> None:
        if self._acquiring is None and self._lock(NEXT, wait=False) and self._lock(WRITING, wait=False):
            self._unlock(NEXT)
            return
        acquiring = self._acquiring = self._acquiring or asyncio.create_task(self._acquire(), name="write lock")
        self._wanted = True
        try:
            await asyncio.wait([acquiring], timeout=ACQUIRE_TIMEOUT)
        finally:
            self._wanted = False
        if not acquiring.done():
            raise TimeoutError("Another process has been writing for too long.")
        self._acquiring = None
        acquiring.result()

    async def _acquire(self) -> None:
        if not (self._lock(NEXT, wait=False) and self._lock(WRITING, wait=False)):
            await asyncio.to_thread(self._wait)
        self._unlock(NEXT)
        if not self._wanted:
            self._unlock(WRITING)
            self._acquiring = None

    def _wait(self) -> None:
        for byte in (NEXT, WRITING):
            self._lock(byte, wait=True)

    def _lock(self, byte: int, *, wait: bool) -> bool:
        try:
            lockf(self._descriptor, LOCK_EX if wait else LOCK_EX | LOCK_NB, 1, byte)
        except (BlockingIOError, PermissionError):  # another process holds the lock; platforms differ
            return False
        return True

    async def __aexit__(self, *_: object) -> None:
        with suppress(OSError):
            self._unlock(WRITING)

    def _unlock(self, byte: int) -> None:
        lockf(self._descriptor, LOCK_UN, 1, byte)
