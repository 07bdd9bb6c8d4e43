"""The process of a worker, as its supervisor sees it."""

import asyncio
import sys
from collections.abc import Sequence
from typing import Any, Self

from quart_notes.server.sockets import ServeError
from quart_notes.server.workers.child_process import ChildProcess, exit_reason

PROGRAM = (sys.executable, "-m", "quart_notes.server.workers.worker")
START_TIMEOUT = 60.0  # seconds that a replacement worker has to start
RESPONSE_TIMEOUT = 2.0  # seconds that a worker has to send its metrics
MAX_MISSED_CHECKS = 5  # liveness checks in a row that a worker may miss


class WorkerProcess(ChildProcess):
    """One worker, which answers requests of the supervisor."""

    _requests = 0  # number of requests so far

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}

    @classmethod
    async def start(cls, order: object, descriptors: Sequence[int], stop_timeout: float) -> Self:
        """Start one with an order, and the descriptors that it inherits."""
        # In a session of its own: Ctrl-C in a terminal is for the supervisor.
        worker = await cls.start_program(PROGRAM, descriptors, stop_timeout, start_new_session=True)
        worker.send(order)
        return worker

    def on_message(self, message: dict[str, Any]) -> None:
        """Handle an answer."""
        if answered := self._waiting.pop(message.get("id", 0), None):
            answered.set_result(message)

    async def started(self) -> None:
        """Wait until it serves, however long that takes: its database may have to be migrated.

        raises   ServeError when it cannot
        """
        waiting = asyncio.ensure_future(self.ready.wait())
        await asyncio.wait([waiting, self._receiving], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not self.ready.is_set():
            raise ServeError(self.error or "A worker did not start; what it said stands above.")

    async def metrics(self) -> str:
        """Its metrics; empty when it does not respond."""
        answer = await self._request("metrics", RESPONSE_TIMEOUT)
        return str(answer["metrics"]) if answer else ""

    async def wait_unresponsive(self, seconds: float) -> str:
        """Wait until it was unresponsive for that long, or does not start; returns which. It may end during the wait.

        It is checked several times: on a machine that was suspended the worker is not at fault.
        """
        try:
            async with asyncio.timeout(START_TIMEOUT):
                await self.ready.wait()
        except TimeoutError:
            return f"it did not start within {START_TIMEOUT:g} s"
        unanswered = 0
        while unanswered < MAX_MISSED_CHECKS:
            if await self._request("alive", seconds / MAX_MISSED_CHECKS):
                unanswered = 0
                await asyncio.sleep(seconds / MAX_MISSED_CHECKS)
            else:
                unanswered += 1
        return f"it stood still for {seconds:g} s"

    async def _request(self, what: str, seconds: float) -> dict[str, Any] | None:
        self._requests += 1
        number = self._requests
        answered: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answered
        self.send({"id": number, "what": what})
        try:
            async with asyncio.timeout(seconds):
                return await answered
        except TimeoutError:
            return None
        finally:
            self._waiting.pop(number, None)

    async def ended(self) -> str:
        """Wait for its end; returns how it ended, and the reason if it has reported one."""
        code = await self.wait_ended()
        return f"{exit_reason(code)}: {self.error}" if self.error else exit_reason(code)
