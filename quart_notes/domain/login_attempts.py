"""Tries of passwords, counted in the database: for all processes together."""

import json
import time
from collections.abc import Iterable
from hashlib import sha256
from math import ceil
from typing import NamedTuple

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import F, Q

from quart_notes.domain.rate_limits import Pace
from quart_notes.domain.service import Service
from quart_notes.errors import TooManyAttemptsError
from quart_notes.live.writer import Change, Written
from quart_notes.models import Attempt

MAX_KEPT = 50_000  # keys; those with the least to forgive are forgotten first
CHUNK = 500  # rows deleted in one transaction
HOUR = 3600.0  # seconds; no pace reaches that far
PACES = {
    "account": Pace(burst=10, seconds=10),  # a nickname, from one address
    "nickname": Pace(burst=30, seconds=6),  # a nickname, from all browsers that are not known together
    "address": Pace(burst=100, seconds=1),
    "device": Pace(burst=10, seconds=10),  # a browser that is known
    "password": Pace(burst=10, seconds=10),  # a person who changes theirs
}


class Try(NamedTuple):
    """Something that is counted: of a kind that PACES has, and by whom."""

    kind: str
    by: tuple[str | int | None, ...]

    @property
    def key(self) -> str:
        """What is kept of it, which says nobody's name."""
        return sha256(json.dumps(self).encode()).hexdigest()


class Attempts(Service):
    """How often passwords were tried lately.

    1. A try is looked at and counted in one write, before it is made: however many come at once, by however many
       processes, no more are let through than the pace allows.
    2. One that has to wait counts nothing, and mostly costs no write.
    3. A clock that jumps locks nobody out for longer than a whole burst takes.
    """

    async def count(self, *tries: Try) -> None:
        """Count tries that are about to be made as one; TooManyAttemptsError when any of them has to wait."""
        paces = {one.key: PACES[one.kind] for one in tries}

        async with self._database.snapshot() as connection:
            wait, wrong = _look(paces, await _kept(connection, paces), time.time())
        if wait and not wrong:
            raise _too_many(wait)

        async def work(change: Change) -> float:
            now = time.time()
            kept = await _kept(change.connection, paces)
            wait, wrong = _look(paces, kept, now)
            counted = {key: pace.counted(kept.get(key, now), now) for key, pace in paces.items()}
            await _keep(change.connection, wrong if wait else counted)
            return wait

        wait = (await self._write(work)).result
        if wait:
            raise _too_many(wait)

    async def forgive(self, one: Try, *others: Try) -> None:
        """Forget all that was counted of one, and of the others the try that was right after all."""

        async def work(change: Change) -> None:
            await Attempt.filter(key=one.key).using_db(change.connection).delete()
            for other in others:
                counted = Attempt.filter(key=other.key).using_db(change.connection)
                await counted.update(forgiven_at=F("forgiven_at") - PACES[other.kind].seconds)

        await self._write(work)

    async def forget_expired(self) -> Written[bool]:
        """Delete a chunk of what is forgiven by now, or too much; returns whether there may be more."""

        async def work(change: Change) -> bool:
            now = time.time()
            over = await Attempt.all().using_db(change.connection).count() - MAX_KEPT
            old = Attempt.filter(Q(forgiven_at__lte=now) | Q(forgiven_at__gt=now + HOUR))
            gone = [row["key"] for row in await old.using_db(change.connection).limit(CHUNK).values("key")]
            if over > len(gone):
                least = Attempt.all().using_db(change.connection).order_by("forgiven_at").limit(min(over, CHUNK))
                gone = [row["key"] for row in await least.values("key")]
            await Attempt.filter(key__in=gone).using_db(change.connection).delete()
            return len(gone) == CHUNK

        return await self._write(work)


async def _kept(connection: BaseDBAsyncClient, keys: Iterable[str]) -> dict[str, float]:
    rows = await Attempt.filter(key__in=list(keys)).using_db(connection)
    return {row.key: row.forgiven_at for row in rows}


def _look(paces: dict[str, Pace], kept: dict[str, float], now: float) -> tuple[float, dict[str, float]]:
    """How many seconds to wait; and what a clock that was ahead has kept, corrected, or that wait would never end."""
    right = {key: paces[key].corrected(forgiven_at, now) for key, forgiven_at in kept.items()}
    wait = max(pace.wait(right.get(key, now), now) for key, pace in paces.items())
    return wait, {key: right[key] for key in kept if right[key] != kept[key]}


async def _keep(connection: BaseDBAsyncClient, forgiven: dict[str, float]) -> None:
    rows = [Attempt(key=key, forgiven_at=forgiven_at) for key, forgiven_at in forgiven.items()]
    if rows:
        await Attempt.bulk_create(rows, on_conflict=["key"], update_fields=["forgiven_at"], using_db=connection)


def _too_many(wait: float) -> TooManyAttemptsError:
    seconds = ceil(wait)
    return TooManyAttemptsError(
        f"Too many wrong passwords; try again in {seconds} s.", headers={"Retry-After": str(seconds)}
    )
