"""Passwords: hashed slowly, off the event loop, two at a time."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from quart_notes.errors import OverloadedError

T = TypeVar("T")
AT_ONCE = 2  # hashes: each takes 19 MiB and a core for some 30 ms
MAX_WAITING = 64  # hashes that may wait; the next is answered 503
# Argon2id as OWASP's Password Storage Cheat Sheet has it for servers with little memory.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Of no password that anybody has: an unknown nickname costs the same time as a wrong password.
NOBODYS = HASHER.hash("nobody's password")


class Passwords:
    """Makes and checks hashes of passwords; no other work waits for them."""

    def __init__(self) -> None:
        self._workers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="password")
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """A hash to keep, with its salt and parameters."""
        return await self._off_the_loop(partial(HASHER.hash, password))

    async def fits(self, password: str, kept: str | None) -> bool:
        """Whether a password belongs to a hash; without one it takes as long and fits nothing."""
        fits = await self._off_the_loop(partial(_verify, password, kept or NOBODYS))
        return fits and kept is not None

    async def _off_the_loop(self, work: "partial[T]") -> T:
        if self._waiting >= MAX_WAITING:
            raise OverloadedError("Too many people are signing in; try again.", headers={"Retry-After": "2"})
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._workers, work)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Take no more work."""
        self._workers.shutdown(wait=False, cancel_futures=True)


def _verify(password: str, kept: str) -> bool:
    try:
        return HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
