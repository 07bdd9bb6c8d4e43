"""A supervised process, as its supervisor sees it: `control_channel` is the other end."""

import asyncio
import json
import signal
import socket
from asyncio.subprocess import Process
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Self

# Seconds for the last messages of a process that has ended; a child of it may hold the channel open.
LAST_MESSAGE_TIMEOUT = 1.0
MAX_MESSAGE = 1 << 20  # bytes of one message


class ChildProcess:
    """A server's process, and the channel to it.

    1. It reports on the channel when it is ready, and then answers requests.
    2. After `stop` it has ended, whatever it was doing, and none of its resources is left open here.

    stop_timeout   seconds for it to end when it is asked to; then it is killed
    error          why it ends, as it has reported it; None unless it has
    """

    error: Any = None

    def __init__(
        self, process: Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stop_timeout: float
    ) -> None:
        self._process = process
        self._writer = writer
        self._stop_timeout = stop_timeout
        self.ready = asyncio.Event()
        self._receiving = asyncio.create_task(self._receive(reader))

    @classmethod
    async def start_program(
        cls, program: Sequence[str], descriptors: Sequence[int], stop_timeout: float, **options: Any
    ) -> Self:
        """Start a program whose last argument is the descriptor of its channel.

        descriptors   further descriptors that it inherits
        """
        ours, theirs = socket.socketpair()
        with theirs:
            # Before the process: a caller that is cancelled here would leave it running.
            reader, writer = await asyncio.open_connection(sock=ours, limit=MAX_MESSAGE)
            try:
                process = await asyncio.create_subprocess_exec(
                    *program, str(theirs.fileno()), pass_fds=[theirs.fileno(), *descriptors], **options
                )
            except BaseException:
                writer.close()
                raise
        return cls(process, reader, writer, stop_timeout)

    async def _receive(self, reader: asyncio.StreamReader) -> None:
        with suppress(OSError, ValueError):  # it ended in the middle of a message
            async for line in reader:
                message = json.loads(line)
                if message.get("ready"):
                    self.ready.set()
                else:
                    self.error = message.get("error", self.error)
                    self.on_message(message)

    def on_message(self, message: dict[str, Any]) -> None:
        """Handle another message from it."""

    def send(self, message: object) -> None:
        """Send it a message."""
        if not self._writer.is_closing():
            self._writer.write(json.dumps(message).encode() + b"\n")

    async def wait_ended(self) -> int:
        """Wait for its end, and for all of its messages; returns its exit code."""
        code = await self._process.wait()
        await asyncio.wait([self._receiving], timeout=LAST_MESSAGE_TIMEOUT)
        self._writer.close()
        return code

    async def stop(self) -> None:
        """End it: by a request, then by force."""
        try:
            with suppress(ProcessLookupError):
                self._process.terminate()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._stop_timeout):
                    await self._process.wait()
        finally:
            self.kill()
            await self._process.wait()
            self._receiving.cancel()
            self._writer.close()

    def kill(self) -> None:
        """Kill it."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()


def exit_reason(code: int) -> str:
    """How a process with this exit code has ended: exit code 1, SIGKILL, or signal 35."""
    if code >= 0:
        return f"exit code {code}"
    return next((known.name for known in signal.Signals if known == -code), f"signal {-code}")
