"""A system as a running process: on its own core, in a directory of its own, stopped for sure."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import http1, machine
from bench.systems import System

START_LIMIT = 30.0  # seconds until the first answer; after that it will not come
STOP_LIMIT = 5.0  # seconds to end after SIGTERM before SIGKILL
ASK_EVERY = 0.002  # seconds between two looks whether it answers yet
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_KB = os.sysconf("SC_PAGE_SIZE") / 1024


class Server:
    """A started system.

    start_seconds  from before the process began to its first whole answer with status 200
    """

    def __init__(self, system: System, process: subprocess.Popen[bytes], port: int) -> None:
        self.system = system
        self.process = process
        self.port = port
        self.start_seconds = 0.0

    def connect(self) -> socket.socket:
        """A new connection, blocking, without Nagle's delay."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def ask(self, request: bytes) -> http1.Response:
        """One request on a connection of its own; for what is not timed."""
        with self.connect() as connection:
            connection.sendall(request)
            data = b""
            while (response := http1.response(data)) is None:
                received = connection.recv(65536)
                if not received:
                    raise ConnectionError("closed before the response was whole")
                data += received
            return response

    def memory_kb(self) -> float:
        """Resident memory of the process and all below it, KiB."""
        return sum(int(_stat(pid)[21]) for pid in self._family()) * PAGE_KB

    def cpu_seconds(self) -> float:
        """Processor time the process and all below it have used."""
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
    """Start `system` on its core with its data in `data`; it has answered once when this enters."""
    port = _free_port()
    environment = {**os.environ, **system.environment(data), "PYTHONUNBUFFERED": "1"}
    with tempfile.TemporaryFile() as log:
        began = time.perf_counter()
        with machine.pinned(machine.SERVER_CORE):
            process = subprocess.Popen(
                system.command(port, data),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            server = Server(system, process, port)
            _first_answer(server)
            server.start_seconds = time.perf_counter() - began
            yield server
        except Exception as error:
            log.seek(0)
            said = log.read().decode(errors="replace").splitlines()
            error.add_note(f"The server's last words: {said[-1] if said else 'none'}")
            raise
        finally:
            _stop(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _first_answer(server: Server) -> None:
    """Wait for the list of notes."""
    limit = time.monotonic() + START_LIMIT
    while time.monotonic() < limit and server.process.poll() is None:
        try:
            if server.ask(http1.get(server.system.list_path)).status == 200:
                return
        except OSError:
            pass
        time.sleep(ASK_EVERY)
    raise RuntimeError(f"{server.system.name} did not answer (exit {server.process.poll()})")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process and whatever it started."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
