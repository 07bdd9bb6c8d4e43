"""A fork server for the tests' servers: a process that has imported everything once, and forks.

Imports take ten times as long as the rest of a start. A forked server is a normal process: with its own id and memory,
no inherited descriptors except its output, and `quart-notes` from the command line on.
"""

import asyncio
import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[3]
ENVIRONMENT = {"PYTHONPATH": str(PROJECT), "PATH": os.environ["PATH"]}
# The interpreters with a fork server: ours, and those that tests/support/servers/pythons.py finds.
PYTHONS = list(dict.fromkeys([sys.executable, *filter(None, os.environ.get("TEST_PYTHONS", "").split(":"))]))
WORKER = "quart_notes.server.workers.worker"
ENDING = (signal.SIGINT, signal.SIGTERM)
# Imported by a server when it starts, when it opens its first database, and when something is first used; an
# application compiles its routes and templates.
PROGRAM = """
import hypercorn.asyncio, uvloop
import httpx, yaml
import quart_notes.cli.main, quart_notes.storage.sqlite.client, quart_notes.storage.postgres.client
import quart_notes.cli.demo, quart_notes.cli.doctor.checks, quart_notes.cli.transfer, quart_notes.cli.users
import quart_notes.cli.backup, quart_notes.server.serve, quart_notes.server.workers.supervisor, quart_notes.app
import tests.support.servers.observed
from tests.support.compiled_once import compile_once, compile_templates
from tests.support.servers.server_fork import attend, run_to_the_end
compile_once()
compile_templates(quart_notes.create_app(quart_notes.settings.Settings()))
attend({fd})
run_to_the_end(quart_notes.cli.main.main)
"""


class Child:
    """A process of the fork server, with the part of `subprocess.Popen` that the tests use.

    env          its environment; default: a minimal one
    arguments    of `quart-notes`; out, err: descriptors that it writes to; given: one that it reads from
    constants    values for constants of its modules, e.g. {"quart_notes.live.broadcaster.HEARTBEAT": 0.2}
    prelude      Python code that it executes before it becomes `quart-notes`
    mask         its umask
    earnest      use fsync and slow password hashes, as in production
    python       the interpreter, one of PYTHONS
    """

    def __init__(
        self,
        *arguments: str,
        folder: Path,
        env: dict[str, str] | None = None,
        out: int,
        err: int,
        given: int | None = None,
        constants: dict[str, Any] | None = None,
        prelude: str = "",
        mask: int = 0o022,
        earnest: bool = False,
        python: str = sys.executable,
    ) -> None:
        self.args = arguments
        self.returncode: int | None = None
        order: dict[str, Any] = {
            "arguments": arguments,
            "folder": str(folder),
            "env": ENVIRONMENT if env is None else env,
            "constants": constants or {},
            "prelude": prelude,
            "mask": mask,
            "earnest": earnest,
        }
        self._fork_server = fork_server(python)
        self.pid = self._fork_server.asked(order, [out, err, *([] if given is None else [given])])
        self._ended = os.pidfd_open(self.pid)

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        return self._reaped(0)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, once it has ended."""
        code = self._reaped(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)

    def _reaped(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            ended = select.poll()
            ended.register(self._ended, select.POLLIN)
            if ended.poll(None if timeout is None else timeout * 1000):
                self.returncode = self._fork_server.asked({"ended": self.pid})
                os.close(self._ended)
        return self.returncode


def run(
    *arguments: str, folder: Path, timeout: float = 60, given: str = "", **options: Any
) -> "subprocess.CompletedProcess[str]":
    """Run a command in a folder, with an input; returns its result. `options` as Child takes them."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err, tempfile.TemporaryFile("w+") as into:
        into.write(given)
        into.seek(0)
        where: dict[str, Any] = {"out": out.fileno(), "err": err.fileno(), "given": into.fileno(), "folder": folder}
        code = Child(*arguments, **where, **options).wait(timeout)
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(arguments, code, out.read(), err.read())


class ForkServer:
    """The fork server, as its parent sees it. Its children end with it, and it ends with its parent."""

    def __init__(self, python: str) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._turn = threading.Lock()
        with theirs:
            fd = theirs.fileno()
            self._process = subprocess.Popen(
                [python, "-c", PROGRAM.format(fd=fd)],
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[fd],
            )
        atexit.register(self.close)

    def asked(self, order: dict[str, Any], files: list[int] | None = None) -> int:
        """The response to a request: a process id or an exit code."""
        with self._turn:
            socket.send_fds(self._line, [json.dumps(order).encode()], files or [])
            return int(self._line.recv(64))

    def close(self) -> None:
        """Stop it and all of its children."""
        self._line.close()
        self._process.wait()


@cache
def fork_server(python: str) -> ForkServer:
    """The fork server of this process, for servers on that interpreter."""
    return ForkServer(python)


def attend(fd: int) -> None:
    """Handle requests on a socket until it is closed; returns in each child, as the server that it becomes."""
    gc.collect()
    gc.freeze()  # a collection in a child would copy all inherited memory
    interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the user who runs the tests
    children: set[int] = set()
    with socket.socket(fileno=fd) as line:
        while True:
            asked, files, _, _ = socket.recv_fds(line, 1 << 20, 3)
            if not asked:
                break
            order = json.loads(asked)
            if "ended" in order:
                children.discard(order["ended"])
                answer = os.waitstatus_to_exitcode(os.waitpid(order["ended"], 0)[1])
            else:
                answer = os.fork()
                if not answer:
                    line.close()
                    signal.signal(signal.SIGINT, interrupted)
                    _become(order, *files)
                    return
                children.add(answer)
                for file in files:
                    os.close(file)
            line.send(str(answer).encode())
    for child in children:
        os.kill(child, signal.SIGKILL)
    sys.exit()


def run_to_the_end(main: Callable[[], object]) -> None:
    """Run a program, and exit as it does, without freeing the inherited memory: that would take 40 ms."""
    code: object = 0
    try:
        main()
    except SystemExit as ending:
        code = ending.code or 0
    if not isinstance(code, int):
        sys.exit(str(code))
    threading._shutdown()  # type: ignore[attr-defined] # what the interpreter calls: it waits for threads
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _become(order: dict[str, Any], *files: int) -> None:
    for place, file in zip((1, 2, 0), files, strict=False):
        os.dup2(file, place)
        os.close(file)
    os.chdir(order["folder"])
    os.umask(order["mask"])
    os.environ.clear()
    os.environ.update(order["env"])
    sys.argv = ["quart-notes", *order["arguments"]]
    if not order["earnest"]:
        sys.modules["quart_notes.storage.sqlite.file"].PRAGMAS["synchronous"] = "OFF"
        passwords: Any = sys.modules["quart_notes.domain.passwords"]
        passwords.HASHER = passwords.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        passwords.DUMMY_HASH = passwords.HASHER.hash("nobody's password")
    for name, value in order["constants"].items():
        module, _, constant = name.rpartition(".")
        __import__(module)
        getattr(sys.modules[module], constant)  # it is there
        setattr(sys.modules[module], constant, value)
    _fork_workers()
    exec(order["prelude"], {})


def _fork_workers() -> None:
    """From now on a supervisor forks its workers, which import nothing again."""
    start = asyncio.create_subprocess_exec

    async def fork(*program: str, pass_fds: Sequence[int], **options: Any) -> Any:
        if program[-2] != WORKER:
            return await start(*program, pass_fds=pass_fds, **options)
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        pid = os.fork()
        if not pid:
            try:
                _become_worker(program[-1], pass_fds)
            finally:
                os._exit(1)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        return Worker(pid)

    asyncio.create_subprocess_exec = fork  # type: ignore[assignment]


def _become_worker(argument: str, descriptors: Sequence[int]) -> None:
    gc.freeze()  # objects of the supervisor are not finalised here
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    for open_file in [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]:
        if open_file not in {0, 1, 2, *descriptors}:
            with suppress(OSError):
                os.close(open_file)
    sys.argv = [WORKER, argument]
    runpy.run_module(WORKER, run_name="__main__")


class Worker:
    """A worker's process, with the part of `asyncio.subprocess.Process` that its supervisor uses."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = asyncio.Event()
        handle = os.pidfd_open(pid)
        asyncio.get_running_loop().add_reader(handle, self._reap, handle)

    def _reap(self, handle: int) -> None:
        asyncio.get_running_loop().remove_reader(handle)
        os.close(handle)
        self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self._ended.set()

    async def wait(self) -> int:
        """Its exit code, once it has ended."""
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)
