"""Fan-out: notes are created by the clock, and every reader is to get each of them, once, soon.

The latency of a delivery runs from just before its POST is written to the socket (or from when it
was due, if all the writer's connections were still waiting) to its receipt. A delivery that has
not come when the time is up counts as later than any other.
"""

import gc
import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass

from bench.figures import NEVER, Measurement, percentile_with_lost
from bench.readers import Readers, Tally
from bench.server import Server
from bench.writer import NANO, Order, Record

WRITER_START = 0.7  # seconds for the writer's process to get ready
WARM_UP = 1.0  # seconds of writing at the same rate before it counts
PATIENCE = 5.0  # seconds after the last note is due in which deliveries still count
AFTERMATH = 0.3  # seconds to look for doubles when all is there
CONNECTIONS = 16  # of the writer
LATE = 0.005  # seconds the writer may oversleep before it is said
BUSY = 0.9  # share of its core above which the load generator may be what was measured


@dataclass(frozen=True)
class FanOut:
    """`rate` notes a second to `readers` readers, for `seconds` after the warm-up."""

    transport: str
    readers: int
    rate: float
    seconds: float

    def measure(self, server: Server) -> Measurement:
        """Run it once."""
        warm = max(1, int(self.rate * WARM_UP))
        count = warm + max(1, int(self.rate * self.seconds))
        order = self._order(server, count)
        with Readers(server, self.transport) as readers:
            readers.connect(self.readers)
            gc.collect()
            gc.disable()
            with subprocess.Popen(
                [sys.executable, "-m", "bench.writer"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            ) as writer:
                assert writer.stdin is not None
                json.dump(asdict(order), writer.stdin)
                writer.stdin.close()
                began, used, served = order.begin / NANO, time.process_time(), server.cpu_seconds()
                readers.receive(count * self.readers, order.end / NANO)
                spent, elapsed = time.process_time() - used, time.monotonic() - began
                served = server.cpu_seconds() - served
                readers.receive(sys.maxsize, time.monotonic() + AFTERMATH)
                assert writer.stdout is not None
                record = Record(**json.load(writer.stdout))
            gc.enable()
            measured = self._figures(readers.tally(count), record, warm)
            measured.values["server_us"] = served / max(1, readers.delivered) * 1e6
            measured.busy = spent / elapsed
            measured.remarks += self._remarks(readers, record, measured)
        return measured

    def _order(self, server: Server, count: int) -> Order:
        begin = time.monotonic() + WRITER_START + self.readers / 1000
        end = begin + count / self.rate + PATIENCE
        return Order(
            port=server.port,
            path=server.system.create_path,
            notes=[server.system.note(number) for number in range(count)],
            rate=self.rate,
            connections=CONNECTIONS,
            begin=int(begin * NANO),
            end=int(end * NANO),
        )

    def _figures(self, tally: Tally, record: Record, warm: int) -> Measurement:
        """Latencies and rate of what was written after the warm-up."""
        sent = record.sent
        numbers = range(warm, len(sent))
        latencies = sorted((at - sent[n]) / 1e6 for n in numbers for at in tally.times[n])
        lost = len(numbers) * self.readers - len(latencies)
        last = max((at for n in numbers for at in tally.times[n]), default=0)
        first = sent[warm]
        values = {
            "p50": percentile_with_lost(latencies, lost, 0.50),
            "p99": percentile_with_lost(latencies, lost, 0.99),
            "max": latencies[-1] if latencies and not lost else NEVER,
            "rate": len(latencies) * NANO / (last - first) if first and last > first else 0.0,
            "lost": lost / (len(numbers) * self.readers),
        }
        remarks = [f"{values['lost']:.0%} not delivered in time"] if lost else []
        counts = {"doubled": tally.doubled, "unknown": tally.strange, "out of order": tally.swapped}
        remarks += [f"{number} {what}" for what, number in counts.items() if number]
        return Measurement(values, remarks)

    def _remarks(self, readers: Readers, record: Record, measured: Measurement) -> list[str]:
        remarks = [f"{n} × {why}" for why, n in Counter(readers.failures).most_common(2)]
        remarks += [f"{n} × writer: {why}" for why, n in Counter(record.failures).most_common(2)]
        if unanswered := record.answered.count(0):
            remarks.append(f"{unanswered} of {len(record.answered)} notes not answered in time")
        if record.late / NANO > LATE:
            remarks.append(f"the writer was late by up to {record.late / 1e6:.0f} ms")
        if measured.busy > BUSY:
            remarks.append(f"the load generator was {measured.busy:.0%} busy")
        return remarks
