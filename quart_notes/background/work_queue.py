"""A queue of work beside requests, and the retries of what the database did not accept."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from quart_notes.errors import ProblemError
from quart_notes.live import events
from quart_notes.live.broadcaster import Broadcaster
from quart_notes.live.channel import FeedMessage

T = TypeVar("T")
RETRY_DELAY = 1.0  # seconds before the database is tried again

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Run:
    user_id: int | None
    task: asyncio.Task[None]


class WorkQueue:
    """Runs work of one kind, as the events of work ask for it.

    1. At most `at_once` pieces run at a time, `per_user` of them for one user; the rest wait in order.
    2. A piece runs once at a time: one that is to run again waits until it has ended.

    run      does a piece, by its id, and handles its errors
    cancel   gets the id of a cancelled piece, and its task if it is running
    """

    def __init__(
        self,
        broadcaster: Broadcaster,
        kind: Literal["job", "answer"],
        run: Callable[[int], Awaitable[None]],
        cancel: Callable[[int, asyncio.Task[None] | None], None],
        *,
        at_once: int,
        per_user: int | None = None,
    ) -> None:
        self._kind = kind
        self._do = run
        self._cancel = cancel
        self._at_once = at_once
        self._per_user = per_user or at_once
        self._waiting: dict[int, int | None] = {}  # user by id, in order
        self._running: dict[int, _Run] = {}
        self.working = False
        broadcaster.add_listener(events.WORK, self._on_work)

    async def start(self, find: Callable[[], Awaitable[Mapping[int, int | None]]]) -> None:
        """Start working; `find` returns what waits in the database: the user by id, in order."""
        self.working = True  # from here on new work is received; earlier work is found
        self._waiting = {**await find(), **self._waiting}
        self._start_next()

    async def stop(self, *, cancel: bool = False) -> None:
        """Return when nothing runs any more; `cancel`: do not let it finish."""
        self.working = False
        self._waiting.clear()
        running = [run.task for run in self._running.values()]
        for task in running if cancel else ():
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _on_work(self, message: FeedMessage) -> None:
        work = events.WorkEvent.model_validate_json(message.data).work
        if not self.working or work.kind != self._kind:
            return
        if work.wanted == "begin":
            self._waiting[work.id] = work.person_id
            self._start_next()
            return
        self._waiting.pop(work.id, None)
        run = self._running.get(work.id)
        self._cancel(work.id, None if run is None else run.task)

    def _start_next(self) -> None:
        for work_id, user_id in list(self._waiting.items()):
            if len(self._running) >= self._at_once or not self.working:
                return
            same_user = sum(run.user_id == user_id for run in self._running.values())
            if same_user < self._per_user and work_id not in self._running:
                del self._waiting[work_id]
                task = asyncio.create_task(self._run(work_id), name=f"{self._kind} {work_id}")
                self._running[work_id] = _Run(user_id, task)

    async def _run(self, work_id: int) -> None:
        try:
            await self._do(work_id)
        finally:
            del self._running[work_id]
            self._start_next()


async def retry_until_available(
    act: Callable[[], Awaitable[T]], stopping: asyncio.Event | None = None, *, waiter: str = ""
) -> T:
    """Repeat an operation until the database accepts it.

    stopping   when it is set, the last error is raised
    waiter     who waits, for the log; without it nothing is logged
    """
    never = asyncio.Event()
    while True:
        try:
            return await act()
        except ProblemError as error:
            if stopping is not None and stopping.is_set():
                raise
            if waiter:
                log.warning("%s waits for the database: %s", waiter, error.detail)
        try:
            async with asyncio.timeout(RETRY_DELAY):
                await (stopping or never).wait()
        except TimeoutError:
            pass
