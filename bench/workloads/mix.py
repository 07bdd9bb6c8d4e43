"""Reads and writes together, while many readers watch."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count

from bench import http1
from bench.figures import Measurement, percentile_with_lost
from bench.loop import Check, Loop
from bench.readers import Readers
from bench.server import Server
from bench.workloads.requests import Requests, an_id

EVERY = 10  # one request in so many is a write; the reads are lists and single notes in turn
PATIENCE = 5.0  # seconds after the last response in which a delivery still counts


@dataclass
class Mix(Requests):
    """`clients` that read and write in a closed loop, with `readers` who must get each write."""

    transport: str
    readers: int
    written: set[int] = field(default_factory=set, init=False)  # numbers of the acknowledged notes

    def prepare(self, server: Server) -> tuple[Iterator[bytes], Check]:
        self.written.clear()
        system = server.system
        one_path = system.note_path(an_id(server))
        whole, one = server.get(system.list_path), server.get(one_path)
        known = server.ask(one).body

        def requests() -> Iterator[bytes]:
            for number in count():
                if number % EVERY == 0:
                    yield server.post(system.create_path(), system.note(number))
                else:
                    yield whole if number % 2 else one

        def right(number: int, answer: http1.Response) -> bool:
            try:
                if number % EVERY == 0:
                    system.acknowledged(answer, number)
                    self.written.add(number)
                elif number % 2:
                    system.listed(answer)
                else:
                    return answer.status == 200 and answer.body == known
            except (ValueError, KeyError):
                return False
            return True

        return requests(), right

    def watch(self, server: Server, stack: ExitStack) -> Readers | None:
        readers = stack.enter_context(Readers(server, self.transport))
        readers.connect(self.readers)
        return readers

    def verify(self, server: Server, watcher: Readers | None, loop: Loop) -> Measurement:
        assert watcher is not None
        expected = len(self.written) * self.readers
        watcher.receive(expected, time.monotonic() + PATIENCE)
        tally = watcher.tally(max(self.written, default=0) + 1)
        latencies = sorted(at / 1e6 - loop.sent[number] * 1e3 for number in self.written for at in tally.times[number])
        lost = expected - len(latencies)
        remarks = [f"{lost / expected:.0%} not delivered in time"] if lost else []
        values = {
            "delivery_p99": percentile_with_lost(latencies, lost, 0.99),
            "lost": lost / max(1, expected),
        }
        return Measurement(values, remarks + tally.faults() + watcher.failures[:2])
