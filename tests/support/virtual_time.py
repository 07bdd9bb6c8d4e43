"""An event loop with a virtual clock, which jumps ahead when all tasks wait: no test sleeps."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any


class _Selector(selectors.SelectSelector):
    """Never waits; tells the loop how long it would have waited."""

    skipped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "everybody waits for ever"
        self.skipped += max(timeout, 0)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Starts at 0 seconds. For code that waits for timers only: no threads, no sockets."""

    def __init__(self) -> None:
        self.clock = _Selector()
        super().__init__(self.clock)

    def time(self) -> float:
        """Seconds since the start."""
        return self.clock.skipped


def suspend(seconds: float) -> None:
    """Advance the clock while the process does nothing: all timers are late."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    loop.clock.skipped += seconds


def in_virtual_time(scenario: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a coroutine test in a new loop with virtual time."""

    @wraps(scenario)
    def run(*args: Any, **kwargs: Any) -> None:
        failures: list[dict[str, Any]] = []
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.get_loop().set_exception_handler(lambda _, failure: failures.append(failure))
            runner.run(scenario(*args, **kwargs))
        assert not failures, failures

    return run
