"""Work that is done once for all who wait for it."""

import asyncio
from collections.abc import Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class SharedTask(Generic[S, T]):
    """A running task, and the state that it started from."""

    state: S
    _task: asyncio.Task[T]

    async def result(self) -> T:
        """Its result, or what it raises. The others go on waiting when a caller is cancelled."""
        return await asyncio.shield(self._task)


class SharedTasks(Generic[S, T]):
    """Running tasks by key.

    1. A task goes on when a caller who waits for it is cancelled, the first one too.
    2. A task is found only while it runs: neither results nor errors are kept.
    """

    def __init__(self) -> None:
        self._running: dict[Hashable, SharedTask[S, T]] = {}

    def get(self, key: Hashable) -> SharedTask[S, T] | None:
        """The newest task of this key, if it is running."""
        return self._running.get(key)

    def start(self, key: Hashable, state: S, work: Coroutine[Any, Any, T]) -> SharedTask[S, T]:
        """Start a task; it replaces an earlier one of this key, for those who come from now on."""
        task = asyncio.create_task(work)
        shared = self._running[key] = SharedTask(state, task)

        def finish(_: asyncio.Task[T]) -> None:
            if self._running.get(key) is shared:
                del self._running[key]
            if not task.cancelled():
                task.exception()  # else asyncio logs an error that nobody waits for any more

        task.add_done_callback(finish)
        return shared
