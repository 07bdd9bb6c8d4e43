"""What hypercorn runs an application in, for the requests that it serves."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from hypercorn.asyncio.task_group import TaskGroup
from hypercorn.config import Config
from hypercorn.typing import AppWrapper, ASGIReceiveEvent, ASGISendEvent, Scope


class UnblockedTaskGroup(TaskGroup):
    """Tells the application of a connection's end, however much else waits for it.

    Its queue is bounded, and hypercorn waits for room to say that the client has left: for ever, when an application
    that has answered reads no more of a flood. What was said before stays: somebody may still want to hear it.
    """

    async def spawn_app(
        self, app: AppWrapper, config: Config, scope: Scope, send: Callable[[ASGISendEvent | None], Awaitable[None]]
    ) -> Callable[[ASGIReceiveEvent], Awaitable[None]]:
        """Start the application; returns how to tell it something."""
        bound: Any = await super().spawn_app(app, config, scope, send)
        queue: asyncio.Queue[ASGIReceiveEvent] = bound.__self__
        gone = False

        async def put(event: ASGIReceiveEvent) -> None:
            nonlocal gone
            if gone:
                return
            if event["type"] in {"http.disconnect", "websocket.disconnect"}:
                gone = True
                await _lift_bound(queue)
            await queue.put(event)

        return put


async def _lift_bound(queue: Any) -> None:
    """Let the task that waits for room put what it has, and the next as well."""
    queue._maxsize = 0
    while queue._putters:
        queue._wakeup_next(queue._putters)
    await asyncio.sleep(0)  # they put it now
