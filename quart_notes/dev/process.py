"""One server process, seen from the supervisor: started with the socket, told of changes, ended for certain."""

import asyncio
import json
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from quart_notes.dev.trouble import Trouble
from quart_notes.dev.watching import Kind

# -B: an edit within the second of the one before, of the same length, would be taken for the compiled former one.
# -P: the folder of child.py is none to import from.
PROGRAM = (sys.executable, "-B", "-P", str(Path(__file__).parent / "child.py"))
STOPS = 5.0  # seconds a server has to end by itself; then it is killed
LAST_WORDS = 1.0  # seconds for what a process that has ended wrote last; one that it started may hold the line


class ServerProcess:
    """A process that serves on the supervisor's socket.

    1. It has the socket and one line to the supervisor, and nothing else of it.
    2. After `stop` it has gone, whatever it was doing, and nothing of it is left open here.
    """

    def __init__(self, process: Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._process = process
        self._writer = writer
        self._hearing = asyncio.create_task(self._hear(reader))
        self._told: dict[str, Any] | None = None
        self.ready = asyncio.Event()

    @classmethod
    async def start(cls, program: Sequence[str], listener: socket.socket, run: str, flags: str) -> "ServerProcess":
        """Start one that calls itself `run`."""
        ours, theirs = socket.socketpair()
        with theirs:
            handed = (listener.fileno(), theirs.fileno())
            try:
                with _interrupts_held():
                    process = await asyncio.create_subprocess_exec(
                        *program, *map(str, handed), run, flags, pass_fds=handed
                    )
            except BaseException:
                ours.close()
                raise
        reader, writer = await asyncio.open_connection(sock=ours)
        return cls(process, reader, writer)

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        with suppress(OSError, ValueError):  # gone in the middle of a word
            async for line in reader:
                said = json.loads(line)
                self._told = said.get("trouble", self._told)
                if said.get("ready"):
                    self.ready.set()

    def tell(self, kinds: Iterable[Kind]) -> None:
        """Tell it what kinds of changes there were."""
        if not self._writer.is_closing():
            self._writer.write(json.dumps(sorted(set(kinds))).encode() + b"\n")

    async def ended(self) -> Trouble:
        """Return once it has ended by itself, with the reason."""
        code = await self._process.wait()
        await asyncio.wait([self._hearing], timeout=LAST_WORDS)
        title = "The server has ended" if self.ready.is_set() else "The server does not start"
        if self._told is not None:
            return Trouble.of(title, self._told)
        return Trouble(title, "", f"{_how(code)}. The terminal may say more.")

    async def stop(self) -> None:
        """End it: politely, then by force."""
        try:
            if self._process.returncode is None:
                with suppress(ProcessLookupError):
                    self._process.terminate()
                with suppress(TimeoutError):
                    async with asyncio.timeout(STOPS):
                        await self._process.wait()
        finally:
            if self._process.returncode is None:
                with suppress(ProcessLookupError):
                    self._process.kill()
                await self._process.wait()
            self._hearing.cancel()
            self._writer.close()


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C waits: a process that is just being made would answer it with a traceback."""
    former = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def _how(code: int) -> str:
    if code >= 0:
        return f"It ended with exit code {code}"
    try:
        return f"It was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"It was ended by signal {-code}"
