"""Requests: how many a second, each response checked."""

import gc
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count, repeat

from bench import http1
from bench.figures import BUSY, Measurement, percentile
from bench.loop import Check, Loop
from bench.readers import Readers
from bench.server import Server

WARM_UP = 0.5  # seconds of warm-up
SETTLE = 2.0  # seconds at most for the last events to arrive
TASKS = 200  # of a note
LOOK_BACK = 50  # created notes that are read again at the end
UNDER_WAY = 3  # changes of one note that may overtake one another


@dataclass
class Requests:
    """`clients` connections that repeat one kind of request for `seconds`."""

    clients: int
    seconds: float

    def measure(self, server: Server) -> Measurement:
        """Measure once."""
        with ExitStack() as stack:
            requests, right = self.prepare(server)
            watcher = self.watch(server, stack)
            loop = Loop(server, self.clients, requests, right)
            stack.callback(loop.close)
            gc.collect()
            gc.disable()
            begin = time.monotonic() + WARM_UP
            used, served = time.process_time(), server.cpu_seconds()
            loop.run(begin + self.seconds, watcher)
            spent, served = time.process_time() - used, server.cpu_seconds() - served
            gc.enable()
            end = begin + self.seconds
            taken = sorted(took * 1000 for at, took in loop.answers if begin <= at < end)
            values = {
                "rate": len(taken) / self.seconds,
                "p50": percentile(taken, 0.50),
                "p99": percentile(taken, 0.99),
                "server_us": served / max(1, len(loop.answers)) * 1e6,  # microseconds of CPU for each response
            }
            busy = spent / (self.seconds + WARM_UP)
            remarks = [f"{n} × {why}" for why, n in loop.failures.most_common(2)]
            if busy > BUSY:
                remarks.append(f"the load generator was {busy:.0%} busy")
            after = self.verify(server, watcher, loop)
            return Measurement({**values, **after.values}, remarks + after.remarks, busy)

    def prepare(self, server: Server) -> tuple[Iterator[bytes], Check]:
        """The requests, and the check of a response."""
        raise NotImplementedError

    def watch(self, server: Server, stack: ExitStack) -> Readers | None:
        """A reader that gets the events of the requests, if there are any."""
        return None

    def verify(self, server: Server, watcher: Readers | None, loop: Loop) -> Measurement:
        """The faults that are found at the end."""
        return Measurement({})


class Reading(Requests):
    """One GET, repeated. The first response is checked in full, the others must equal it."""

    def path(self, server: Server) -> str:
        """The path that is read."""
        raise NotImplementedError

    def check(self, server: Server, value: object) -> bool:
        """Raises if the response is wrong."""
        raise NotImplementedError

    def prepare(self, server: Server) -> tuple[Iterator[bytes], Check]:
        request = server.get(self.path(server))
        first = server.ask(request)
        if first.status != 200 or not self.check(server, json.loads(first.body)):
            raise ValueError(f"{self.path(server)}: {first.status} {first.body[:200]!r}")
        return repeat(request), lambda _, a: a.status == 200 and a.body == first.body


class ListOf100(Reading):
    """The list of 100 notes."""

    def path(self, server: Server) -> str:
        return server.system.list_path

    def check(self, server: Server, value: object) -> bool:
        notes = server.system.notes(value)
        return sorted(server.system.number(note) for note in notes) == list(range(100))


class Unchanged(ListOf100):
    """The list of 100 notes, requested with the client's current entity tag: 304 without a body."""

    def prepare(self, server: Server) -> tuple[Iterator[bytes], Check]:
        super().prepare(server)
        tag = server.ask(server.get(self.path(server))).header("etag")
        request = server.get(self.path(server), f"If-None-Match: {tag}\r\n")
        return repeat(request), lambda _, a: a.status == 304 and not a.body and a.header("etag") == tag


class OneNote(Reading):
    """One note by its id."""

    def path(self, server: Server) -> str:
        return server.system.note_path(an_id(server))

    def check(self, server: Server, value: object) -> bool:
        return server.system.number(value) in range(100)


def ids(server: Server) -> list[object]:
    """The ids of the notes on the board."""
    listed = json.loads(server.ask(server.get(server.system.list_path)).body)
    return [note["id"] for note in server.system.notes(listed)]


def an_id(server: Server) -> object:
    """The id of a note in the middle."""
    return ids(server)[50]


@dataclass
class Create(Requests):
    """New notes. One reader must get the event of each; the last ones are read again."""

    action = "create"
    ids: dict[int, object] = field(default_factory=dict, init=False)  # of the acknowledged notes

    def prepare(self, server: Server) -> tuple[Iterator[bytes], Check]:
        self.ids.clear()

        def right(number: int, answer: http1.Response) -> bool:
            try:
                note_id = server.system.acknowledged(answer, number, changed=self.action == "update")
            except (ValueError, KeyError):
                return False
            self.ids[number] = note_id
            return True

        return self.requests(server), right

    def requests(self, server: Server) -> Iterator[bytes]:
        """Requests, each with its own number."""
        path = server.system.create_path()
        return (server.post(path, server.system.note(n)) for n in count())

    def watch(self, server: Server, stack: ExitStack) -> Readers | None:
        readers = stack.enter_context(Readers(server, next(iter(server.system.kinds)), action=self.action))
        readers.connect(1)
        return readers

    def verify(self, server: Server, watcher: Readers | None, loop: Loop) -> Measurement:
        assert watcher is not None
        watcher.receive(len(self.ids), time.monotonic() + SETTLE)
        got = Counter(n for _, _, numbers in watcher.notes for n in numbers)
        remarks = []
        if lost := len(self.ids.keys() - got.keys()):
            remarks.append(f"{lost} events lost")
        if doubled := sum(got.values()) - len(got):
            remarks.append(f"{doubled} events doubled")
        if "notes" not in server.system.lacks:
            remarks += self.read_again(server)
        return Measurement({"lost": lost / max(1, len(self.ids))}, remarks + watcher.failures)

    def read_again(self, server: Server) -> list[str]:
        """Which of the last notes are missing or differ."""
        numbers: dict[object, list[int]] = {}
        for number, note_id in sorted(self.ids.items()):
            numbers.setdefault(note_id, []).append(number)
        remarks = []
        for note_id, sent in list(numbers.items())[-LOOK_BACK:]:
            answer = server.ask(server.get(server.system.note_path(note_id)))
            # Of two concurrent changes either may be the later one.
            if answer.status != 200 or server.system.number(json.loads(answer.body)) not in sent[-UNDER_WAY:]:
                remarks.append(f"note {sent[-1]} is not there")
        return remarks


@dataclass
class Update(Create):
    """Changes of the 100 notes in turn: each gets another title."""

    action = "update"

    def requests(self, server: Server) -> Iterator[bytes]:
        paths = [server.system.note_path(note_id) for note_id in ids(server)]
        # Another note than the one with this title: an unchanged note would send no event.
        return (server.patch(paths[(n + 1) % len(paths)], server.system.note(n)) for n in count())


@dataclass
class Tick(Requests):
    """Ticks of the tasks of one note in turn, set and taken back: each changes its own line."""

    def prepare(self, server: Server) -> tuple[Iterator[bytes], Check]:
        lines = [f"- [ ] task {number}" for number in range(TASKS)]
        made = server.ask(
            server.post(server.system.create_path(), {"title": "a list", "description": "\n".join(lines)})
        )
        path = f"{server.system.note_path(json.loads(made.body)['id'])}/tasks"
        ticks = (
            {"line": number % TASKS + 1, "source": lines[number % TASKS], "done": number // TASKS % 2 == 0}
            for number in count()
        )
        return (server.patch(path, tick) for tick in ticks), lambda _, answer: answer.status == 200
