"""What has to be done now and then: forget what is old, give up what was lost, fold the log file back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from quart_notes.core import Core
from quart_notes.errors import ProblemError
from quart_notes.live.writer import Change, Written

PAUSE = 60.0  # seconds between rounds
CHECKPOINT_PAUSE = 0.5  # seconds between looks at the size of SQLite's write-ahead log
AFTER_FAILURE = 10.0  # seconds before a round that failed is tried again: a full disk is not to be filled with logs
BREATH = 0.05  # seconds between chunks of a round, for other writes

log = logging.getLogger(__name__)


class Housekeeping:
    """Keeps house from `start` to `stop`; a round that fails is logged and tried again next time."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin."""
        core = self._core
        rounds = (_again(PAUSE, lambda: tidy(core)), _again(CHECKPOINT_PAUSE, core.database.checkpoint))
        self._tasks = [asyncio.create_task(each, name="housekeeping") for each in rounds]

    def stop(self) -> None:
        """Leave off."""
        for task in self._tasks:
            task.cancel()


async def _again(pause: float, act: Callable[[], Awaitable[None]]) -> None:
    while True:
        rest = pause
        try:
            await act()
        except ProblemError as error:
            rest = max(pause, AFTER_FAILURE)
            log.error("Housekeeping failed; it is tried again in %s s: %s", rest, error.detail)
        except Exception:
            rest = max(pause, AFTER_FAILURE)
            log.exception("Housekeeping failed; it is tried again in %s s", rest)
        await asyncio.sleep(rest)


async def tidy(core: Core) -> None:
    """One round, in chunks that no write has to wait for."""
    settings = core.settings

    async def prune(change: Change) -> bool:
        return await core.log.prune(change.connection, settings.log_days, settings.log_rows)

    await _in_chunks(lambda: core.writer(prune))
    await _in_chunks(lambda: core.notes.empty_trash(settings.trash_days))
    await _in_chunks(lambda: core.messages.empty_trash(settings.trash_days))
    await _in_chunks(lambda: core.boards.empty_trash(settings.trash_days))
    await core.imports.interrupt_lost(core.runner.ours)
    await _in_chunks(lambda: core.jobs.forget(settings.trash_days))
    await _in_chunks(core.sessions.forget_expired)
    await _in_chunks(core.invitations.forget_expired)
    await _in_chunks(core.attempts.forget_expired)


async def _in_chunks(chunk: Callable[[], Awaitable[Written[bool]]]) -> None:
    more = True
    while more:
        more = (await chunk()).result
        await asyncio.sleep(BREATH)
