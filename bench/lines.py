"""The lines: each one measurement, and the rows of the table that it fills."""

from dataclasses import dataclass
from typing import Protocol

from bench.figures import Measurement
from bench.server import Server
from bench.systems import System
from bench.workloads.beside import Beside
from bench.workloads.fanout import FanOut
from bench.workloads.footprint import Memory, Start
from bench.workloads.inserts import Inserts
from bench.workloads.long_page import LongPage
from bench.workloads.mix import Mix
from bench.workloads.page import Page
from bench.workloads.requests import Create, ListOf100, OneNote, Tick, Unchanged, Update
from bench.workloads.resume import Resume
from bench.workloads.room import Room
from bench.workloads.scale import Scale
from bench.workloads.search import PRECISION, Most
from bench.workloads.searching import Searching
from bench.workloads.silent import BesideSilent
from bench.workloads.writes import Writes

READERS = 500


class Work(Protocol):
    """A measurement of a running system."""

    def measure(self, server: Server) -> Measurement:
        """Measure once."""


@dataclass(frozen=True)
class Row:
    """A row of the table: the key in the measurement, the unit, the number of decimals."""

    value: str
    label: str
    unit: str
    digits: int


@dataclass(frozen=True)
class Line:
    """A line of the benchmark.

    needs    features that a system must have: notes, conditional, update, boards, resume, restart; websocket, sse
    only     keys of the systems that it measures; empty: all
    notes    how many notes are on the board before it starts
    restart  whether the system is started once before, so that its data exists already
    """

    key: str
    title: str
    work: Work
    rows: tuple[Row, ...]
    needs: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    notes: int = 100
    restart: bool = False

    def concerns(self, system: System) -> bool:
        """Whether the line applies to a system."""
        return system.key in self.only if self.only or system.special else True

    def runs_on(self, system: System) -> bool:
        """Whether the system supports the line."""
        return self.concerns(system) and system.cannot(self.needs) is None


DELAY = (Row("p50", "p50", "ms", 1), Row("p99", "p99", "ms", 1), Row("server_us", "processor a search", "µs", 0))
RATE = (Row("rate", "", "requests/s", 0),)
PROCESSOR = Row("server_us", "processor a delivery", "µs", 1)
DELIVERY = (
    Row("p50", "p50", "ms", 1),
    Row("p99", "p99", "ms", 1),
    Row("rate", "delivered", "1/s", 0),
    PROCESSOR,
)
MOST = (Row("rate", "", "1/s", 0), Row("p99", "p99 there", "ms", 1), PROCESSOR)
BESIDE = (
    Row("alone", "p99 without readers", "ms", 1),
    Row("beside", "p99 with them", "ms", 1),
    Row("ratio", "with / without", "×", 2),
)
BESIDE_SILENT = (Row("alone", "p99 without these", "ms", 1), *BESIDE[1:])
MIXED = (
    Row("rate", "", "requests/s", 0),
    Row("p99", "p99 of a request", "ms", 1),
    Row("delivery_p99", "p99 of a delivery", "ms", 1),
)
BACK = (Row("seconds", "", "s", 2), Row("rate", "delivered", "1/s", 0), PROCESSOR)
KB = (Row("kb", "", "KB", 1),)
SECONDS = (Row("seconds", "", "s", 2),)
WRITES = (Row("rate", "", "1/s", 0), Row("server_us", "processor a write", "µs", 1))
VISIT = tuple(
    Row(f"{visit}_{value}", f"{label}, {words}", unit, 0)
    for visit, words in (("first", "first visit"), ("again", "second visit"))
    for value, label, unit in (
        ("kb", "weight", "KB"),
        ("requests", "requests", "count"),
        ("usable", "usable", "ms"),
        ("whole", "all notes there", "ms"),
    )
)
LONG = (
    Row("whole", "all notes there", "ms", 0),
    Row("frame_p95", "scrolled while loading, p95 between frames", "ms", 0),
    Row("key_p95", "p95 from a key to the frame", "ms", 0),
)
SCALE = (
    Row("page", "its first page, p50", "ms", 1),
    Row("page_cpu", "processor of its first page", "ms", 1),
    Row("list", "list of 100, p50", "ms", 1),
    Row("one", "one note, p50", "ms", 1),
    Row("search", "search, p50", "ms", 1),
    Row("mb", "memory of the server", "MB", 0),
)
ROOM = (
    Row("usable", "usable", "ms", 0),
    Row("event", "main thread of its page, a message", "ms", 1),
)
NAMES = {"websocket": "ws", "sse": "sse"}
OURS = ("ours", "ours-accounts")


def lines(quick: bool) -> list[Line]:
    """All lines; `quick` ones are shorter and less precise."""
    seconds = 1.5 if quick else 4.0
    many = 10_000 if quick else 100_000
    search = Searching(1, seconds * 4, many)
    return [
        *_requests(seconds),
        Line("search", f"search in {many} notes, {many} messages:", search, DELAY, ("notes",), ("ours",), notes=0),
        Line("scale", f"board of {many} notes:", Scale(many, 20 if quick else 100), SCALE, only=OURS[:1], notes=0),
        *(line for transport in NAMES for line in _live(transport, seconds, quick)),
        Line("start-empty", "start, no data yet", Start(), SECONDS, notes=0),
        Line("start", "start, 100 notes", Start(), SECONDS, needs=("notes", "restart"), restart=True),
        Line("page", "page of 1000 notes:", Page(1000), VISIT, only=OURS, notes=1000),
        Line("phone-page", "page of 45 notes on a phone, 4G:", Page(45, phone=True), VISIT, only=OURS[:1], notes=45),
        Line("room", "room of 100 messages:", Room(100), ROOM, only=OURS[:1]),
        Line("long-page", "page of 5000 notes:", LongPage(5000), LONG, only=OURS[:1], notes=5000),
        Line("inserts", "insert of a note and its event, durable", Inserts(seconds), RATE, only=("sqlite",), notes=0),
        Line("writes", f"loopback writes, {READERS} sockets", Writes(READERS, seconds), WRITES, only=("kernel",)),
    ]


def _requests(seconds: float) -> list[Line]:
    """Lines of requests."""
    listed = [
        Line("list", "list of 100 notes, 16 clients", ListOf100(16, seconds), RATE, ("notes",)),
        Line("one", "one note, 16 clients", OneNote(16, seconds), RATE, ("notes",)),
        Line("unchanged", "list unchanged (304), 16 clients", Unchanged(16, seconds), RATE, ("notes", "conditional")),
    ]
    for clients in (1, 16, 64):
        plural = "client" if clients == 1 else "clients"
        title = f"create, durable, {clients} {plural}"
        listed.append(Line(f"create-{clients}", title, Create(clients, seconds), RATE))
    return [
        *listed,
        Line("update", "update, 16 clients", Update(16, seconds), RATE, ("notes", "update")),
        Line("tick", "tick of a task of 200, 16 clients", Tick(16, seconds), RATE, ("notes", "update"), OURS),
    ]


def _live(transport: str, seconds: float, quick: bool) -> list[Line]:
    """Lines of live readers, by one transport."""
    name = NAMES[transport]
    here = (transport,)
    noted = (transport, "notes")
    listed = []
    for readers, rate in ((READERS, 5), (READERS, 100), (READERS, 300), (READERS, 600), (2000, 20), (5000, 2)):
        work = FanOut(transport, readers, rate, seconds * (2 if rate < 10 else 1))
        key = f"fanout-{name}-{rate}" if readers == READERS else f"crowd-{name}-{readers}"
        listed.append(Line(key, f"{transport}, {readers} readers, {rate}/s:", work, DELIVERY, here))
    boards = FanOut(transport, 1000, 200, seconds, boards=50)
    most = Most(transport, READERS, seconds / 2, precision=1.5 if quick else PRECISION)
    silent = BesideSilent(FanOut(transport, 100, 200, seconds * 2), 400)
    mix = Mix(16, seconds, transport, READERS)
    memory = Memory(transport, READERS, 500 if quick else 4500)
    return [
        *listed,
        Line(f"boards-{name}", f"{transport}, 50 boards × 20 readers, 200/s:", boards, DELIVERY, (*here, "boards")),
        Line(f"most-{name}", f"{transport}, most deliveries, p99 ≤ 50 ms:", most, MOST, here),
        Line(f"mix-{name}", f"{transport}, 90 % reads, {READERS} readers:", mix, MIXED, noted),
        Line(f"beside-{name}", f"{transport}, list beside 100/s:", Beside(transport, READERS, seconds), BESIDE, noted),
        Line(
            f"silent-{name}", f"{transport}, 100 readers, 200/s, beside 400 silent ones:", silent, BESIDE_SILENT, here
        ),
        Line(
            f"resume-{name}",
            f"{transport}, {READERS} readers 1000 behind:",
            Resume(transport, READERS, 1000),
            BACK,
            (*here, "resume"),
        ),
        Line(f"memory-{name}", f"memory a {transport} reader", memory, KB, here),
    ]
