"""The process of a server, seen from its supervisor: `control_channel` is the other end."""

import asyncio
import json
import socket
from asyncio.subprocess import Process
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Self

LAST_WORDS = 1.0  # seconds for what a process that has ended said last; one that it started may hold the line
LONGEST = 1 << 20  # bytes of what a process says at once


class SupervisedProcess:
    """A server's process, and the line to it.

    1. It says on the line when it is ready, and then what it is asked for.
    2. After `stop` it has gone, whatever it was doing, and nothing of it is left open here.

    stops   seconds it has to end by itself when it is told to; then it is killed
    """

    def __init__(
        self, process: Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stops: float
    ) -> None:
        self._process = process
        self._writer = writer
        self._stops = stops
        self.ready = asyncio.Event()
        self._hearing = asyncio.create_task(self._hear(reader))

    @classmethod
    async def start_program(
        cls, program: Sequence[str], descriptors: Sequence[int], stops: float, **options: Any
    ) -> Self:
        """Start one whose arguments end with the descriptor of its line.

        descriptors   that it is to inherit as well
        """
        ours, theirs = socket.socketpair()
        with theirs:
            inherited = [theirs.fileno(), *descriptors]
            try:
                process = await asyncio.create_subprocess_exec(
                    *program, str(theirs.fileno()), pass_fds=inherited, **options
                )
            except BaseException:
                ours.close()
                raise
        reader, writer = await asyncio.open_connection(sock=ours, limit=LONGEST)
        return cls(process, reader, writer, stops)

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        with suppress(OSError, ValueError):  # gone in the middle of a word
            async for line in reader:
                said = json.loads(line)
                if said.get("ready"):
                    self.ready.set()
                else:
                    self.heard(said)

    def heard(self, said: dict[str, Any]) -> None:
        """It has said something."""

    def tell(self, words: object) -> None:
        """Say something to it."""
        if not self._writer.is_closing():
            self._writer.write(json.dumps(words).encode() + b"\n")

    async def gone(self) -> int:
        """Return its exit code once it has ended, and all that it said is heard."""
        code = await self._process.wait()
        await asyncio.wait([self._hearing], timeout=LAST_WORDS)
        self._writer.close()
        return code

    async def stop(self) -> None:
        """End it: politely, then by force."""
        try:
            with suppress(ProcessLookupError):
                self._process.terminate()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._stops):
                    await self._process.wait()
        finally:
            self.kill()
            await self._process.wait()
            self._hearing.cancel()
            self._writer.close()

    def kill(self) -> None:
        """End it by force."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
