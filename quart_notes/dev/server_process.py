"""One server process, as the supervisor sees it: started with the socket, informed of changes, always ended."""

import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from quart_notes.dev.error_page import ErrorReport
from quart_notes.server.workers.child_process import ChildProcess, exit_reason

# -B: Python would take an edit of the same length within the same second for the compiled former one. -P: do not import
# from the folder of child.py.
PROGRAM = (sys.executable, "-B", "-P", str(Path(__file__).parent / "child.py"))
STOP_TIMEOUT = 5.0  # seconds for a server to end; then it is killed


class ServerProcess(ChildProcess):
    """A process that serves on the supervisor's socket; it inherits that and one channel to the supervisor."""

    @classmethod
    async def start(cls, program: Sequence[str], listener: socket.socket, run: str, flags: str) -> Self:
        """Start one with the name `run`."""
        with _interrupts_held():
            return await cls.start_program(
                [*program, str(listener.fileno()), run, flags], [listener.fileno()], STOP_TIMEOUT
            )

    async def ended(self) -> ErrorReport:
        """Wait until it has ended by itself; returns the reason."""
        code = await self.wait_ended()
        title = "The server has ended" if self.ready.is_set() else "The server does not start"
        if self.error is not None:
            return ErrorReport(title, **self.error)
        how = f"It {'ended with' if code >= 0 else 'was ended by'} {exit_reason(code)}"
        return ErrorReport(title, "", f"{how}. The terminal may say more.")


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Delay Ctrl-C: a process that is just starting would print a traceback."""
    former = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)
