"""What the benchmark has to know of a system, and a notes server with the paths of Quart Notes."""

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

TITLE = "bench note "  # then its number, by which each delivery is known
DESCRIPTION = "Milk, bread, two lemons; ask Ada about Thursday and bring the ladder back. " * 2
CHANGED = frozenset({200})
NOTHING: Mapping[str, str] = MappingProxyType({})
BOTH: Mapping[str, Kind] = MappingProxyType({"websocket": websocket, "sse": sse})


class System:
    """A notes server with the paths of Quart Notes; subclasses say where they differ.

    lacks     what it cannot do (see `bench.lines`), and why: such lines are left out and said
    caveat    what must be known beside its figures
    stores    whether what is created outlives the process
    special   runs the lines that name it and no others
    everywhere  its processes may use all cores; others have one to themselves, beside the load's
    """

    key = ""
    name = ""
    modules: Sequence[str] = ()  # what must be installed beside this Python
    programs: Sequence[str] = ()  # what must be there to run
    lacks: Mapping[str, str] = NOTHING
    caveat = ""
    stores = True
    special = False
    everywhere = False

    list_path = "/api/notes?limit=100"
    first_path = list_path  # what it answers before `prepare`
    first_statuses = frozenset({200})
    created = frozenset({201})
    kinds = BOTH  # how it tells of changes, by transport; the first is its own way
    streams: Mapping[str, str] = MappingProxyType({"websocket": "/ws", "sse": "/events"})

    def command(self, port: int, data: Path) -> list[str]:
        """The command line that serves on 127.0.0.1:`port` and keeps its data in `data`."""
        raise NotImplementedError

    def environment(self, data: Path) -> dict[str, str]:
        """What the process needs in its environment besides ours."""
        return {}

    def missing(self) -> str | None:
        """What has to be installed before this can run; None if nothing."""
        if absent := [name for name in self.modules if find_spec(name) is None]:
            return f"Python packages {', '.join(absent)}"
        if absent := [name for name in self.programs if program(name) is None]:
            return f"programs {', '.join(absent)}"
        return None

    def cannot(self, needs: tuple[str, ...]) -> str | None:
        """Why a line that needs these things cannot be measured here; None if it can."""
        for need in needs:
            if need in self.lacks:
                return self.lacks[need]
            if need in BOTH and need not in self.kinds:
                return f"has no {NAMES[need]}"
        return None

    def prepare(self, server: "Server") -> str:
        """Set up once, in empty data, what the lines need; returns header lines for every request from then on."""
        return ""

    def make_boards(self, server: "Server", count: int) -> list[str]:
        """Make boards besides the one that is there; returns what they are called in `create_path`."""
        raise NotImplementedError

    def create_path(self, board: str = "") -> str:
        """Where a note is put on a board; "" is the one that is always there."""
        return f"/api/boards/{board}/notes" if board else "/api/notes"

    def stream_path(self, transport: str, board: str = "", after: str = "") -> str:
        """Where events are told: those of a board alone, those after an event."""
        return self.streams[transport]

    def topic(self, board: str) -> str:
        """What to subscribe to, where that is said once the stream is open."""
        raise NotImplementedError

    def note_path(self, note_id: object) -> str:
        """Where one note is."""
        return f"/api/notes/{note_id}"

    def note(self, number: int) -> dict[str, Any]:
        """What is sent to create note `number`, and to make another note of an old one."""
        return {"title": f"{TITLE}{number:07}", "description": DESCRIPTION}

    def notes(self, value: Any) -> list[Any]:
        """The notes in the answer to `list_path`."""
        found: list[Any] = value
        return found

    def number(self, note: object) -> int:
        """Which note this is; ValueError unless it is whole and one of ours."""
        if not isinstance(note, dict) or not {"id", "created_at", "updated_at"} <= note.keys():
            raise ValueError(f"not a note: {note!r}")
        if note["description"] != DESCRIPTION or not note["title"].startswith(TITLE):
            raise ValueError(f"not the note that was sent: {note!r}")
        return int(note["title"].removeprefix(TITLE))

    def listed(self, answer: http1.Response) -> None:
        """ValueError unless it is a list of 100 of our notes; which, is not looked at."""
        if answer.status != 200 or answer.body.count(TITLE.encode()) != 100:
            raise ValueError(f"not a list of 100 notes, status {answer.status}")

    def acknowledged(self, answer: http1.Response, number: int, *, changed: bool = False) -> object:
        """The id of the note that was created, or changed; ValueError unless it has this number now."""
        if answer.status not in (CHANGED if changed else self.created):
            raise ValueError(f"status {answer.status}")
        note = json.loads(answer.body)
        if self.number(note) != number:
            raise ValueError("an answer about another note")
        return note["id"]

    def event(self, payload: bytes, action: str = "create") -> int | None:
        """The number of the note an event is about; None for events of other actions."""
        return self.acted(json.loads(payload), "note", action)

    def acted(self, event: Any, noun: str, action: str) -> int | None:
        """The number of the note under `noun` if that is what was done with it."""
        if event.get("action") == "reset":
            raise ValueError("a reset: the server gave up on this reader")
        return self.number(event[noun]) if event.get("action") == action else None

    def event_id(self, answer: http1.Response) -> str:
        """The id of the event of the note that was created, to resume after."""
        return answer.header("last-event-id")


NAMES = {"websocket": "websocket", "sse": "event stream"}


def program(name: str) -> str | None:
    """Where a program is: beside this Python, else on the path."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.is_file() else shutil.which(name, path=None) or shutil.which(name, path="/usr/sbin")
