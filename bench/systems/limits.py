"""No peers but limits: the server, the event loop, the kernel, the database."""

import sys
from pathlib import Path
from types import MappingProxyType

from bench.systems.base import System

LACKS = MappingProxyType(
    {
        "conditional": "canned bytes alone",
        "update": "canned bytes alone",
        "boards": "canned bytes alone",
        "resume": "canned bytes alone",
    }
)
CAVEAT = "no peer but a limit: canned bytes, nothing stored, nothing checked"


class Raw(System):
    """No framework and no database: the limit of sockets and of this load generator."""

    key = "raw"
    name = "raw asyncio"
    modules = ("uvloop",)
    lacks = LACKS
    caveat = CAVEAT
    stores = False

    def command(self, port: int, data: Path) -> list[str]:
        return [sys.executable, "-m", "bench.peers.raw_app", str(port)]


class BareASGI(System):
    """The same bytes from a bare ASGI app: the limit of hypercorn."""

    key = "asgi"
    name = "bare ASGI on hypercorn"
    modules = ("hypercorn", "uvloop")
    lacks = LACKS
    caveat = CAVEAT
    stores = False

    def command(self, port: int, data: Path) -> list[str]:
        options = ["-c", "hypercorn.toml", "--bind", f"127.0.0.1:{port}"]
        return [sys.executable, "-m", "hypercorn", *options, "bench.peers.asgi_app:app"]


class Kernel(System):
    """One process that writes to sockets and does nothing else: the limit of the kernel."""

    key = "kernel"
    name = "kernel"
    special = True
    first_path = "/"

    def command(self, port: int, data: Path) -> list[str]:
        return [sys.executable, "-m", "bench.peers.kernel_writes", str(port)]


class BareSqlite(System):
    """One loop that inserts into a file and does nothing else: the limit of SQLite and the disk."""

    key = "sqlite"
    name = "bare sqlite3"
    modules = ("quart_notes",)
    special = True
    first_path = "/"

    def command(self, port: int, data: Path) -> list[str]:
        return [sys.executable, "-m", "bench.peers.sqlite_inserts", str(port), str(data / "bench.sqlite3")]
