"""PocketBase: one program in Go, records by HTTP, changes by event stream."""

import json
import subprocess
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from bench import http1
from bench.streams import realtime
from bench.systems.base import System, program

if TYPE_CHECKING:
    from bench.server import Server

PROGRAM = "pocketbase"
ADMIN, PASSWORD = "bench@example.org", "a long enough pass phrase"
RULES = ("listRule", "viewRule", "createRule", "updateRule", "deleteRule")
FIELDS = [
    {"name": "title", "type": "text", "max": 200},
    {"name": "description", "type": "text", "max": 10_000},
    {"name": "done", "type": "bool"},
    {"name": "created_at", "type": "autodate", "onCreate": True},
    {"name": "updated_at", "type": "autodate", "onCreate": True, "onUpdate": True},
]


class PocketBase(System):
    """A collection of notes that everybody may read and write; durability as by default."""

    key = "pocketbase"
    name = "PocketBase"
    programs = (PROGRAM,)
    kinds = MappingProxyType({"sse": realtime})
    streams = MappingProxyType({"sse": "/api/realtime"})
    lacks = MappingProxyType(
        {
            "conditional": "has no entity tags for records",
            "resume": "keeps no events: what a reader missed is lost",
        }
    )
    caveat = (
        "does not sync each commit (SQLite's synchronous=NORMAL); a board is a collection, which is its fastest way"
    )
    list_path = "/api/collections/notes/records?perPage=100&skipTotal=1"
    first_path = "/api/health"
    created = frozenset({200})

    def command(self, port: int, data: Path) -> list[str]:
        return [*_command(data), "serve", "--http", f"127.0.0.1:{port}"]

    def prepare(self, server: "Server") -> str:
        command = [*_command(server.data), "superuser", "upsert", ADMIN, PASSWORD]
        subprocess.run(command, check=True, capture_output=True)
        _make_collection(server, "notes")
        return ""

    def make_boards(self, server: "Server", count: int) -> list[str]:
        names = [f"board{number}" for number in range(count)]
        for name in names:
            _make_collection(server, name)
        return names

    def create_path(self, board: str = "") -> str:
        return f"/api/collections/{board or 'notes'}/records"

    def topic(self, board: str) -> str:
        return f"{board or 'notes'}/*"

    def note_path(self, note_id: object) -> str:
        return f"/api/collections/notes/records/{note_id}"

    def notes(self, value: Any) -> list[Any]:
        found: list[Any] = value["items"]
        return found

    def event(self, payload: bytes, action: str = "create") -> int | None:
        return self.acted(json.loads(payload), "record", action)


def _command(data: Path) -> list[str]:
    """The program, with all its directories in the data directory; by default they are beside the program."""
    folders = {"dir": "pb_data", "migrationsDir": "pb_migrations", "hooksDir": "pb_hooks", "publicDir": "pb_public"}
    return [program(PROGRAM) or PROGRAM, *(f"--{option}={data / name}" for option, name in folders.items())]


def _make_collection(server: "Server", name: str) -> None:
    """Create a collection of notes with public access, as the administrator."""
    who = http1.post("/api/collections/_superusers/auth-with-password", {"identity": ADMIN, "password": PASSWORD})
    token = json.loads(server.ask(who).body)["token"]
    wanted = {"name": name, "type": "base", "fields": FIELDS, **dict.fromkeys(RULES, "")}
    answer = server.ask(http1.post("/api/collections", wanted, f"Authorization: {token}\r\n"))
    if answer.status != 200:
        raise ValueError(f"no collection {name}: {answer.status} {answer.body[:200]!r}")
