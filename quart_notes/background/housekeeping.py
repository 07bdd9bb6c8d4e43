"""Periodic chores: delete old rows, give up abandoned jobs, checkpoint the database."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from quart_notes.errors import ProblemError
from quart_notes.live.writer import Committed

INTERVAL = 60.0  # seconds between rounds
CHECKPOINT_PAUSE = 0.5  # seconds between checks of the size of SQLite's write-ahead log
RETRY_DELAY = 10.0  # seconds before a failed round is repeated: a full disk must not be filled with logs
YIELD_PAUSE = 0.05  # seconds between chunks of a round, for other writes

Chore = Callable[[], Awaitable[None]]
log = logging.getLogger(__name__)


class Housekeeping:
    """Runs the chores from `start` to `stop`; a round that fails is logged and repeated.

    tidy         deletes old rows, every INTERVAL seconds
    checkpoint   writes SQLite's write-ahead log back, every CHECKPOINT_PAUSE seconds
    """

    def __init__(self, tidy: Chore, checkpoint: Chore) -> None:
        self._tidy = tidy
        self._checkpoint = checkpoint
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start the chores."""
        rounds = (_repeat(INTERVAL, self._tidy), _repeat(CHECKPOINT_PAUSE, self._checkpoint))
        self._tasks = [asyncio.create_task(each, name="housekeeping") for each in rounds]

    def stop(self) -> None:
        """Stop the chores."""
        for task in self._tasks:
            task.cancel()


async def _repeat(pause: float, act: Chore) -> None:
    while True:
        rest = pause
        try:
            await act()
        except ProblemError as error:
            rest = max(pause, RETRY_DELAY)
            log.error("Housekeeping failed; it is tried again in %s s: %s", rest, error.detail)
        except Exception:
            rest = max(pause, RETRY_DELAY)
            log.exception("Housekeeping failed; it is tried again in %s s", rest)
        await asyncio.sleep(rest)


async def in_chunks(chunk: Callable[[], Awaitable[Committed[bool]]]) -> None:
    """Repeat a chunk until nothing is left, with a pause for other writes."""
    more = True
    while more:
        more = (await chunk()).result
        await asyncio.sleep(YIELD_PAUSE)
