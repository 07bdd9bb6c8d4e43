"""A system as a running process: on its own core, in a directory of its own, stopped reliably."""

import os
import re
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bench import http1, machine
from bench.systems import System

START_TIMEOUT = 30.0  # seconds until the first response
OUTPUT_TIMEOUT = 5.0  # seconds until the expected line is in its output
OUTPUT_BYTES = 1_000_000  # bytes of its output that are searched
PREPARED = "bench-headers.txt"  # in the data directory: it has been prepared; the headers to send
STOP_TIMEOUT = 5.0  # seconds to end after SIGTERM before SIGKILL
POLL_INTERVAL = 0.002  # seconds between two polls for the first response
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_KB = os.sysconf("SC_PAGE_SIZE") / 1024


class Server:
    """A started system.

    headers        header lines of every request: authentication
    start_seconds  from before the process starts to its first complete response
    """

    def __init__(self, system: System, process: subprocess.Popen[bytes], port: int, data: Path, log: BinaryIO) -> None:
        self.system = system
        self.process = process
        self.port = port
        self.data = data
        self.headers = ""
        self.start_seconds = 0.0
        self._log = log

    def get(self, path: str, headers: str = "") -> bytes:
        """A GET with the system's headers."""
        return http1.get(path, self.headers + headers)

    def post(self, path: str, value: object) -> bytes:
        """A POST with the system's headers."""
        return http1.post(path, value, self.headers)

    def patch(self, path: str, value: object) -> bytes:
        """A PATCH with the system's headers."""
        return http1.patch(path, value, self.headers)

    def wait_for_output(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """The match in the process's output; waits up to OUTPUT_TIMEOUT for it."""
        limit = time.monotonic() + OUTPUT_TIMEOUT
        while (found := pattern.search(self.output())) is None:
            if time.monotonic() > limit:
                raise ValueError(f"the server never printed {pattern.pattern}")
            time.sleep(POLL_INTERVAL)
        return found

    def output(self) -> str:
        """The output of the process."""
        return os.pread(self._log.fileno(), OUTPUT_BYTES, 0).decode(errors="replace")

    def connect(self, receive_buffer: int = 0) -> socket.socket:
        """A new blocking connection without Nagle's delay; `receive_buffer` in bytes, 0: the default."""
        connection = socket.socket()
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(10)
        connection.connect(("127.0.0.1", self.port))
        return connection

    def ask(self, request: bytes) -> http1.Response:
        """One request on a connection of its own; for requests that are not timed."""
        with self.connect() as connection:
            connection.sendall(request)
            data = b""
            while (response := http1.response(data)) is None:
                received = connection.recv(65536)
                if not received:
                    raise ConnectionError("closed before the response was whole")
                data += received
            return response

    def fill(self, notes: int) -> None:
        """Create notes 0 … `notes`-1, one after another."""
        for number in range(notes):
            answer = self.ask(self.post(self.system.create_path(), self.system.note(number)))
            self.system.acknowledged(answer, number)

    def memory_kb(self) -> float:
        """Resident memory of the process and its descendants, KiB."""
        return sum(int(_stat(pid)[21]) for pid in self._family()) * PAGE_KB

    def cpu_seconds(self) -> float:
        """CPU time that the process and its descendants have used."""
        return sum(int(ticks) for pid in self._family() for ticks in _stat(pid)[11:13]) / TICKS

    def _family(self) -> list[int]:
        pids = [self.process.pid]
        for pid in pids:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
            pids.extend(int(child) for child in children.split())
        return pids


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name: [11:13] are ticks, [21] is pages (man proc)."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()


@contextmanager
def running(system: System, data: Path) -> Iterator[Server]:
    """Start `system` on its core with its data in `data`; on entry it has responded once and is prepared."""
    port = _free_port()
    # Python systems run compiled code, as they do when they are installed; the environment may say otherwise.
    python = {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": ""}
    environment = {**os.environ, **system.environment(data), **python}
    with tempfile.TemporaryFile() as log:
        began = time.perf_counter()
        with machine.pinned(*(machine.ALLOWED if system.everywhere else [machine.SERVER_CORE])):
            process = subprocess.Popen(
                system.command(port, data),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            server = Server(system, process, port, data, log)
            _begin(server, began)
            yield server
        except Exception as error:
            lines = server.output().splitlines()
            error.add_note(f"The server's last line: {lines[-1] if lines else 'none'}")
            raise
        finally:
            _stop(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _begin(server: Server, began: float) -> None:
    """Wait for the first response: the list if the data was prepared before; else prepare it."""
    prepared = server.data / PREPARED
    if prepared.is_file():
        server.headers = prepared.read_text(encoding="ascii")
        _first_answer(server, server.system.list_path, frozenset({200}))
        server.start_seconds = time.perf_counter() - began
        return
    _first_answer(server, server.system.first_path, server.system.first_statuses)
    server.start_seconds = time.perf_counter() - began
    server.headers = server.system.prepare(server)
    prepared.write_text(server.headers, encoding="ascii")


def _first_answer(server: Server, path: str, statuses: frozenset[int]) -> None:
    """Wait for a response."""
    limit = time.monotonic() + START_TIMEOUT
    while time.monotonic() < limit and server.process.poll() is None:
        try:
            if server.ask(server.get(path)).status in statuses:
                return
        except OSError:
            pass
        time.sleep(POLL_INTERVAL)
    raise RuntimeError(f"{server.system.name} did not answer (exit {server.process.poll()})")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process and its descendants."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
