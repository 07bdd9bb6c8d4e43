"""The lines of work: each a thing to measure, and the rows of the table it fills."""

from dataclasses import dataclass
from typing import Protocol

from bench.fanout import FanOut
from bench.figures import Measurement
from bench.footprint import Memory, Start
from bench.requests import Create, ListOf100, OneNote
from bench.server import Server

READERS = 500


class Work(Protocol):
    """Something that can be measured on a running system."""

    def measure(self, server: Server) -> Measurement:
        """Run it once."""


@dataclass(frozen=True)
class Row:
    """A row of the table: which value of the measurement, in which unit, how many decimals."""

    value: str
    label: str
    unit: str
    digits: int


@dataclass(frozen=True)
class Line:
    """A line of work.

    notes    how many are on the board before it begins
    restart  whether the system is started once before, so that its data is there already
    """

    key: str
    title: str
    work: Work
    rows: tuple[Row, ...]
    notes: int = 100
    restart: bool = False


RATE = (Row("rate", "", "requests/s", 0),)
DELIVERY = (
    Row("p50", "p50", "ms", 1),
    Row("p99", "p99", "ms", 1),
    Row("rate", "delivered", "1/s", 0),
)
KB = (Row("kb", "", "KB", 1),)
SECONDS = (Row("seconds", "", "s", 2),)
NAMES = {"websocket": "ws", "sse": "sse"}


def lines(quick: bool) -> list[Line]:
    """All lines; `quick` ones are shorter and say less."""
    seconds = 1.5 if quick else 4.0
    listed = [
        Line("list", "list of 100 notes, 16 clients", ListOf100(16, seconds), RATE),
        Line("one", "one note, 16 clients", OneNote(16, seconds), RATE),
    ]
    for clients in (1, 16, 64):
        plural = "client" if clients == 1 else "clients"
        title = f"create, durable, {clients} {plural}"
        listed.append(Line(f"create-{clients}", title, Create(clients, seconds), RATE))
    for transport, name in NAMES.items():
        for rate in (5, 100, 600):
            work = FanOut(transport, READERS, rate, seconds * (2 if rate < 10 else 1))
            title = f"{transport}, {READERS} readers, {rate}/s"
            listed.append(Line(f"fanout-{name}-{rate}", title, work, DELIVERY))
    for transport, name in NAMES.items():
        work_memory = Memory(transport, READERS, 500 if quick else 2000)
        title = f"memory a {transport} reader"
        listed.append(Line(f"memory-{name}", title, work_memory, KB))
    listed.append(Line("start-empty", "start, no data yet", Start(), SECONDS, notes=0))
    listed.append(Line("start", "start, 100 notes", Start(), SECONDS, restart=True))
    return listed
