"""Hashes passwords: slowly, off the event loop, a few at a time."""

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from quart_notes.errors import OverloadedError

T = TypeVar("T")
HASHES_AT_ONCE = 2  # hashes for unknown callers: each takes 19 MiB and a core for some 30 ms
KNOWN_HASHES_AT_ONCE = 1  # hashes for callers who are known
MAX_WAITING = 64  # hashes that may wait in each queue; the next gets 503
# Argon2id with the parameters of OWASP's Password Storage Cheat Sheet for servers with little memory.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# A hash of nobody's password, with the same parameters: an unknown nickname costs the same time as a wrong password.
DUMMY_HASH = "$argon2id$v=19$m=19456,t=2,p=1$lHQA362+VPxeWd2OUz1E/g$9KXghjSDc78p5EudM11uCTVcYtnyQV+hSek0eRQenbE"


class _Queue:
    """Hashes that wait for a thread, a limited number of them."""

    def __init__(self, at_once: int) -> None:
        self._workers = ThreadPoolExecutor(at_once, thread_name_prefix="password")
        self._waiting = 0

    async def run(self, work: "partial[T]") -> T:
        """Run `work` in a thread; OverloadedError when too many wait."""
        if self._waiting >= MAX_WAITING:
            raise OverloadedError("Too many people are signing in; try again.", headers={"Retry-After": "2"})
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._workers, work)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Accept no more work."""
        self._workers.shutdown(wait=False, cancel_futures=True)


class Passwords:
    """Makes and verifies hashes of passwords; no other work waits for them.

    Callers who are known, by a session, a link or a browser, have a queue of their own: strangers who try passwords
    cannot fill it.
    """

    def __init__(self) -> None:
        self._strangers = _Queue(HASHES_AT_ONCE)
        self._known = _Queue(KNOWN_HASHES_AT_ONCE)

    async def hash(self, password: str) -> str:
        """A hash of a password in NFC to store, with its salt and parameters."""
        return await self._known.run(partial(HASHER.hash, password))

    async def verify(self, password: str, kept: str | None, *, known: bool = False) -> bool:
        """Whether a password matches a hash; without a hash it takes as long and returns False."""
        queue = self._known if known else self._strangers
        matches = await queue.run(partial(_verify, password, kept or DUMMY_HASH))
        return matches and kept is not None

    def close(self) -> None:
        """Accept no more work."""
        self._strangers.close()
        self._known.close()


def _verify(password: str, kept: str) -> bool:
    """Whether it matches in any normal form: old hashes are of the keyboard's form, which was not always NFC."""
    forms = dict.fromkeys([unicodedata.normalize("NFC", password), password, unicodedata.normalize("NFD", password)])
    return any(_is_of(form, kept) for form in forms)


def _is_of(password: str, kept: str) -> bool:
    try:
        return HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
