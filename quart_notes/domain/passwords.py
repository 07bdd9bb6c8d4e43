"""Passwords: hashed slowly, off the event loop, a few at a time."""

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from quart_notes.errors import OverloadedError

T = TypeVar("T")
AT_ONCE = 2  # hashes for strangers: each takes 19 MiB and a core for some 30 ms
AT_ONCE_KNOWN = 1  # hashes for those who have shown who they are
MAX_WAITING = 64  # hashes that may wait in each queue; the next is answered 503
# Argon2id as OWASP's Password Storage Cheat Sheet has it for servers with little memory.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Of no password that anybody has: an unknown nickname costs the same time as a wrong password.
NOBODYS = HASHER.hash("nobody's password")


class _Queue:
    """Hashes that wait for a thread, a bounded number of them."""

    def __init__(self, at_once: int) -> None:
        self._workers = ThreadPoolExecutor(at_once, thread_name_prefix="password")
        self._waiting = 0

    async def run(self, work: "partial[T]") -> T:
        """Run `work` in a thread; OverloadedError when too much is waiting."""
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


class Passwords:
    """Makes and checks hashes of passwords; no other work waits for them.

    Those who have shown who they are, by a session, a link or a browser that is known, have a queue of their own: it is
    not full because strangers try passwords.
    """

    def __init__(self) -> None:
        self._strangers = _Queue(AT_ONCE)
        self._known = _Queue(AT_ONCE_KNOWN)

    async def hash(self, password: str) -> str:
        """A hash to keep of a password in NFC, with its salt and parameters."""
        return await self._known.run(partial(HASHER.hash, password))

    async def fits(self, password: str, kept: str | None, *, known: bool = False) -> bool:
        """Whether a password belongs to a hash; without one it takes as long and fits nothing."""
        queue = self._known if known else self._strangers
        fits = await queue.run(partial(_verify, password, kept or NOBODYS))
        return fits and kept is not None

    def close(self) -> None:
        """Take no more work."""
        self._strangers.close()
        self._known.close()


def _verify(password: str, kept: str) -> bool:
    """Whether it fits, in whatever normal form: hashes of old are of what a keyboard sent, which NFC was not always."""
    forms = dict.fromkeys([unicodedata.normalize("NFC", password), password, unicodedata.normalize("NFD", password)])
    return any(_is_of(form, kept) for form in forms)


def _is_of(password: str, kept: str) -> bool:
    try:
        return HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
