"""Hypercorn's task group, for the requests that hypercorn serves."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from hypercorn.asyncio.task_group import TaskGroup
from hypercorn.config import Config
from hypercorn.typing import AppWrapper, ASGIReceiveEvent, ASGISendEvent, Scope


class UnblockedTaskGroup(TaskGroup):
    """Informs the application of a connection's end, however many messages wait for it.

    Its queue is bounded, and hypercorn waits for room to report that the client has left: for ever, when an application
    that has responded does not read the rest of a flood. Earlier messages stay: the application may still read them.
    """

    async def spawn_app(
        self, app: AppWrapper, config: Config, scope: Scope, send: Callable[[ASGISendEvent | None], Awaitable[None]]
    ) -> Callable[[ASGIReceiveEvent], Awaitable[None]]:
        """Start the application; returns the function that sends it a message."""
        bound: Any = await super().spawn_app(app, config, scope, send)
        queue: asyncio.Queue[ASGIReceiveEvent] = bound.__self__
        disconnected = False

        async def put(event: ASGIReceiveEvent) -> None:
            nonlocal disconnected
            if disconnected:
                return
            if event["type"] in {"http.disconnect", "websocket.disconnect"}:
                disconnected = True
                await _lift_bound(queue)
            await queue.put(event)

        return put


async def _lift_bound(queue: Any) -> None:
    """Lift the queue's limit, so that the waiting task can add its message, and the next one."""
    queue._maxsize = 0
    while queue._putters:
        queue._wakeup_next(queue._putters)
    await asyncio.sleep(0)  # the waiting tasks add their messages now
