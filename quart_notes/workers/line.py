"""The line from a worker to its supervisor: it says when it is ready, gives figures, and hears the supervisor's end."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress


class Line:
    """The worker's end of it.

    figures   gives those of this process, when the supervisor asks for them
    """

    def __init__(self, supervisor: socket.socket, figures: Callable[[], Awaitable[bytes]]) -> None:
        self._socket = supervisor
        self._figures = figures
        self._hearing: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Everything has been opened; requests come next."""
        reader, writer = await asyncio.open_connection(sock=self._socket.dup())
        writer.write(json.dumps({"ready": True}).encode() + b"\n")
        self._hearing = asyncio.create_task(self._hear(reader, writer))

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):
                async for asked in reader:
                    answer = {**json.loads(asked), "figures": (await self._figures()).decode()}
                    writer.write(json.dumps(answer).encode() + b"\n")
        finally:
            writer.close()
        os.kill(os.getpid(), signal.SIGTERM)  # the supervisor has gone: nobody would end this process

    async def close(self) -> None:
        """The server is ending."""
        if self._hearing is not None:
            self._hearing.cancel()
