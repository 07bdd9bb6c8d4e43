"""The channel from a server to its supervisor: reports readiness, answers requests, notices the supervisor's end."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class ControlChannel:
    """The server's end of the channel.

    receive              is awaited with each message of the supervisor, and returns the answer; None: no answer
    on_supervisor_gone   is called when the supervisor has died, before this process ends
    """

    _socket: socket.socket
    _receive: Callable[[Any], Awaitable[Any]]
    _on_supervisor_gone: Callable[[], object] = lambda: None
    _receiving: asyncio.Task[None] | None = None
    _answering: set[asyncio.Task[None]] = field(default_factory=set)

    async def open(self) -> None:
        """Report that everything is open, and serve requests of the supervisor."""
        reader, writer = await asyncio.open_connection(sock=self._socket.dup())
        _send(writer, {"ready": True})
        self._receiving = asyncio.create_task(self._listen(reader, writer))

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):
                async for message in reader:
                    # A slow answer delays neither others nor the liveness check.
                    self._answering.add(answering := asyncio.create_task(self._answer(json.loads(message), writer)))
                    answering.add_done_callback(self._answering.discard)
        finally:
            writer.close()
        self._on_supervisor_gone()
        os.kill(os.getpid(), signal.SIGTERM)  # the supervisor has died: nobody else would end this process

    async def _answer(self, message: Any, writer: asyncio.StreamWriter) -> None:
        answer = await self._receive(message)
        if answer is not None:
            _send(writer, answer)

    async def close(self) -> None:
        """Close it: the server stops."""
        if self._receiving is not None:
            self._receiving.cancel()


def _send(writer: asyncio.StreamWriter, message: object) -> None:
    writer.write(json.dumps(message).encode() + b"\n")
