"""Fan-out: notes are created on a schedule, and every reader must get each of them once, soon.

The latency of a delivery runs from just before its POST is written to the socket (or from its due time, if all
connections of the writer were waiting) to its receipt. A delivery that has not arrived at the end counts as later
than any other.
"""

import gc
import sys
import time
from collections import Counter
from dataclasses import dataclass

from bench.figures import BUSY, NEVER, Measurement, percentile_with_lost
from bench.readers import Readers, Tally
from bench.server import Server
from bench.workloads.orders import NANO, Order, Record, given

WARM_UP = 1.0  # seconds of warm-up at the same rate
AFTERMATH = 0.3  # seconds to wait for duplicates after the last delivery
CONNECTIONS = 16  # of the writer


@dataclass(frozen=True)
class FanOut:
    """`rate` notes a second to `readers` readers, for `seconds` after the warm-up.

    boards   how many boards get the notes in turn, each with its share of the readers; 0: the default board
    """

    transport: str
    readers: int
    rate: float
    seconds: float
    boards: int = 0

    def measure(self, server: Server) -> Measurement:
        """Measure once."""
        boards = server.system.make_boards(server, self.boards) if self.boards else [""]
        warm = max(1, int(self.rate * WARM_UP))
        count = warm + max(1, int(self.rate * self.seconds))
        each = self.readers // len(boards)
        with Readers(server, self.transport, boards) as readers:
            readers.connect(self.readers)
            gc.collect()
            gc.disable()
            paths = [server.system.create_path(board) for board in boards]
            order = Order.soon(server, paths, count, self.rate, CONNECTIONS)
            with given(order) as writer:
                began, used, served = order.begin / NANO, time.process_time(), server.cpu_seconds()
                readers.receive(count * each, order.end / NANO)
                spent, elapsed = time.process_time() - used, time.monotonic() - began
                served = server.cpu_seconds() - served
                readers.receive(sys.maxsize, time.monotonic() + AFTERMATH)
                record = writer.record()
            gc.enable()
            measured = figures(readers.tally(count), record, warm, each)
            measured.values["server_us"] = served / max(1, readers.delivered) * 1e6
            measured.busy = spent / elapsed
            measured.remarks += [f"{n} × {why}" for why, n in Counter(readers.failures).most_common(2)]
            measured.remarks += record.remarks()
            if measured.busy > BUSY:
                measured.remarks.append(f"the load generator was {measured.busy:.0%} busy")
        return measured


def figures(tally: Tally, record: Record, warm: int, each: int) -> Measurement:
    """Latencies and rate of the notes after the warm-up, with `each` readers a note."""
    sent = record.sent
    numbers = range(warm, len(sent))
    latencies = sorted((at - sent[n]) / 1e6 for n in numbers for at in tally.times[n])
    lost = len(numbers) * each - len(latencies)
    last = max((at for n in numbers for at in tally.times[n]), default=0)
    first = sent[warm]
    values = {
        "p50": percentile_with_lost(latencies, lost, 0.50),
        "p99": percentile_with_lost(latencies, lost, 0.99),
        "max": latencies[-1] if latencies and not lost else NEVER,
        "rate": len(latencies) * NANO / (last - first) if first and last > first else 0.0,
        "lost": lost / (len(numbers) * each),
    }
    return Measurement(values, [*([f"{values['lost']:.0%} not delivered in time"] if lost else []), *tally.faults()])
