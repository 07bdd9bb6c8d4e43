"""Reads beside readers: the latency of a list while many readers get events, and without readers.

Reads and writes are scheduled, each from a process of its own, so that neither waits for the other or for the
readers' process. Both halves run on one server, one after the other, with the same writes.
"""

import gc
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass

from bench.figures import BUSY, NEVER, Measurement, percentile_with_lost
from bench.readers import Readers
from bench.server import Server
from bench.workloads.orders import NANO, Order, Record, given

WRITES = 100.0  # a second
READS = 200.0  # lists of 100 notes a second
CONNECTIONS = 16
WARM_UP = 1.0  # seconds of warm-up
AFTERMATH = 0.5  # seconds for the last deliveries


@dataclass(frozen=True)
class Beside:
    """The list of 100 notes, for `seconds` without readers and for as long with them."""

    transport: str
    readers: int
    seconds: float

    def measure(self, server: Server) -> Measurement:
        """Measure both."""
        alone, beside = self._half(server, 0), self._half(server, self.readers)
        values = {name: half.values["p99"] for name, half in (("alone", alone), ("beside", beside))}
        if values["alone"] < NEVER:
            values["ratio"] = values["beside"] / values["alone"]
        values["lost"] = beside.values["lost"]
        return Measurement(values, alone.remarks + beside.remarks, beside.busy)

    def _half(self, server: Server, count: int) -> Measurement:
        system = server.system
        with ExitStack() as stack:
            readers = stack.enter_context(Readers(server, self.transport))
            readers.connect(count)
            gc.collect()
            gc.disable()
            seconds = WARM_UP + self.seconds
            notes = int(WRITES * seconds)
            write = Order.soon(server, [system.create_path()], notes, WRITES, CONNECTIONS)
            read = Order.soon(server, [system.list_path], int(READS * seconds), READS, CONNECTIONS)
            read.reads = True
            writer, reader = stack.enter_context(given(write)), stack.enter_context(given(read))
            used = time.process_time()
            readers.receive(notes * count or sys.maxsize, write.begin / NANO + seconds + AFTERMATH)
            readers.receive(notes * count, write.end / NANO)
            busy = (time.process_time() - used) / (time.monotonic() - write.begin / NANO)
            records = (writer.record(), reader.record())
            gc.enable()
            lost = notes * count - readers.delivered
            remarks = [f"{lost} of {notes * count} not delivered in time"] if lost else []
            remarks += readers.tally(notes).faults() + readers.failures[:2]
            remarks += [said for record in records for said in record.remarks()]
            if busy > BUSY:
                remarks.append(f"the load generator was {busy:.0%} busy")
            values = {"p99": _p99(records[1]), "lost": lost / max(1, notes * count)}
            return Measurement(values, remarks, busy)


def _p99(record: Record) -> float:
    """The 99th percentile of the latency in milliseconds; a missing response is later than any."""
    warm = int(READS * WARM_UP)
    pairs = list(zip(record.sent, record.answered, strict=True))[warm:]
    taken = sorted((answered - sent) / 1e6 for sent, answered in pairs if answered)
    return percentile_with_lost(taken, len(pairs) - len(taken), 0.99)
