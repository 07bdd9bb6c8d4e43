"""The interface of a system, and its default: a notes server with the paths of Quart Notes."""

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from bench import http1
from bench.streams import sse, websocket
from bench.streams.stream import Kind

if TYPE_CHECKING:
    from bench.server import Server

TITLE = "bench note "  # followed by its number, which identifies a delivery
DESCRIPTION = "Milk, bread, two lemons; ask Ada about Thursday and bring the ladder back. " * 2
CHANGED = frozenset({200})
NOTHING: Mapping[str, str] = MappingProxyType({})
BOTH: Mapping[str, Kind] = MappingProxyType({"websocket": websocket, "sse": sse})


class System:
    """A notes server with the paths of Quart Notes; subclasses override what differs.

    lacks     features that it lacks (see `bench.lines`), and why: their lines are left out, with a note below the table
    caveat    a note to print with its figures
    stores    whether created notes outlive the process
    special   runs only the lines that name it
    everywhere  its processes may use all cores; those of others have one, beside the load generator's
    """

    key = ""
    name = ""
    modules: Sequence[str] = ()  # modules that must be installed in this Python
    programs: Sequence[str] = ()  # programs that must be installed
    lacks: Mapping[str, str] = NOTHING
    caveat = ""
    stores = True
    special = False
    everywhere = False

    list_path = "/api/notes?limit=100"
    first_path = list_path  # the path of its first response, before `prepare`
    first_statuses = frozenset({200})
    created = frozenset({201})
    kinds = BOTH  # its protocols, by transport; the first is its default
    streams: Mapping[str, str] = MappingProxyType({"websocket": "/ws", "sse": "/events"})

    def command(self, port: int, data: Path) -> list[str]:
        """The command line that serves on 127.0.0.1:`port` with its data in `data`."""
        raise NotImplementedError

    def environment(self, data: Path) -> dict[str, str]:
        """Additional environment variables of the process."""
        return {}

    def missing(self) -> str | None:
        """What has to be installed before this can run; None if nothing."""
        if absent := [name for name in self.modules if find_spec(name) is None]:
            return f"Python packages {', '.join(absent)}"
        if absent := [name for name in self.programs if program(name) is None]:
            return f"programs {', '.join(absent)}"
        return None

    def cannot(self, needs: tuple[str, ...]) -> str | None:
        """Why lines with these needs cannot be measured here; None if they can."""
        for need in needs:
            if need in self.lacks:
                return self.lacks[need]
            if need in BOTH and need not in self.kinds:
                return f"has no {NAMES[need]}"
        return None

    def prepare(self, server: "Server") -> str:
        """Set up empty data once; returns the header lines of every later request."""
        return ""

    def make_boards(self, server: "Server", count: int) -> list[str]:
        """Create boards besides the default one; returns their names in `create_path`."""
        raise NotImplementedError

    def create_path(self, board: str = "") -> str:
        """The path to create a note on a board; "" is the default board."""
        return f"/api/boards/{board}/notes" if board else "/api/notes"

    def stream_path(self, transport: str, board: str = "", after: str = "") -> str:
        """The path of a stream: of one board, after one event."""
        return self.streams[transport]

    def topic(self, board: str) -> str:
        """The topic, for protocols that subscribe once the stream is open."""
        raise NotImplementedError

    def note_path(self, note_id: object) -> str:
        """The path of one note."""
        return f"/api/notes/{note_id}"

    def note(self, number: int) -> dict[str, Any]:
        """The body that creates note `number`, or that changes a note to it."""
        return {"title": f"{TITLE}{number:07}", "description": DESCRIPTION}

    def notes(self, value: Any) -> list[Any]:
        """The notes in the response of `list_path`."""
        found: list[Any] = value
        return found

    def number(self, note: object) -> int:
        """The number of a note; ValueError if the note is damaged or unknown."""
        if not isinstance(note, dict) or not {"id", "created_at", "updated_at"} <= note.keys():
            raise ValueError(f"not a note: {note!r}")
        if note["description"] != DESCRIPTION or not note["title"].startswith(TITLE):
            raise ValueError(f"not the note that was sent: {note!r}")
        return int(note["title"].removeprefix(TITLE))

    def listed(self, answer: http1.Response) -> None:
        """ValueError unless it is a list of 100 of our notes; their numbers are not checked."""
        if answer.status != 200 or answer.body.count(TITLE.encode()) != 100:
            raise ValueError(f"not a list of 100 notes, status {answer.status}")

    def acknowledged(self, answer: http1.Response, number: int, *, changed: bool = False) -> object:
        """The id of the created or changed note; ValueError unless it has this number."""
        if answer.status not in (CHANGED if changed else self.created):
            raise ValueError(f"status {answer.status}")
        note = json.loads(answer.body)
        if self.number(note) != number:
            raise ValueError("an answer about another note")
        return note["id"]

    def event(self, payload: bytes, action: str = "create") -> int | None:
        """The note number of an event; None for events of other actions."""
        return self.acted(json.loads(payload), "note", action)

    def acted(self, event: Any, noun: str, action: str) -> int | None:
        """The number of the note under `noun` if the event has this action."""
        if event.get("action") == "reset":
            raise ValueError("a reset: the server gave up on this reader")
        return self.number(event[noun]) if event.get("action") == action else None

    def event_id(self, answer: http1.Response) -> str:
        """The event id of the created note, to resume after."""
        return answer.header("last-event-id")


NAMES = {"websocket": "websocket", "sse": "event stream"}


def program(name: str) -> str | None:
    """The path of a program: in this Python's environment, else on PATH."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.is_file() else shutil.which(name, path=None) or shutil.which(name, path="/usr/sbin")
