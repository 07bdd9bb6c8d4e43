"""Closes idle connections."""

import asyncio
from collections.abc import Callable
from typing import Any


class IdleTimer:
    """Ends a connection that has been idle for `seconds`, in place of hypercorn's task.

    Hypercorn cancels and starts a task for every request. This is one timer a connection, and a request only notes its
    start and end; a timer that finds the connection busy, or idle again, sleeps for the rest.

    stopping   whether the server stops: then it does not wait for idle connections
    grace      seconds that a new connection has all the same
    """

    def __init__(
        self,
        seconds: float,
        end: Callable[[], None],
        stopping: Callable[[], bool],
        grace: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._seconds = seconds
        self._end = end
        self._stopping = stopping
        self._grace = grace
        self._loop = asyncio.get_running_loop()
        self._idle_since: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Mark as idle from now on."""
        self._idle_since = self._loop.time()
        if self._stopping():
            # The connection opened, or became idle, after all idle ones were told to end.
            self._loop.call_later(self._grace(), self.end_if_idle)
        elif self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._check)

    def busy(self) -> None:
        """Mark as busy until `start`."""
        self._idle_since = None

    def cancel(self) -> None:
        """Stop the timer."""
        self._idle_since = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close_when_idle(self) -> None:
        """The server stops."""
        if grace := self._grace():
            self._loop.call_later(grace, self.end_if_idle)
        else:
            self.end_if_idle()

    def end_if_idle(self) -> None:
        """End the connection if it is idle."""
        if self._idle_since is not None:
            self.cancel()
            self._end()

    def _check(self) -> None:
        self._timer = None
        if self._idle_since is None:
            return
        rest = self._idle_since + self._seconds - self._loop.time()
        if rest > 0.001:  # a loop's clock may be a tick behind its timers
            self._timer = self._loop.call_later(rest, self._check)
        else:
            self.end_if_idle()

    async def restart(self, task_group: Any, action: Any) -> None:
        """Mark as idle, in hypercorn's interface."""
        self.start()

    async def stop(self) -> None:
        """Mark as busy, in hypercorn's interface."""
        self.busy()
