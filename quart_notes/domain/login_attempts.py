"""Counts attempts to sign in, in the database: for all processes together."""

import json
import time
from collections.abc import Iterable
from hashlib import sha256
from math import ceil
from typing import NamedTuple

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import F, Q

from quart_notes.domain.rate_limits import RateLimit
from quart_notes.domain.service import DELETE_CHUNK, Service, transactional
from quart_notes.errors import TooManyAttemptsError
from quart_notes.live.writer import Change
from quart_notes.models import Attempt

MAX_ROWS = 50_000  # keys; those that expire first are deleted first
HOUR = 3600.0  # seconds; longer than any limit
RATE_LIMITS = {
    "account": RateLimit(burst=10, seconds=10),  # a nickname, from one address
    "nickname": RateLimit(burst=30, seconds=6),  # a nickname, from all unknown browsers together
    "address": RateLimit(burst=100, seconds=1),
    "device": RateLimit(burst=10, seconds=10),  # a known browser
    "password": RateLimit(burst=10, seconds=10),  # a user who changes their password
}


class LoginAttempt(NamedTuple):
    """What is counted: a kind in RATE_LIMITS, and its subject."""

    kind: str
    by: tuple[str | int | None, ...]

    @property
    def key(self) -> str:
        """The stored key, which contains no name."""
        return sha256(json.dumps(self).encode()).hexdigest()


class LoginAttempts(Service):
    """The recent attempts with passwords.

    1. An attempt is checked and counted in one write, before it is made: no more than the limit pass, however many come
       at once, to however many processes.
    2. An attempt that has to wait is not counted, and usually costs no write.
    3. A jump of the clock locks nobody out for longer than a whole burst.
    """

    async def count(self, *tries: LoginAttempt) -> None:
        """Count attempts that are made as one; TooManyAttemptsError when any of them has to wait."""
        limits = {one.key: RATE_LIMITS[one.kind] for one in tries}

        async with self._database.snapshot() as connection:
            wait, wrong = _read(limits, await _stored(connection, limits), time.time())
        if wait and not wrong:
            raise _too_many(wait)

        async def work(change: Change) -> float:
            now = time.time()
            stored = await _stored(change.connection, limits)
            wait, wrong = _read(limits, stored, now)
            counted = {key: limit.counted(stored.get(key, now), now) for key, limit in limits.items()}
            await _save(change.connection, wrong if wait else counted)
            return wait

        wait = (await self._write(work)).result
        if wait:
            raise _too_many(wait)

    @transactional
    async def reset(self, change: Change, one: LoginAttempt, *others: LoginAttempt) -> None:
        """Reset the count of the first, and give back one attempt of each of the others: the password was right."""
        await Attempt.filter(key=one.key).using_db(change.connection).delete()
        for other in others:
            counted = Attempt.filter(key=other.key).using_db(change.connection)
            await counted.update(forgiven_at=F("forgiven_at") - RATE_LIMITS[other.kind].seconds)

    @transactional
    async def forget_expired(self, change: Change) -> bool:
        """Delete a chunk of the keys that have expired or are too many; returns whether there may be more."""
        now = time.time()
        over = await Attempt.all().using_db(change.connection).count() - MAX_ROWS
        old = Attempt.filter(Q(forgiven_at__lte=now) | Q(forgiven_at__gt=now + HOUR))
        expired = [row["key"] for row in await old.using_db(change.connection).limit(DELETE_CHUNK).values("key")]
        if over > len(expired):
            least = Attempt.all().using_db(change.connection).order_by("forgiven_at").limit(min(over, DELETE_CHUNK))
            expired = [row["key"] for row in await least.values("key")]
        await Attempt.filter(key__in=expired).using_db(change.connection).delete()
        return len(expired) == DELETE_CHUNK


async def _stored(connection: BaseDBAsyncClient, keys: Iterable[str]) -> dict[str, float]:
    rows = await Attempt.filter(key__in=list(keys)).using_db(connection)
    return {row.key: row.forgiven_at for row in rows}


def _read(limits: dict[str, RateLimit], stored: dict[str, float], now: float) -> tuple[float, dict[str, float]]:
    """The seconds to wait; and corrected times where the clock was ahead, because their wait would never end."""
    right = {key: limits[key].corrected(forgiven_at, now) for key, forgiven_at in stored.items()}
    wait = max(limit.wait(right.get(key, now), now) for key, limit in limits.items())
    return wait, {key: right[key] for key in stored if right[key] != stored[key]}


async def _save(connection: BaseDBAsyncClient, forgiven: dict[str, float]) -> None:
    rows = [Attempt(key=key, forgiven_at=forgiven_at) for key, forgiven_at in forgiven.items()]
    if rows:
        await Attempt.bulk_create(rows, on_conflict=["key"], update_fields=["forgiven_at"], using_db=connection)


def _too_many(wait: float) -> TooManyAttemptsError:
    seconds = ceil(wait)
    return TooManyAttemptsError(
        f"Too many wrong passwords; try again in {seconds} s.", headers={"Retry-After": str(seconds)}
    )
