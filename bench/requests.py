"""Requests: how many a second, each answer checked."""

import gc
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count, repeat

from bench import http1
from bench.figures import Measurement, percentile
from bench.loop import Check, Loop
from bench.readers import Readers
from bench.server import Server

WARM_UP = 0.5  # seconds that do not count
SETTLE = 2.0  # seconds at most for the last events to arrive
LOOK_BACK = 50  # created notes read again at the end


@dataclass
class Requests:
    """`clients` connections that repeat one kind of request for `seconds`."""

    clients: int
    seconds: float

    def measure(self, server: Server) -> Measurement:
        """Run it once."""
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
                "server_us": served / max(1, len(loop.answers)) * 1e6,  # microseconds of processor an answer
            }
            remarks = [f"{n} × {why}" for why, n in loop.failures.most_common(2)]
            remarks += self.look_back(server, watcher)
            return Measurement(values, remarks, spent / (self.seconds + WARM_UP))

    def prepare(self, server: Server) -> tuple[Iterator[bytes], Check]:
        """The requests, and what tells a right answer."""
        raise NotImplementedError

    def watch(self, server: Server, stack: ExitStack) -> Readers | None:
        """A reader that sees what the requests bring about, if they do."""
        return None

    def look_back(self, server: Server, watcher: Readers | None) -> list[str]:
        """What turned out wrong when all was over."""
        return []


class Reading(Requests):
    """One GET, again and again. The first answer is checked in full, the others are its equals."""

    def path(self, server: Server) -> str:
        """What is read."""
        raise NotImplementedError

    def check(self, server: Server, value: object) -> bool:
        """Whether the answer holds what it should."""
        raise NotImplementedError

    def prepare(self, server: Server) -> tuple[Iterator[bytes], Check]:
        request = http1.get(self.path(server))
        first = server.ask(request)
        if first.status != 200 or not self.check(server, json.loads(first.body)):
            raise ValueError(f"{self.path(server)}: {first.status} {first.body[:200]!r}")
        return repeat(request), lambda _, a: a.status == 200 and a.body == first.body


class ListOf100(Reading):
    """The list of 100 notes."""

    def path(self, server: Server) -> str:
        return server.system.list_path

    def check(self, server: Server, value: object) -> bool:
        assert isinstance(value, list)
        return sorted(server.system.number(note) for note in value) == list(range(100))


class OneNote(Reading):
    """One note by its id."""

    def path(self, server: Server) -> str:
        notes = json.loads(server.ask(http1.get(server.system.list_path)).body)
        return server.system.note_path(notes[50]["id"])

    def check(self, server: Server, value: object) -> bool:
        return server.system.number(value) in range(100)


@dataclass
class Create(Requests):
    """New notes. One reader on a websocket must get the event of each; the last are read again."""

    ids: dict[int, object] = field(default_factory=dict, init=False)  # of the notes acknowledged

    def prepare(self, server: Server) -> tuple[Iterator[bytes], Check]:
        system = server.system
        self.ids.clear()

        def right(number: int, answer: http1.Response) -> bool:
            if answer.status != 201:
                return False
            note = json.loads(answer.body)
            self.ids[number] = note["id"]
            return system.number(note) == number

        return (http1.post(system.create_path, system.note(n)) for n in count()), right

    def watch(self, server: Server, stack: ExitStack) -> Readers | None:
        readers = stack.enter_context(Readers(server, "websocket"))
        readers.connect(1)
        return readers

    def look_back(self, server: Server, watcher: Readers | None) -> list[str]:
        assert watcher is not None
        watcher.receive(len(self.ids), time.monotonic() + SETTLE)
        got = Counter(n for _, _, numbers in watcher.notes for n in numbers)
        remarks = []
        if lost := len(self.ids.keys() - got.keys()):
            remarks.append(f"{lost} events lost")
        if doubled := sum(got.values()) - len(got):
            remarks.append(f"{doubled} events doubled")
        for number in sorted(self.ids)[-LOOK_BACK:]:
            answer = server.ask(http1.get(server.system.note_path(self.ids[number])))
            if answer.status != 200 or server.system.number(json.loads(answer.body)) != number:
                remarks.append(f"note {number} is not there")
        return remarks + watcher.failures
