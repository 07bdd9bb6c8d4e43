"""A real server in a process of its own, for tests that kill, disconnect and restart."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import httpx

from tests.support.servers import postgres
from tests.support.servers.empty_database import flags_for, settings_for, stored
from tests.support.servers.server_fork import PYTHONS, Child

STARTS = 60.0  # seconds for a server to start on a very busy machine
PATIENCE = 60.0  # seconds until an unmet condition fails the test, on a very busy machine too
ROOT = Path(__file__).parents[3]


def wait_for(condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Return once `condition` holds; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.01)


class ServerProcess:
    """`quart-notes serve` on a free loopback port; keeps its port over restarts.

    flags      further command-line flags, e.g. "--stream-road", "send"
    python     the interpreter; env: further environment variables
    constants  values for constants of the server's modules, e.g. {"quart_notes.live.broadcaster.HEARTBEAT": 0.2}
    prelude    Python code that it executes before it starts
    port       where it listens; 0: at any port that is free
    earnest    use fsync and slow password hashes, as in production
    me         after populated_server.furnish: the header that identifies a request of its user 1
    """

    me = "X-Nobody: yet"
    command = "serve"
    prelude = ""
    code = ROOT  # the folder of the package
    starts = STARTS

    def __init__(
        self,
        data: Path,
        *flags: str,
        python: str = sys.executable,
        env: dict[str, str] | None = None,
        constants: dict[str, Any] | None = None,
        earnest: bool = False,
        port: int = 0,
    ) -> None:
        self.data = data
        self.flags = flags
        self.python = python
        self.env = {**{k: v for k, v in os.environ.items() if not k.startswith("QUART_NOTES_")}, **(env or {})}
        self.constants = constants or {}
        self.earnest = earnest
        self.port = port
        self.process: subprocess.Popen[bytes] | Child | None = None
        self._told = 0  # the position in the log at its last start
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the server

    @property
    def base(self) -> str:
        """The server's base URL, e.g. http://127.0.0.1:41234."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def websocket(self) -> str:
        """The URL of its websockets."""
        return f"ws://127.0.0.1:{self.port}"

    @property
    def in_accounts_mode(self) -> bool:
        """Whether it is in accounts mode."""
        return "accounts" in self.flags

    def links(self) -> dict[str, str]:
        """The secrets of the links that it printed at its last start, by nickname; the first one's is "setup"."""
        wait_for(lambda: "Set up this server, once: " in self.log[self._told :], "it offers the first links")
        told = self.log[self._told :]
        secrets = {"setup": re.findall(r"once: \S+/front/join/(\S+)\n", told)[0]}
        return secrets | dict(re.findall(r"^(\S+) sets a password: \S+/front/join/(\S+)$", told, re.MULTILINE))

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self.process is not None
        return self.process.pid

    @property
    def log(self) -> str:
        """Everything that it has written so far, over all its starts."""
        file = self._log.fileno()  # read without moving the server's write position
        return os.pread(file, os.fstat(file).st_size, 0).decode(errors="replace")

    def start(self) -> Self:
        """Start it; returns once it serves."""
        self._told = told = len(self.log)
        place: list[str] = []
        if "--database-url" not in self.flags and (postgres.chosen() or not self.data.exists()):
            place = flags_for(self.data)
        command = [self.command, "--bind", f"127.0.0.1:{self.port}", "--data", str(self.data), *place, *self.flags]
        folder = self.data.parent if self.data.parent.exists() else ROOT
        env, log = {**self.env, "PYTHONPATH": str(self.code)}, self._log.fileno()
        if self.python in PYTHONS and self.code == ROOT and "LD_PRELOAD" not in env:
            self.process = Child(
                *command,
                folder=folder,
                env=env,
                out=log,
                err=log,
                constants=self.constants,
                prelude=self.prelude,
                earnest=self.earnest,
                python=self.python,
            )
        else:
            assert not self.constants and not self.prelude, "they are for a server of our Pythons and code"
            self.process = subprocess.Popen(
                [self.python, "-m", "quart_notes", *command], cwd=folder, env=env, stdout=log, stderr=log
            )
        wait_for(lambda: self._serves(told) or self._gave_up(), "the server starts", self.starts)
        assert self.process.poll() is None, f"the server did not start:\n{self.log}"
        return self

    def _serves(self, told: int) -> bool:
        found = re.search(r"Quart Notes on http://127\.0\.0\.1:(\d+)", self.log[told:])
        if found:
            self.port = int(found[1])
        return found is not None

    def _gave_up(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def stored(self, query: str, *values: Any) -> list[Any]:
        """The rows of a query, read by another process."""
        return stored(settings_for(self.data).database, query, *values)

    def forget(self) -> None:
        """Delete all its data, while it does not run."""
        shutil.rmtree(self.data)
        postgres.forget(self.data)

    def kill(self) -> None:
        """Kill it, as a power failure would."""
        self._end(signal.SIGKILL, 10)

    def stop(self, seconds: float = 10.0) -> float:
        """Stop it; returns the seconds that it took."""
        began = time.monotonic()
        self._end(signal.SIGTERM, seconds)
        return time.monotonic() - began

    def _end(self, number: signal.Signals, seconds: float) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(number)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the server did not end within {seconds} s:\n{self.log}") from None

    def rss_kib(self) -> int:
        """Resident memory, KiB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1])  # type: ignore[index]

    def descriptors(self) -> int:
        """Open file descriptors."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def client(self) -> httpx.AsyncClient:
        """An HTTP client of this server."""
        # Without certificates, which take longer to load than most tests.
        return httpx.AsyncClient(base_url=self.base, timeout=20, verify=False, trust_env=False)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.__exit__()  # one that is slow to start would keep running
            raise

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._log.close()
