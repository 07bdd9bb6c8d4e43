"""The systems under test: how each is started, asked and understood.

A new peer is a subclass here and, if it is a program of ours, a file in `peers/`.
"""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

TITLE = "bench note "  # then its number, by which each delivery is known
DESCRIPTION = "Milk, bread, two lemons; ask Ada about Thursday and bring the ladder back. " * 2


class System:
    """A notes server with the paths of Quart Notes; subclasses say where they differ."""

    key = ""
    name = ""
    modules: tuple[str, ...] = ()  # what must be installed beside this Python
    default = True  # whether it runs when no system is asked for

    list_path = "/api/notes?limit=100"
    create_path = "/api/notes"
    paths = {"websocket": "/ws", "sse": "/events"}  # noqa: RUF012 (read, never changed)

    def command(self, port: int, data: Path) -> list[str]:
        """The command line that serves on 127.0.0.1:`port` and keeps its data in `data`."""
        raise NotImplementedError

    def environment(self, data: Path) -> dict[str, str]:
        """What the process needs in its environment besides ours."""
        return {}

    def missing(self) -> str | None:
        """What has to be installed before this can run; None if nothing."""
        absent = [name for name in self.modules if find_spec(name) is None]
        return f"Python packages {', '.join(absent)}" if absent else None

    def note_path(self, note_id: object) -> str:
        """Where one note is."""
        return f"{self.create_path}/{note_id}"

    def note(self, number: int) -> dict[str, str]:
        """What is sent to create note `number`."""
        return {"title": f"{TITLE}{number:07}", "description": DESCRIPTION}

    def number(self, note: object) -> int:
        """Which note this is; ValueError unless it is whole and one of ours."""
        if not isinstance(note, dict) or not {"id", "created_at", "updated_at"} <= note.keys():
            raise ValueError(f"not a note: {note!r}")
        if note["description"] != DESCRIPTION or not note["title"].startswith(TITLE):
            raise ValueError(f"not the note that was sent: {note!r}")
        return int(note["title"].removeprefix(TITLE))

    def created(self, payload: bytes) -> int | None:
        """The number of the note an event is about; None for events about something else."""
        event = json.loads(payload)
        if event.get("action") == "reset":
            raise ValueError("a reset: the server gave up on this reader")
        return self.number(event["note"]) if event.get("action") == "create" else None


class Ours(System):
    """Quart Notes as it is deployed: its own entry point, hypercorn.toml, open mode."""

    key = "ours"
    name = "Quart Notes"
    modules = ("quart_notes", "quart", "tortoise")

    def command(self, port: int, data: Path) -> list[str]:
        bind = f"127.0.0.1:{port}"
        return [sys.executable, "-m", "quart_notes", "serve", "--bind", bind, "--data", str(data)]


class FastAPIApp(System):
    """The plain app on uvicorn, with uvloop and httptools, without an access log."""

    key = "fastapi"
    name = "FastAPI + SQLModel"
    modules = ("fastapi", "sqlmodel", "uvicorn", "uvloop", "httptools", "websockets")

    def command(self, port: int, data: Path) -> list[str]:
        app = "bench.peers.fastapi_app:app"
        options = ["--port", str(port), "--no-access-log", "--loop", "uvloop", "--http", "httptools"]
        return [sys.executable, "-m", "uvicorn", app, *options]

    def environment(self, data: Path) -> dict[str, str]:
        return {"NOTES_DB": str(data / "notes.db")}


class Raw(System):
    """No framework and no database: what sockets and this load generator allow."""

    key = "raw"
    name = "raw bytes"
    modules = ("uvloop",)
    default = False

    def command(self, port: int, data: Path) -> list[str]:
        return [sys.executable, "-m", "bench.peers.raw_app", str(port)]


SYSTEMS: tuple[System, ...] = (Ours(), FastAPIApp(), Raw())
