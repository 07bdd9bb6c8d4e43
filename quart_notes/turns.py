"""Whose turn it is to write, among processes that share a SQLite file.

SQLite itself lets a process that finds the file locked try again after a while, and again: whoever comes at the right
moment is next, and with four busy processes one may wait for seconds. Here they stand in a queue.
"""

import asyncio
from contextlib import suppress
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, lockf
from types import TracebackType
from typing import Protocol

NEXT, WRITING = 0, 1  # bytes that are locked


class Turn(Protocol):
    """What is entered around each transaction that writes."""

    async def __aenter__(self) -> None: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Turns:
    """A queue for processes, on two bytes of a file that all of them have open; the kernel lets go of the dead.

    Whoever writes holds WRITING. Whoever is next holds NEXT and waits for WRITING: so somebody who has just written
    cannot be first again while another one waits.

    descriptor   of the file; record locks belong to the process, so an inherited one does
    source       fcntl(2), "Advisory record locking"
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    async def __aenter__(self) -> None:
        for byte in (NEXT, WRITING):
            try:
                lockf(self._descriptor, LOCK_EX | LOCK_NB, 1, byte)
            except OSError:
                await asyncio.to_thread(lockf, self._descriptor, LOCK_EX, 1, byte)
        lockf(self._descriptor, LOCK_UN, 1, NEXT)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            lockf(self._descriptor, LOCK_UN, 1, WRITING)
