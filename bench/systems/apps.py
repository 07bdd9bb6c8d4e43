"""Plain apps in Python, written for the benchmark in `peers/`."""

import json
import sys
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from bench.streams import engineio
from bench.systems.base import System

if TYPE_CHECKING:
    from bench.server import Server

UVICORN = ["--no-access-log", "--loop", "uvloop", "--http", "httptools"]


class FastAPIApp(System):
    """The plain app on uvicorn, with uvloop and httptools, without an access log."""

    key = "fastapi"
    name = "FastAPI + SQLModel"
    modules = ("fastapi", "sqlmodel", "uvicorn", "uvloop", "httptools", "websockets")
    lacks = MappingProxyType(
        {
            "conditional": "has no entity tags, nor does its documentation teach them",
            "boards": "has one board",
            "resume": "keeps no events: what a reader missed is lost",
        }
    )

    def command(self, port: int, data: Path) -> list[str]:
        return [sys.executable, "-m", "uvicorn", "bench.peers.fastapi_app:app", "--port", str(port), *UVICORN]

    def environment(self, data: Path) -> dict[str, str]:
        return {"NOTES_DB": str(data / "notes.db")}


class SocketIO(System):
    """Push alone: python-socketio on uvicorn, a room for each board."""

    key = "socketio"
    name = "python-socketio"
    modules = ("socketio", "starlette", "uvicorn", "uvloop", "httptools", "websockets")
    kinds = MappingProxyType({"websocket": engineio})
    lacks = MappingProxyType(
        {
            "notes": "keeps no notes, it only passes them on",
            "resume": "keeps no events: what a reader missed is lost",
        }
    )
    caveat = "nothing is stored, so that `create` is a publish: nothing on the disk, nothing to read again"
    stores = False
    first_path = "/"

    def command(self, port: int, data: Path) -> list[str]:
        return [sys.executable, "-m", "uvicorn", "bench.peers.socketio_app:app", "--port", str(port), *UVICORN]

    def make_boards(self, server: "Server", count: int) -> list[str]:
        return [str(number) for number in range(1, count + 1)]  # a room exists once it has a member

    def stream_path(self, transport: str, board: str = "", after: str = "") -> str:
        return f"/socket.io/?EIO=4&transport=websocket&board={board or 'all'}"

    def event(self, payload: bytes, action: str = "create") -> int | None:
        name, event = json.loads(payload)
        if name != "note":
            raise ValueError(f"an event that should not come: {name!r}")
        return self.acted(event, "note", action)
